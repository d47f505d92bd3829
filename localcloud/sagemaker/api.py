"""SageMaker as the wire sees it: a validated request goes in, an answer or a `ServiceError` comes out."""

import tempfile
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from localcloud.containers.images import Images
from localcloud.errors import ServiceError
from localcloud.ports import Caller, Host
from localcloud.sagemaker.clock import Clock, StartTimer, start_timer
from localcloud.sagemaker.hosting.endpoint import Endpoint, Identity
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.hosting.hosting import create as create_hosting
from localcloud.sagemaker.hosting.runtime_api import SageMakerRuntime, Waiting
from localcloud.sagemaker.hosting.state import EndpointState
from localcloud.sagemaker.jobs.context import FindModel
from localcloud.sagemaker.jobs.runtime import JobRuntime
from localcloud.sagemaker.operations import (
    callbacks,
    executions,
    experiments,
    lineage,
    pipeline_versions,
    pipelines,
    records,
    search,
    suggestions,
    tags,
)
from localcloud.sagemaker.operations.call import Call, Operation
from localcloud.sagemaker.operations.metrics import SageMakerMetrics
from localcloud.sagemaker.operations.table import OPERATIONS
from localcloud.sagemaker.pipelines.runtime import Engine
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.sagemaker.revival import Contents, Revival, contents_of, fill, is_busy
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.identifiers import Identifiers
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import Request
from localcloud.validation import validate

SERVICE = "sagemaker"

_OPERATIONS: Mapping[str, Operation] = {
    "AddTags": tags.add_tags,
    "CreatePipeline": pipelines.create_pipeline,
    "DeletePipeline": pipelines.delete_pipeline,
    "DeleteTags": tags.delete_tags,
    "DescribePipeline": pipelines.describe_pipeline,
    "DescribePipelineDefinitionForExecution": executions.describe_pipeline_definition_for_execution,
    "DescribePipelineExecution": executions.describe_pipeline_execution,
    "ListPipelineExecutionSteps": executions.list_pipeline_execution_steps,
    "ListPipelineExecutions": executions.list_pipeline_executions,
    "ListPipelineParametersForExecution": executions.list_pipeline_parameters_for_execution,
    "GetSearchSuggestions": suggestions.get_search_suggestions,
    "ListPipelineVersions": pipeline_versions.list_pipeline_versions,
    "ListPipelines": pipelines.list_pipelines,
    "ListTags": tags.list_tags,
    "RetryPipelineExecution": executions.retry_pipeline_execution,
    "Search": search.search,
    "SendPipelineExecutionStepFailure": callbacks.send_pipeline_execution_step_failure,
    "SendPipelineExecutionStepSuccess": callbacks.send_pipeline_execution_step_success,
    "StartPipelineExecution": executions.start_pipeline_execution,
    "StopPipelineExecution": executions.stop_pipeline_execution,
    "UpdatePipeline": pipelines.update_pipeline,
    "UpdatePipelineExecution": executions.update_pipeline_execution,
    "UpdatePipelineVersion": pipeline_versions.update_pipeline_version,
    **OPERATIONS,
    **records.OPERATIONS,
    **experiments.OPERATIONS,
    **lineage.OPERATIONS,
}


def utc_now() -> datetime:
    """Give the time, aware, in UTC."""
    return datetime.now(UTC)


