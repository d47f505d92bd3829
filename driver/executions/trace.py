"""One execution: the states it entered or the steps it ran, and the executions it started. Pure values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from pathlib import Path

from driver.aws.jobs import JOB_GROUPS, streams_of
from driver.executions.names import Kind
from driver.executions.outcomes import describe_reason
from driver.host.wording import describe_duration
from driver.model.documents import Document, moment
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Outputs

_AROUND = ("start_pipeline", "answer_task")  # the functions of the state machine that runs pipelines


class Outcome(StrEnum):
    """How an execution, a state or a step ended, or that it has not."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CAUGHT = "caught"  # it failed, and a Catch took the execution on
    STOPPED = "stopped"  # by hand, or because what is around it ended
    RUNNING = "running"
    CACHED = "cached"  # a pipeline's step whose result was taken from the cache

    @classmethod
    def of(cls, status: StateMachineStatus | Status) -> Outcome:
        """Translate AWS's status."""
        if status.is_failure:
            return cls.FAILED
        if status in {StateMachineStatus.ABORTED, Status.STOPPED}:
            return cls.STOPPED
        return cls.SUCCEEDED if status.is_terminal else cls.RUNNING


@dataclass(frozen=True, slots=True)
class Span:
    """A state from its entry to its exit, or a step of a pipeline."""

    name: str  # empty for an iteration of a Map
    kind: str  # its type in the definition: Task, Map, Choice, … or Lambda, Callback, Training, …
    started: datetime  # aware
    ended: datetime | None = None  # None while it runs
    outcome: Outcome = Outcome.RUNNING
    branch: tuple[str, ...] = ()  # the iterations around it, such as "Train each[0]", the outermost first
    attempts: int = 1
    reason: str = ""  # why the last attempt failed, in AWS's words
    resource_arn: str = ""  # what it started or made: a job, an execution, a model, an endpoint
    input: str = ""  # JSON; empty where it is not known, as for every step of a pipeline
    output: str = ""  # JSON; empty where it is not known
    has_failed: bool = False  # the last attempt did
    is_submitted: bool = False  # the service has said that it started the work; the state waits for its end
    number: int = 1  # how many times the execution has entered this state in this branch by now
    status: str = ""  # AWS's status of a step; empty for a state, which has none
    work: str = ""  # what must answer: a service's action, such as `lambda:invoke`, a function or a queue
    function: str = ""  # name or ARN of the function of Lambda that it called; empty where it called none

    @property
    def place(self) -> str:
        """Its branch and its name, as they are shown to the user."""
        return " / ".join((*self.branch, self.name) if self.name else self.branch)

    @property
    def resource(self) -> str:
        """The short name of what it started: a job's name, or `<state machine or pipeline>/<execution>`."""
        if ":states:" in self.resource_arn:
            return "/".join(self.resource_arn.split(":")[-2:])
        if "/execution/" in self.resource_arn:
            return "/".join(self.resource_arn.split("/")[1::2])
        return self.resource_arn.rpartition("/")[2] or self.resource_arn.rpartition(":")[2]

    @property
    def execution_arn(self) -> str:
        """The execution that it started; empty where it started none."""
        return self.resource_arn if is_execution(self.resource_arn) else ""

    @property
    def log_group(self) -> str:
        """CloudWatch's log group of the job that it started; empty where there is none."""
        return JOB_GROUPS.get(self._kind, "")

    @property
    def log_streams(self) -> str:
        """What the log streams of the job that it started begin with."""
        return streams_of(self._kind, self.resource)

    @property
    def _kind(self) -> str:
        """The word in the ARN of what it started, such as `training-job`."""
        return self.resource_arn.partition("/")[0].rpartition(":")[2]


def is_execution(arn: str) -> bool:
    """Tell whether an ARN is an execution's, of a state machine or of a pipeline."""
    return ":execution:" in arn or "/execution/" in arn


class ChangeKind(Enum):
    """What an answer of AWS can say that is new."""

    ENTERED = auto()
    SUBMITTED = auto()  # a job or an execution was started
    FAILED = auto()  # one attempt; whether there will be another is not known yet
    RETRIED = auto()
    EXITED = auto()
    ITERATION_ENDED = auto()
    STATUS = auto()  # a step has another status


@dataclass(frozen=True, slots=True)
class Change:
    """What is new, of which state or step; `depth` is 1 in a nested execution, 2 in one within that."""

    kind: ChangeKind
    span: Span
    time: datetime
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """One execution, as far as it was read."""

    arn: str
    kind: Kind
    status: StateMachineStatus | Status  # UNKNOWN while it was not asked for
    started: datetime | None  # aware
    ended: datetime | None
    definition: Mapping[str, object] = field(default_factory=dict)  # as it was when the execution started
    input: str = ""  # JSON; a pipeline's are its parameters
    output: str = ""  # JSON
    error: str = ""
    cause: str = ""
    spans: tuple[Span, ...] = ()  # in the order they started
    children: tuple[Trace, ...] = ()  # the executions that it started

    @property
    def name(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/" if self.kind is Kind.PIPELINE else ":")[2]

    @property
    def subject(self) -> str:
        """The name of the state machine or pipeline."""
        return self.arn.split("/")[1] if self.kind is Kind.PIPELINE else self.arn.split(":")[-2]

    @property
    def outcome(self) -> Outcome:
        """The status in one word for all kinds."""
        return Outcome.of(self.status)

    @property
    def summary(self) -> str:
        """Its status, and how long it took."""
        took = describe_duration(self.started, self.ended)
        return f"{self.status}{f' after {took}' if took else ''}"

    @property
    def reason(self) -> str:
        """Why it ended as it did, by its own words; empty if it gives none."""
        return describe_reason(self.status, self.error, self.cause)

    def document(self, files: Sequence[Path]) -> Document:
        """Put its end and the files that were downloaded into the document of run.schema.json."""
        started, ended = self.started, self.ended
        return {
            "version": 1,
            "execution": self.arn,
            "kind": self.kind,
            "status": str(self.status),
            "started": moment(started),
            "ended": moment(ended),
            "seconds": (ended - started).total_seconds() if started and ended else None,
            "output": json.loads(self.output or "null"),
            "files": [str(path) for path in files],
        }

    @property
    def pipeline(self) -> Trace | None:
        """The pipeline execution: itself, or the last that it started."""
        return next((part for part in reversed(list(self.walk())) if part.kind is Kind.PIPELINE), None)

    def walk(self) -> Iterator[Trace]:
        """Go through it and all executions within it, from the outside in."""
        yield self
        for child in self.children:
            yield from child.walk()


def functions_called(parts: Sequence[Trace], outputs: Outputs) -> list[str]:
    """Name the functions of the deployment that executions have called, by the names of their folders.

    No step names the functions around a pipeline, nor one that works through a Callback step's queue.
    """
    works = {
        word
        for part in parts
        for span in part.spans
        for word in (span.work, span.resource_arn, span.function)
    }
    waits = any(span.kind == "Callback" for part in parts for span in part.spans)
    runs_pipelines = any(part.kind is Kind.STATE_MACHINE for part in parts)
    called = [
        name
        for name, function in outputs.functions.items()
        if function.arn in works or (waits and name not in _AROUND)
    ]
    around = [name for name in _AROUND if runs_pipelines and name in outputs.functions]
    return list(dict.fromkeys([*called, *around]))
