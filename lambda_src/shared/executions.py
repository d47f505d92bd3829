"""Pipeline executions: asked for, stopped, and their outcome told to the tasks that wait for it."""

from typing import TYPE_CHECKING, cast

from . import outcomes
from .answers import Delivery
from .calls import Clients, PassingError, RefusedError, classified
from .outcomes import PipelineExecution, Step
from .tasks import Tasks
from .token_store import TokenStore

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


class PipelineExecutions:
    """The calls to SageMaker about executions."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe(self, arn: str) -> PipelineExecution:
        """Describe an execution as it is now."""
        with classified():
            answer = self._sagemaker().describe_pipeline_execution(PipelineExecutionArn=arn)
        return PipelineExecution(
            arn, answer["PipelineExecutionStatus"], answer["CreationTime"], answer.get("FailureReason", "")
        )

    def steps(self, arn: str) -> list[Step]:
        """List the steps of an execution, the first first."""
        with classified():
            pages = (
                self._sagemaker()
                .get_paginator("list_pipeline_execution_steps")
                .paginate(PipelineExecutionArn=arn, SortOrder="Ascending")
            )
            return [
                Step(item["StepName"], item["StepStatus"], item.get("FailureReason", ""))
                for page in pages
                for item in page["PipelineExecutionSteps"]
            ]

    def stop(self, arn: str, run_id: str) -> bool:
        """Stop the execution of a run, however often asked; False where it had ended by itself."""
        try:
            with classified():
                self._sagemaker().stop_pipeline_execution(
                    PipelineExecutionArn=arn, ClientRequestToken=f"stop-{run_id}"
                )
        except (RefusedError, PassingError):
            if self.describe(arn).is_running:
                raise
            return False
        return True

    def _sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self._clients("sagemaker", None))


def answer_outcome(
    run_id: str, arn: str, executions: PipelineExecutions, store: TokenStore, tasks: Tasks
) -> Delivery | None:
    """Tell all tasks of a run how its pipeline execution has ended; None if it has not."""
    execution = executions.describe(arn)
    steps = executions.steps(arn) if execution.has_failed else []
    run = store.read(run_id)
    answer = outcomes.answer(execution, steps, run.output)
    return None if answer is None else tasks.answer(run.tokens, answer)
