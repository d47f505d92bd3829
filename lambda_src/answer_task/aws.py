"""The function's calls to AWS."""

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ..shared.answers import Delivery
from ..shared.calls import Clients, RefusedError, classified, client
from ..shared.executions import PipelineExecutions, answer_outcome
from ..shared.outcomes import PipelineExecution
from ..shared.pipelines import NO_PIPELINE, PipelineNames
from ..shared.tasks import Tasks
from ..shared.token_store import TokenStore
from .core import Results, StatesEnded

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


class Aws:
    """The calls of the function.

    `task_token_uri`: where task tokens are stored, ``s3://<bucket>/<prefix>/``.
    """

    def __init__(self, clients: Clients, names: PipelineNames, task_token_uri: str) -> None:
        self._names = names
        self._clients = clients
        self._executions = PipelineExecutions(clients, names)
        self._store = TokenStore(clients, task_token_uri)
        self._tasks = Tasks(clients)

    def answer_results(self, results: Results) -> Delivery:
        """Tell the run's tasks what the pipeline gave; whoever joins the run later finds it stored."""
        answer = results.answer
        self._store.put_output(results.run_id, answer.output)
        return self._tasks.answer(self._store.read(results.run_id).tokens, answer)

    def describe(self, pipeline_execution_arn: str) -> PipelineExecution:
        """Describe a pipeline execution as it is now."""
        return self._executions.describe(pipeline_execution_arn)

    def answer_outcome(self, run_id: str, execution: PipelineExecution) -> Delivery | None:
        """Tell the run's tasks how the pipeline has ended; None if it has not, or runs again."""
        return answer_outcome(run_id, execution, self._executions, self._store, self._tasks)

    def find_execution(self, ended: StatesEnded) -> PipelineExecution | None:
        """Find the pipeline execution of a run by its display name; None if it has started none."""
        pipeline = ended.pipeline or self._names.default
        if not pipeline:
            return None
        try:
            with classified():
                return self._find_execution(self._names.cloud_name(pipeline), ended)
        except RefusedError as error:
            if error.code not in NO_PIPELINE:
                raise
            return None

    def _find_execution(self, pipeline_name: str, ended: StatesEnded) -> PipelineExecution | None:
        pages = (
            self._sagemaker()
            .get_paginator("list_pipeline_executions")
            .paginate(
                PipelineName=pipeline_name,
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
    """Give the calls of this environment: its credentials, its region, its pipelines, its bucket."""
    names = PipelineNames(os.environ["NAME_PREFIX"], os.environ["DEFAULT_PIPELINE"])
    return Aws(client, names, os.environ["TASK_TOKEN_URI"])
