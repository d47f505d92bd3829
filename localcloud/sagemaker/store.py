"""What exists in one account and region: pipelines, their executions, callback tokens, jobs, tags.

Every store has one lock, held for the length of an operation that changes something, so that operations
are taken one after the other. Whoever holds it may take the lock of an execution, never the other way round.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.retention import MOST, surplus
from localcloud.sagemaker.hosting.store import HostingStore
from localcloud.sagemaker.jobs.store import JobStore
from localcloud.sagemaker.pipelines.definition import Definition
from localcloud.sagemaker.pipelines.runtime import Execution
from localcloud.sagemaker.records.store import RecordStore
from localcloud.sagemaker.registry.store import RegistryStore
from localcloud.sagemaker.tuning.tuning import Tuning
from localcloud.sagemaker.wire.idempotency import Idempotency
from localcloud.sagemaker.wire.identifiers import Identifiers, execution_arn, pipeline_name
from localcloud.sagemaker.wire.requests import Answer, Request

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PipelineVersion:
    """A version of a pipeline; `last_execution` is the ARN of the last that ran it."""

    id: int
    definition: Definition
    created: datetime
    display_name: str | None = None
    description: str | None = None
    aliases: tuple[str, ...] = ()
    last_execution: str | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline; an update replaces it. Times are aware, in UTC."""

    arn: str
    name: str
    display_name: str
    description: str | None
    role_arn: str
    definition: Definition
    max_parallel: int | None
    created: datetime
    last_modified: datetime
    created_by: Mapping[str, object]
    last_modified_by: Mapping[str, object]
    versions: tuple[PipelineVersion, ...]
    last_run: datetime | None = None


@dataclass(slots=True)
class Store:
    """The contents of one account and region.

    `lock`: guards everything else.
    `pipelines`: by name.
    `executions`: by ARN, oldest first.
    `tokens`: for every callback token ever issued, the execution and step it belongs to.
    `tags`: by the resource's ARN.
    `tunings`: the training jobs of each tuning job, by its name.
    """

    caller: Caller
    identifiers: Identifiers
    lock: threading.RLock = field(default_factory=threading.RLock)
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    tokens: dict[str, tuple[Execution, str]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    idempotency: Idempotency = field(default_factory=Idempotency)
    jobs: JobStore = field(default_factory=JobStore)
    hosting: HostingStore = field(default_factory=HostingStore)
    registry: RegistryStore = field(default_factory=RegistryStore)
    records: RecordStore = field(default_factory=RecordStore)
    tunings: dict[str, Tuning] = field(default_factory=dict)
    is_surplus_told: bool = False

    def find_pipeline(self, name_or_arn: str) -> Pipeline:
        """Give a pipeline by name or ARN; `ServiceError` ``ResourceNotFound``."""
        name = pipeline_name(name_or_arn, self.caller)
        with self.lock:
            if name is None or name not in self.pipelines:
                raise not_found(f"Pipeline '{name_or_arn}' does not exist.")
            return self.pipelines[name]

    def find_execution(self, arn: str) -> Execution:
        """Give an execution by ARN; `ServiceError` ``ResourceNotFound``."""
        with self.lock:
            if arn not in self.executions:
                raise not_found(f"Pipeline execution with ARN '{arn}' does not exist.")
            return self.executions[arn]

    def executions_of(self, pipeline: Pipeline) -> list[Execution]:
        """Give the executions of a pipeline, oldest first."""
        with self.lock:
            return [item for item in self.executions.values() if item.info.pipeline_arn == pipeline.arn]

    def new_execution_arn(self, pipeline: Pipeline) -> str:
        """Make the ARN of an execution that does not exist yet."""
        while (arn := execution_arn(pipeline.arn, self.identifiers.execution_id())) in self.executions:
            pass
        return arn

    def issue_token(self, execution: Execution, step: str) -> str:
        """Make a callback token that was never used before."""
        with self.lock:
            while (token := self.identifiers.callback_token()) in self.tokens:
                pass
            self.tokens[token] = (execution, step)
            return token

    def find_callback(self, token: str) -> tuple[Execution, str]:
        """Give the execution and the step that a callback token belongs to.

        Raises `ServiceError`: ``ResourceNotFound``.
        """
        with self.lock:
            if token not in self.tokens:
                raise not_found(f"Callback token '{token}' does not exist.")
            return self.tokens[token]

    def once(self, operation: str, request: Request, act: Callable[[], Answer]) -> Answer:
        """Do something under the lock, and at most once for each ClientRequestToken.

        Raises `ServiceError`: ``ConflictException`` where the token was used with other parameters.
        """
        with self.lock:
            return self.idempotency.once(operation, request, act)

    def forget_surplus(self, most: int = MOST) -> None:
        """Make room for one of at most so many executions: forget the oldest that are over.

        The caller holds the lock.

        AWS documents no time after which it forgets an execution of a pipeline, and neither do we.
        """
        if len(self.executions) < most:
            return
        if not self.is_surplus_told:
            self.is_surplus_told = True
            LOG.warning("More than %s executions of pipelines: the oldest are forgotten", f"{most:,}")
        kept = [
            (arn, one.state.last_modified if one.is_over else None) for arn, one in self.executions.items()
        ]
        self.forget([self.executions[arn] for arn in surplus(kept, most - 1, None)])

    def forget(self, executions: Iterable[Execution]) -> None:
        """Delete executions and their tokens; the caller holds the lock."""
        for execution in executions:
            del self.executions[execution.info.arn]
        self.tokens = {
            key: found for key, found in self.tokens.items() if found[0].info.arn in self.executions
        }


def not_found(message: str) -> ServiceError:
    """Make the error of a resource that does not exist."""
    return ServiceError("ResourceNotFound", message)


def conflict(message: str) -> ServiceError:
    """Make the error of a request that does not fit the state of things."""
    return ServiceError("ConflictException", message)
