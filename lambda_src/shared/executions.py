"""Pipeline executions: asked for, stopped, and their outcome told to the tasks that wait for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore import xform_name

from . import outcomes, step_results
from .answers import Delivery
from .calls import Clients, PassingError, RefusedError, classified
from .outcomes import PipelineExecution, Step
from .pipelines import PipelineNames
from .tasks import Tasks
from .token_store import TokenStore

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


class PipelineExecutions:
    """The calls to SageMaker about executions."""

    def __init__(self, clients: Clients, names: PipelineNames) -> None:
        self._clients = clients
        self._names = names

    def describe(self, arn: str) -> PipelineExecution:
        """Describe an execution as it is now."""
        with classified():
            answer = self._sagemaker().describe_pipeline_execution(PipelineExecutionArn=arn)
        return PipelineExecution(
            arn,
            answer["PipelineExecutionStatus"],
            answer["CreationTime"],
            answer.get("FailureReason", ""),
            answer.get("PipelineExecutionDisplayName", ""),
        )

    def steps(self, arn: str) -> list[Mapping[str, Any]]:
        """List the steps of an execution, the first first."""
        with classified():
            pages = (
                self._sagemaker()
                .get_paginator("list_pipeline_execution_steps")
                .paginate(PipelineExecutionArn=arn, SortOrder="Ascending")
            )
            return [item for page in pages for item in page["PipelineExecutionSteps"]]

    def output(self, arn: str) -> str:
        """Write what the steps of an execution have made, for the task that waits for it."""
        return step_results.output(self._names.name_of(arn), arn, self.steps(arn), self._describe_job)

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

    def _describe_job(self, kind: str, name: str) -> Mapping[str, Any]:
        """Describe a job, such as a ``TrainingJob``; nothing is known of one that may not be looked at."""
        describe = getattr(self._sagemaker(), xform_name(f"Describe{kind}"))
        try:
            with classified():
                return cast("Mapping[str, Any]", describe(**{f"{kind}Name": name}))
        except RefusedError:
            return {}

    def _sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self._clients("sagemaker", None))


def answer_outcome(
    run_id: str, execution: PipelineExecution, executions: PipelineExecutions, store: TokenStore, tasks: Tasks
) -> Delivery | None:
    """Tell all tasks of a run how its pipeline execution has ended; None if it has not.

    `execution`: as it is now.
    """
    arn = execution.arn
    steps = executions.steps(arn) if execution.has_failed else []
    run = store.read(run_id)
    output = run.output
    if output is None and execution.status == "Succeeded":
        output = executions.output(arn)
    answer = outcomes.answer(execution, map(Step.of, steps), output)
    if answer is None:
        return None
    delivery = tasks.answer(run.tokens, answer)
    is_answered = delivery is Delivery.DEAD and run.output is not None and not execution.has_failed
    return Delivery.EARLIER if is_answered else delivery
