"""SageMaker itself, as the steps of an execution call it: operations, jobs that go on, earlier runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from localcloud.ports import Permissions
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.values import Value


class StartedKind(StrEnum):
    """What a step may start that outlives the call: a type of job, or an endpoint."""

    TRAINING = "Training"
    PROCESSING = "Processing"
    TRANSFORM = "Transform"
    TUNING = "HyperParameterTuning"
    ENDPOINT = "Endpoint"


@dataclass(frozen=True, slots=True)
class StartedJob:
    """A job that a step has started, or an endpoint that it creates."""

    kind: StartedKind
    name: str


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A successful run of the same step with the same cache key."""

    execution_arn: str
    metadata: Mapping[str, object]
    properties: Mapping[Path, Value]


class Service(Protocol):
    """The operations of SageMaker within the account of an execution."""

    def working_as(self, permissions: Permissions) -> "Service":
        """Give the same for a role that has these permissions: each operation asks for its own."""
        ...

    def call(self, operation: str, request: Mapping[str, object]) -> dict[str, object]:
        """Carry out an operation; `ServiceError` as AWS would answer."""
        ...

    def when_over(self, job: StartedJob, listener: Callable[[], None]) -> None:
        """Call a listener once, when the job is over; at once where it is over already."""
        ...

    def stop(self, job: StartedJob) -> None:
        """Ask a job to stop; one that is over, or an endpoint, is left alone. `ServiceError` of a denial."""
        ...

    def find_run(self, step: str, cache_key: str, within: timedelta) -> EarlierRun | None:
        """Find the latest run of a step of the same pipeline that succeeded within this time."""
        ...
