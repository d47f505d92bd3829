"""The function's calls to AWS."""

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ..shared import runs
from ..shared.answers import Delivery
from ..shared.calls import Clients, classified, client
from ..shared.executions import PipelineExecutions, answer_outcome
from ..shared.outcomes import PipelineExecution
from ..shared.tasks import Tasks
from ..shared.token_store import TokenStore
from .core import Results, StatesEnded

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


class Aws:
    """The calls of the function.

    `task_token_uri`: where task tokens are stored, ``s3://<bucket>/<prefix>/``.
    """

    def __init__(self, clients: Clients, pipeline_name: str, task_token_uri: str) -> None:
        self.pipeline_name = pipeline_name
        self._clients = clients
        self._executions = PipelineExecutions(clients)
        self._store = TokenStore(clients, task_token_uri)
        self._tasks = Tasks(clients)

    def answer_results(self, results: Results) -> Delivery:
        """Tell the run's tasks what the pipeline gave; whoever joins the run later finds it stored."""
        answer = results.answer
        self._store.put_output(results.run_id, answer.output)
        return self._tasks.answer(self._store.read(results.run_id).tokens, answer)

    def run_id(self, pipeline_execution_arn: str) -> str:
        """Give the id of the run that an execution belongs to; empty if it belongs to none."""
        with classified():
            pages = (
                self._sagemaker()
                .get_paginator("list_pipeline_parameters_for_execution")
                .paginate(PipelineExecutionArn=pipeline_execution_arn)
            )
            given = (item for page in pages for item in page["PipelineParameters"])
            run_id = next((item["Value"] for item in given if item["Name"] == runs.RUN_ID_PARAMETER), "")
        return run_id if runs.is_run_id(run_id) else ""

    def answer_outcome(self, run_id: str, pipeline_execution_arn: str) -> Delivery | None:
        """Tell the run's tasks how the pipeline has ended; None if it has not, or runs again."""
        return answer_outcome(run_id, pipeline_execution_arn, self._executions, self._store, self._tasks)

    def find_execution(self, ended: StatesEnded) -> PipelineExecution | None:
        """Find the pipeline execution of a run by its display name."""
        with classified():
            pages = (
                self._sagemaker()
                .get_paginator("list_pipeline_executions")
                .paginate(
                    PipelineName=self.pipeline_name,
                    CreatedAfter=ended.created_after,
                    SortBy="CreationTime",
                    SortOrder="Ascending",
                    PaginationConfig={"PageSize": 100},
                )
            )
            for page in pages:
                for item in page["PipelineExecutionSummaries"]:
                    if item.get("PipelineExecutionDisplayName") == ended.run_id:
                        return PipelineExecution(
                            item["PipelineExecutionArn"], item["PipelineExecutionStatus"], item["StartTime"]
                        )
        return None

    def stop_execution(self, pipeline_execution_arn: str, run_id: str) -> bool:
        """Stop the pipeline execution of a run; False where it had ended by itself."""
        return self._executions.stop(pipeline_execution_arn, run_id)

    def _sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self._clients("sagemaker", None))


@cache
def from_environment() -> Aws:
    """Give the calls of this environment: its credentials, its region, its pipeline, its bucket."""
    return Aws(client, os.environ["PIPELINE_NAME"], os.environ["TASK_TOKEN_URI"])
