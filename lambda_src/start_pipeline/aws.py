"""The function's calls to AWS."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from ..shared.answers import Delivery
from ..shared.calls import Clients, RefusedError, classified, client
from ..shared.executions import PipelineExecutions, answer_outcome
from ..shared.pipelines import NO_PIPELINE, PipelineNames
from ..shared.tasks import Tasks
from ..shared.token_store import TokenStore
from .core import InvalidInputError, StartRequest, declared_parameters

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_LONGEST_CALL = timedelta(minutes=2)  # The function has 30 s; clocks may be apart.


class Aws:
    """The calls of the function.

    - `task_token_uri`: where task tokens are stored, ``s3://<bucket>/<prefix>/``.
    - `now`: tells the time, with its zone.
    """

    def __init__(
        self, clients: Clients, names: PipelineNames, task_token_uri: str, now: Callable[[], datetime]
    ) -> None:
        self.default_pipeline = names.default
        self._clients = clients
        self._names = names
        self._executions = PipelineExecutions(clients, names)
        self._store = TokenStore(clients, task_token_uri)
        self._tasks = Tasks(clients)
        self._now = now

    def store_token(self, request: StartRequest) -> None:
        """Store the task's token under the run's id, unless it is there."""
        self._store.put_token(request.run_id, request.task_token)

    def declared_parameters(self, request: StartRequest) -> frozenset[str]:
        """Ask which parameters the pipeline takes; `InvalidInputError` if it is none of this deployment."""
        name = self._names.cloud_name(request.pipeline)
        try:
            with classified():
                answer = self._sagemaker().describe_pipeline(PipelineName=name)
        except RefusedError as error:
            if error.code not in NO_PIPELINE:
                raise
            what = (
                f"The start function may not look at the pipeline {request.pipeline}: it is none of this "
                "deployment, or the function's policy lacks a statement"
                if error.code == "AccessDeniedException"
                else f"There is no pipeline {request.pipeline} in this deployment"
            )
            raise InvalidInputError(f"{what}: {error}") from error
        return declared_parameters(answer["PipelineDefinition"])

    def start_pipeline(self, request: StartRequest, parameters: Mapping[str, str]) -> str:
        """Start the pipeline, once however often asked for the same run; gives the execution's ARN."""
        with classified():
            answer = self._sagemaker().start_pipeline_execution(
                PipelineName=self._names.cloud_name(request.pipeline),
                PipelineExecutionDisplayName=request.run_id,
                PipelineExecutionDescription=f"Started by Step Functions: {request.execution_arn}",
                PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
                ClientRequestToken=request.run_id,
            )
        return answer["PipelineExecutionArn"]

    def is_waiting(self, request: StartRequest) -> bool:
        """Tell whether the task still waits for its answer."""
        return self._tasks.heartbeat([request.task_token])

    def stop_unless_awaited(self, request: StartRequest, pipeline_execution_arn: str) -> bool:
        """Stop a pipeline whose task no longer waits.

        False where it had its say before we could ask, or where another token of the run waits: a call that
        Step Functions has given up and repeated must not take the pipeline from the one that came after it.
        """
        run = self._store.read(request.run_id)
        if run.output is not None or self._tasks.heartbeat(run.tokens):
            return False
        return self._executions.stop(pipeline_execution_arn, request.run_id)

    def has_joined_late(self, request: StartRequest, pipeline_execution_arn: str) -> bool:
        """Tell whether the pipeline may have had its say before this token was stored.

        It may if an earlier call started it: that one's token is stored too, unless it has expired since.
        """
        if len(self._store.read(request.run_id).tokens) > 1:
            return True
        created = self._executions.describe(pipeline_execution_arn).created
        return created < self._now() - _LONGEST_CALL

    def answer_outcome(self, request: StartRequest, pipeline_execution_arn: str) -> Delivery | None:
        """Tell the run's tasks how the pipeline has ended; None if it has not."""
        execution = self._executions.describe(pipeline_execution_arn)
        return answer_outcome(request.run_id, execution, self._executions, self._store, self._tasks)

    def _sagemaker(self) -> "SageMakerClient":
        return cast("SageMakerClient", self._clients("sagemaker", None))


@cache
def from_environment() -> Aws:
    """Give the calls of this environment: its credentials, its region, its pipelines, its bucket."""
    names = PipelineNames(os.environ["NAME_PREFIX"], os.environ["DEFAULT_PIPELINE"])
    return Aws(client, names, os.environ["TASK_TOKEN_URI"], partial(datetime.now, UTC))