class SageMaker:
    """The service, for every account and region.

    `images`: gives the containers of jobs and endpoints; unless given, there are only those of a Docker
    engine.
    `folder`: where jobs and endpoints work; unless given, the directory for temporary files.
    `find_model`: finds the models of Transform jobs; unless given, those that CreateModel made.
    `hosting`: runs endpoints; unless given, as containers of `images`.
    """

    OPERATIONS: frozenset[str] = frozenset(_OPERATIONS)

    def __init__(
        self,
        host: Host,
        clock: Clock = utc_now,
        identifiers: Identifiers | None = None,
        timer: StartTimer = start_timer,
        *,
        images: Images | None = None,
        folder: Path | None = None,
        find_model: FindModel | None = None,
        hosting: Hosting | None = None,
    ) -> None:
        self._host = host
        self._identifiers = identifiers or Identifiers()
        self._engine = Engine(clock, timer)
        images, folder = images or Images(None), folder or Path(tempfile.gettempdir())
        self._jobs = JobRuntime(host, images, folder, clock, find_model=find_model or self.find_model)
        self._hosting = hosting or create_hosting(images, folder, clock, timer=timer)
        self.metrics = SageMakerMetrics(self.store, clock)
        self.runtime = SageMakerRuntime(self.find_endpoint, self.find_component)
        self.revival = Revival(host, self._engine, self._jobs, self._hosting)
        self._saved_endpoints: list[tuple[Store, Sequence[tuple[Identity, EndpointState]]]] = []
        self._saved_requests: Waiting = ()
        self._lock = threading.Lock()  # guards _stores
        self._stores: dict[Caller, Store] = {}

    def execution_of_token(self, caller: Caller, token: str) -> str:
        """Give the execution, by its ARN, that a callback token leads to; an empty text where none does."""
        try:
            execution, _ = self.store(caller).find_callback(token)
        except ServiceError:
            return ""
        return execution.info.arn

    def call(self, operation: str, caller: Caller, request: Mapping[str, object]) -> dict[str, object]:
        """Carry out one operation; may be called from any thread.

        `request`: its members, as the host's parser left them; timestamps are `datetime.datetime`.

        Returns the members of the answer; timestamps are aware, in UTC.

        Raises `ServiceError` as AWS would answer.
        """
        act = _OPERATIONS.get(operation)
        if act is None:
            raise ServiceError(
                "InternalFailure", f"The local cloud does not have {SERVICE}:{operation}.", 501
            )
        validate(SERVICE, operation, request)
        store = self.store(caller)
        ports = partial(self._host.ports, store.caller)
        return act(
            Call(
                Request(request),
                store,
                ports,
                self._engine,
                self._jobs,
                self._hosting,
                caller.principal,
                self.find_store,
            )
        )

    def find_endpoint(self, caller: Caller, name: str) -> Endpoint | None:
        """Find an endpoint of a caller's by name; None where there is none."""
        return self.store(caller).hosting.endpoints.get(name)

    def find_component(self, caller: Caller, endpoint: str, name: str) -> Endpoint | None:
        """Find what serves an inference component of an endpoint; None where there is none."""
        hosting = self.store(caller).hosting
        component = hosting.components.get(name)
        return hosting.served.get(name) if component and component.endpoint == endpoint else None

    def find_model(self, caller: Caller, name: str) -> ModelContainer | None:
        """Find the container of a caller's model by name; None where there is none."""
        model = self.store(caller).hosting.models.get(name)
        return None if model is None else model.container

    def contents(self) -> tuple[Contents, Waiting]:
        """Give what the service holds, to be saved."""
        return contents_of(dict(self._stores)), self.runtime.waiting()

    def fill(self, saved: tuple[Contents, Waiting]) -> None:
        """Hold what was saved; it goes on with `resume`."""
        contents, self._saved_requests = saved
        for account_id, region, held, endpoints in contents:
            store = self.store(Caller(account_id, region))
            fill(store, held)
            self._saved_endpoints.append((store, endpoints))

    def resume(self) -> None:
        """Let what was saved go on."""
        for store, endpoints in self._saved_endpoints:
            self.revival.resume(store, endpoints)
        self._saved_endpoints.clear()
        self.runtime.resume(self._saved_requests)
        self._saved_requests = ()

    def told_only(self) -> dict[str, int]:
        """Count the resources that are records: kept, and nothing runs; by their types."""
        with self._lock:
            stores = list(self._stores.values())
        return {
            noun: count
            for noun, family in sorted(FAMILIES.items())
            if family.is_told_only and (count := sum(len(store.records.of(family)) for store in stores))
        }

    def write_captured(self) -> None:
        """Write what endpoints have captured, before all is saved for the last time."""
        self._hosting.write_captured()

    def is_busy(self) -> bool:
        """Tell whether what the service holds may change without a request."""
        return bool(self.runtime.waiting()) or any(map(is_busy, list(self._stores.values())))

    def close(self) -> None:
        """Begin nothing more; jobs end at once, running functions get a moment and are abandoned after it."""
        self._hosting.close()
        self._jobs.close()
        self._engine.close()

    def find_store(self, caller: Caller) -> Store | None:
        """Give what a caller's account and region hold; None where they hold nothing."""
        return self._stores.get(caller)

    def store(self, caller: Caller) -> Store:
        """Give what a caller's account and region hold."""
        with self._lock:
            if caller not in self._stores:
                place = Caller(caller.account_id, caller.region)  # what a request has brought is not kept
                self._stores[place] = Store(place, self._identifiers)
            return self._stores[caller]
