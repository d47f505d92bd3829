"""One execution: the states it entered or the steps it ran, and the executions it started. Pure values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto

from driver.aws.jobs import JOB_GROUPS
from driver.executions.names import Kind
from driver.executions.outcomes import describe_reason
from driver.host.wording import describe_duration
from driver.model.status import StateMachineStatus, Status


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
    """A state from its entry to its exit, or a step of a pipeline.

    Parameters
    ----------
    name, kind
        Its name, and its type as the definition has it: Task, Map, … or Lambda, Callback, …; both are empty
        for an iteration of a Map.
    started, ended
        Aware datetimes; `ended` is None while it runs.
    branch
        The iterations of Maps around it, such as `("Train each[0]",)`, the outermost first.
    attempts
        How many times its work was started.
    reason
        Why the last attempt failed, in AWS's words; empty if it did not fail.
    resource_arn
        What it started or made: a job, an execution, a model, an endpoint; empty where nothing.
    input, output
        JSON, as the history has them; empty where they are not known, as are the inputs of pipeline steps.
    has_failed
        Whether the last attempt failed.
    is_submitted
        Whether the service has said that it started the work; the state then waits for its end.
    number
        How many times the execution has entered this state in this branch, this time included.
    status
        AWS's status of a step; empty for a state, which has none.
    work
        What does the work and must answer: an action of a service, such as `lambda:invoke`, or the ARN of a
        function or the URL of a queue; empty where nothing does.
    """

    name: str
    kind: str
    started: datetime
    ended: datetime | None = None
    outcome: Outcome = Outcome.RUNNING
    branch: tuple[str, ...] = ()
    attempts: int = 1
    reason: str = ""
    resource_arn: str = ""
    input: str = ""
    output: str = ""
    has_failed: bool = False
    is_submitted: bool = False
    number: int = 1
    status: str = ""
    work: str = ""

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
        kind = self.resource_arn.partition("/")[0].rpartition(":")[2]
        return JOB_GROUPS.get(kind, "")


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
    """One execution, as far as it was read.

    Parameters
    ----------
    arn, kind
        The execution, and what it is an execution of.
    status
        AWS's status; UNKNOWN while it was not asked for.
    started, ended
        Aware datetimes; None while they are not known.
    definition
        The state machine's (Amazon States Language) or the pipeline's, parsed, as it was when the execution
        started; empty where it was not read.
    input, output, error, cause
        JSON of the first two, as far as there are any; a pipeline's input is its parameters.
    spans
        In the order they started.
    children
        The executions that it started.
    """

    arn: str
    kind: Kind
    status: StateMachineStatus | Status
    started: datetime | None
    ended: datetime | None
    definition: Mapping[str, object] = field(default_factory=dict)
    input: str = ""
    output: str = ""
    error: str = ""
    cause: str = ""
    spans: tuple[Span, ...] = ()
    children: tuple[Trace, ...] = ()

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

    @property
    def pipeline(self) -> Trace | None:
        """The pipeline execution: itself, or the last that it started."""
        return next((part for part in reversed(list(self.walk())) if part.kind is Kind.PIPELINE), None)

    def walk(self) -> Iterator[Trace]:
        """Go through it and all executions within it, from the outside in."""
        yield self
        for child in self.children:
            yield from child.walk()
