"""One execution as it can be drawn, reported and logged: pure values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from driver.execution_names import Kind


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
