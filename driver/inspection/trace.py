"""One execution as it can be drawn, reported and logged: pure values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from driver.executions.names import Kind
from driver.executions.outcomes import describe_failure
from driver.executions.workflow.happenings import Visit, What
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Step


class Outcome(StrEnum):
    """How an execution, a state or a step ended, or that it has not."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CAUGHT = "caught"  # it failed, and a Catch took the execution on
    STOPPED = "stopped"  # by hand, or because what is around it ended
    RUNNING = "running"
    CACHED = "cached"  # a pipeline's step whose result was taken from the cache


@dataclass(frozen=True, slots=True)
class Span:
    """A stay in a state, or a step of a pipeline.

    Parameters
    ----------
    name, kind
        Its name and its type as the definition has it: Task, Map, Choice, … or Lambda, Callback, Training, …
    started, ended
        Aware datetimes; `ended` is None while it runs.
    outcome
        How it ended.
    branch
        The iterations of Maps around it, such as `("Train each[0]",)`, the outermost first.
    attempts
        How often what it does was begun.
    reason
        Why it failed, in AWS's words; empty if it did not.
    resource_arn
        What it started or made: a job, an execution, a model, an endpoint; empty where nothing.
    input, output
        JSON, as the history has them; empty where they are not known, as are the inputs of pipeline steps.
    """

    name: str
    kind: str
    started: datetime
    ended: datetime | None
    outcome: Outcome
    branch: tuple[str, ...] = ()
    attempts: int = 1
    reason: str = ""
    resource_arn: str = ""
    input: str = ""
    output: str = ""

    @property
    def place(self) -> str:
        """Where it is, as a person reads it: its branch and its name."""
        return " / ".join((*self.branch, self.name))


@dataclass(frozen=True, slots=True)
class Trace:
    """One execution.

    Parameters
    ----------
    arn, name
        The execution's; the name is the last part of the ARN.
    kind
        What it is an execution of.
    subject
        The name of the state machine or pipeline.
    status
        AWS's word.
    outcome
        The same in one word for all kinds.
    started, ended
        Aware datetimes; None while they are not known.
    definition
        The state machine's (Amazon States Language) or the pipeline's, parsed, as it was when the execution
        started.
    input, output, error, cause
        JSON of the first two, as far as there are any; a pipeline's input is its parameters.
    spans
        In the order they began.
    children
        The pipeline execution it started; executions nested in it.
    """

    arn: str
    name: str
    kind: Kind
    subject: str
    status: str
    outcome: Outcome
    started: datetime | None
    ended: datetime | None
    definition: Mapping[str, object]
    input: str = ""
    output: str = ""
    error: str = ""
    cause: str = ""
    spans: tuple[Span, ...] = ()
    children: tuple[Trace, ...] = ()

    def walk(self) -> Iterator[Trace]:
        """Go through it and all executions within it, from the outside in."""
        yield self
        for child in self.children:
            yield from child.walk()


_ENDS = {
    What.LEFT: Outcome.SUCCEEDED,
    What.CAUGHT: Outcome.CAUGHT,
    What.FAILED: Outcome.FAILED,
    What.ABORTED: Outcome.STOPPED,
}


def outcome_of(status: StateMachineStatus | Status) -> Outcome:
    """Put AWS's word into the one that is the same for state machines and pipelines."""
    if status.is_failure:
        return Outcome.FAILED
    if status in {StateMachineStatus.ABORTED, Status.STOPPED}:
        return Outcome.STOPPED
    return Outcome.SUCCEEDED if status.is_terminal else Outcome.RUNNING


def spans_of_visits(visits: Iterable[Visit]) -> Iterator[Span]:
    """Make a span of each stay in a state."""
    for visit in visits:
        if visit.entered is None:
            continue
        yield Span(
            name=visit.state,
            kind=visit.kind,
            started=visit.entered,
            ended=visit.left,
            outcome=_ENDS[visit.how] if visit.how else Outcome.RUNNING,
            branch=visit.branch,
            attempts=max(1, visit.attempts),
            reason=describe_failure(visit.error, visit.cause) if visit.has_failed else "",
            resource_arn=visit.job_arn or visit.made_arn,
            input=visit.input,
            output=visit.output,
        )


def spans_of_steps(steps: Iterable[Step], definition: Mapping[str, object]) -> Iterator[Span]:
    """Make a span of each step of a pipeline that has begun.

    Parameters
    ----------
    steps
        In the order they began.
    definition
        The pipeline's: it knows the types of the steps, even of one that failed before it did anything.
    """
    kinds = dict(_kinds(definition.get("Steps")))
    for step in steps:
        if step.started is None:
            continue
        is_cached = step.is_cached and step.status is Status.SUCCEEDED
        yield Span(
            name=step.name,
            kind=kinds.get(step.name, step.type),
            started=step.started,
            ended=step.ended,
            outcome=Outcome.CACHED if is_cached else outcome_of(step.status),
            attempts=step.attempts,
            reason=step.reason,
            resource_arn=step.resource_arn,
            output=step.output,
        )


def _kinds(steps: object) -> Iterator[tuple[str, str]]:
    """Go through the steps of a definition, those within conditions too."""
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, Mapping):
            continue
        yield str(step.get("Name")), str(step.get("Type"))
        arguments = step.get("Arguments")
        if isinstance(arguments, Mapping):
            yield from _kinds(arguments.get("IfSteps"))
            yield from _kinds(arguments.get("ElseSteps"))
