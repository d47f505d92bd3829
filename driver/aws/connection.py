"""The services of one target, composed of their adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from driver.aws.history import HistoryPage, Reading
from driver.aws.logs import LogEvent
from driver.aws.lost_events import LostEvent
from driver.aws.waiter import Waiter
from driver.model.status import StateMachineStatus
from driver.model.values import (
    BucketContent,
    Endpoint,
    Notebook,
    PipelineExecution,
    StateMachineExecution,
    Step,
    StoredObject,
)

if TYPE_CHECKING:
    from driver.aws.clients import Clients
    from driver.aws.jobs import Job

# ruff: noqa: PLC0415 - what connects is loaded only then: it takes a while


class ObjectStore(Protocol):
    """The bucket; see `driver.aws.storage.Storage`."""

    def upload(self, path: Path, bucket: str, key: str, on_bytes: Callable[[int], None]) -> None:
        """Upload a file."""

    def download(self, bucket: str, key: str, path: Path, on_bytes: Callable[[int], None]) -> None:
        """Download an object, all or nothing."""

    def find(self, bucket: str, prefix: str) -> list[StoredObject]:
        """List the objects under a prefix, in the order of their keys."""

    def newest(self, bucket: str, prefix: str) -> StoredObject | None:
        """Find the object written last."""

    def measure(self, bucket: str) -> BucketContent:
        """Count and size what is in it."""


class PipelineService(Protocol):
    """SageMaker; see `driver.aws.pipelines.Pipelines`."""

    def start(self, pipeline_name: str, display_name: str, parameters: Mapping[str, str]) -> str:
        """Start an execution and return its ARN."""

    def describe(self, arn: str) -> PipelineExecution:
        """Describe an execution."""

    def steps(self, arn: str) -> tuple[Step, ...]:
        """List the steps of an execution that have started."""

    def executions(self, pipeline_name: str) -> Iterator[PipelineExecution]:
        """List executions, the newest first."""

    def parameters(self, arn: str) -> dict[str, str]:
        """Return what an execution was started with."""

    def definition(self, pipeline_name: str) -> Mapping[str, object]:
        """Return a pipeline's definition."""

    def definition_of_execution(self, arn: str) -> Mapping[str, object]:
        """Return the pipeline's definition as it was when an execution started."""

    def stop(self, arn: str) -> None:
        """Ask an execution to stop."""

    def notebooks(self, limit: int) -> list[Notebook]:
        """List notebook instances."""

    def why_no_pipelines(self) -> str:
        """Say why this endpoint cannot run pipelines; nothing if it can."""


class StateMachineService(Protocol):
    """Step Functions; see `driver.aws.state_machines.StateMachines`."""

    def start(self, state_machine_arn: str, name: str, inputs: Mapping[str, object]) -> str:
        """Start an execution and return its ARN."""

    def describe(self, arn: str) -> StateMachineExecution:
        """Describe an execution."""

    def history(self, arn: str, reading: Reading) -> HistoryPage:
        """Read on in an execution's history."""

    def executions(
        self, state_machine_arn: str, status: StateMachineStatus | None = None
    ) -> Iterator[StateMachineExecution]:
        """List executions, the newest first; all, or those that stand so."""

    def definition(self, state_machine_arn: str) -> Mapping[str, object]:
        """Return a state machine's definition."""

    def definition_of_execution(self, arn: str) -> Mapping[str, object]:
        """Return the state machine's definition as it was when an execution started."""

    def stop(self, arn: str) -> None:
        """End an execution."""


class HostingService(Protocol):
    """SageMaker's models and endpoints; see `driver.aws.hosting.Hosting`."""

    def endpoints(self, prefix: str) -> list[Endpoint]:
        """List the endpoints whose names begin so."""

    def configs(self, prefix: str) -> list[str]:
        """List the endpoint configurations whose names begin so."""

    def models(self, prefix: str) -> list[str]:
        """List the models whose names begin so."""

    def describe(self, endpoint_name: str) -> Endpoint | None:
        """Describe an endpoint; None if there is none of that name."""

    def models_of(self, config_name: str) -> list[str]:
        """List the models of an endpoint configuration; none if it is gone."""

    def instances(self, endpoint_name: str) -> list[str]:
        """List the instances behind an endpoint."""

    def delete_endpoint(self, name: str) -> None:
        """Begin to delete an endpoint."""

    def delete_config(self, name: str) -> None:
        """Delete an endpoint configuration."""

    def delete_model(self, name: str) -> None:
        """Delete a model."""

    def invoke(self, endpoint_name: str, body: bytes, content_type: str, accept: str) -> bytes:
        """Ask an endpoint for predictions."""


class JobService(Protocol):
    """SageMaker's jobs; see `driver.aws.jobs.Jobs`."""

    def describe(self, name: str) -> Job | None:
        """Find a job; None if there is none of that name."""


class LogService(Protocol):
    """CloudWatch Logs; see `driver.aws.logs.CloudLogs`."""

    def events(
        self, group: str, stream_prefix: str, start: datetime, end: datetime | None
    ) -> Iterator[LogEvent]:
        """Read the events of a group, the oldest first."""


class LostEventService(Protocol):
    """The queue of events that are lost; see `driver.aws.lost_events.LostEvents`."""

    def count(self, queue_url: str) -> int:
        """Count the messages; none where the queue is gone."""

    def look(self, queue_url: str) -> list[LostEvent]:
        """Read up to ten messages and leave them where they are."""

    def redeliver(self, queue_url: str, function: str, count: int) -> Iterator[LostEvent]:
        """Invoke the function with so many events, each once, and forget their messages."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The services of one target, and how often to ask them."""

    storage: ObjectStore
    pipelines: PipelineService
    state_machines: StateMachineService
    hosting: HostingService
    jobs: JobService
    logs: LogService
    lost_events: LostEventService
    waiter: Waiter


Connect = Callable[[str, str | None], Connection]
"""Connects to a region of an endpoint (None: AWS)."""


def connect(clients: Clients, *, is_local: bool) -> Connection:
    """Connect to where clients are made for.

    Parameters
    ----------
    clients
        Makes a client of each service.
    is_local
        Whether it is on this machine, where asking often costs nothing.
    """
    from driver.aws.hosting import Hosting
    from driver.aws.jobs import Jobs
    from driver.aws.logs import CloudLogs
    from driver.aws.lost_events import LostEvents
    from driver.aws.pipelines import Pipelines
    from driver.aws.state_machines import StateMachines
    from driver.aws.storage import Storage
    from driver.aws.waiter import AWS_BACKOFF, LOCAL_BACKOFF, Waiter

    sagemaker = clients.sagemaker()
    return Connection(
        Storage(clients.s3()),
        Pipelines(sagemaker),
        StateMachines(clients.step_functions()),
        Hosting(sagemaker, clients.sagemaker_runtime),
        Jobs(sagemaker),
        CloudLogs(clients.logs),
        LostEvents(clients.sqs, clients.functions),
        Waiter(LOCAL_BACKOFF if is_local else AWS_BACKOFF),
    )
