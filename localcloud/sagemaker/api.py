"""SageMaker as the wire sees it: a validated request goes in, an answer or a `ServiceError` comes out."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from localcloud.errors import ServiceError
from localcloud.ports import Caller, Host
from localcloud.sagemaker import (
    callback_operations,
    execution_operations,
    notebook_instances,
    pipeline_operations,
    tags,
)
from localcloud.sagemaker.call import Call, Operation
from localcloud.sagemaker.identifiers import Identifiers
from localcloud.sagemaker.pipelines.runtime import Clock, Engine, StartTimer, start_timer
from localcloud.sagemaker.requests import Request
from localcloud.sagemaker.store import Store
from localcloud.validation import validate

SERVICE = "sagemaker"

_OPERATIONS: Mapping[str, Operation] = {
    "AddTags": tags.add_tags,
    "CreatePipeline": pipeline_operations.create_pipeline,
    "DeletePipeline": pipeline_operations.delete_pipeline,
    "DeleteTags": tags.delete_tags,
    "DescribePipeline": pipeline_operations.describe_pipeline,
    "DescribePipelineDefinitionForExecution": execution_operations.describe_pipeline_definition_for_execution,
    "DescribePipelineExecution": execution_operations.describe_pipeline_execution,
    "ListNotebookInstances": notebook_instances.list_notebook_instances,
    "ListPipelineExecutionSteps": execution_operations.list_pipeline_execution_steps,
    "ListPipelineExecutions": execution_operations.list_pipeline_executions,
    "ListPipelineParametersForExecution": execution_operations.list_pipeline_parameters_for_execution,
    "ListPipelines": pipeline_operations.list_pipelines,
    "ListTags": tags.list_tags,
    "SendPipelineExecutionStepFailure": callback_operations.send_pipeline_execution_step_failure,
    "SendPipelineExecutionStepSuccess": callback_operations.send_pipeline_execution_step_success,
    "StartPipelineExecution": execution_operations.start_pipeline_execution,
    "StopPipelineExecution": execution_operations.stop_pipeline_execution,
    "UpdatePipeline": pipeline_operations.update_pipeline,
    "UpdatePipelineExecution": execution_operations.update_pipeline_execution,
}


def utc_now() -> datetime:
    """Give the time, aware, in UTC."""
    return datetime.now(UTC)


class SageMaker:
    """The service, for every account and region.

    Parameters
    ----------
    host
        Gives the service the other services.
    clock
        Gives the time, aware, in UTC.
    identifiers
        Where new ids come from.
    timer
        Starts a timer, and gives what cancels it.
    """

    OPERATIONS: frozenset[str] = frozenset(_OPERATIONS)

    def __init__(
        self,
        host: Host,
        clock: Clock = utc_now,
        identifiers: Identifiers | None = None,
        timer: StartTimer = start_timer,
    ) -> None:
        self._host = host
        self._identifiers = identifiers or Identifiers()
        self._engine = Engine(clock, timer)
        self._lock = threading.Lock()  # guards _stores
        self._stores: dict[Caller, Store] = {}

    def call(self, operation: str, caller: Caller, request: Mapping[str, object]) -> dict[str, object]:
        """Carry out one operation; may be called from any thread.

        Parameters
        ----------
        operation
            Its name in the service model, such as ``CreatePipeline``.
        caller
            Whose request it is.
        request
            Its members, as the host's parser left them; timestamps are `datetime.datetime`.

        Returns
        -------
        dict
            The members of the answer; timestamps are aware, in UTC.

        Raises
        ------
        ServiceError
            As AWS would answer.
        """
        act = _OPERATIONS.get(operation)
        if act is None:
            raise ServiceError(
                "InternalFailure", f"The local cloud does not have {SERVICE}:{operation}.", 501
            )
        validate(SERVICE, operation, request)
        ports = partial(self._host.ports, caller)
        return act(Call(Request(request), self._store(caller), ports, self._engine))

    def close(self) -> None:
        """Begin nothing more; running functions get a moment, and are abandoned after it."""
        self._engine.close()

    def _store(self, caller: Caller) -> Store:
        with self._lock:
            if caller not in self._stores:
                self._stores[caller] = Store(caller, self._identifiers)
            return self._stores[caller]
