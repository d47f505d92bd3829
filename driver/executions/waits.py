"""Steps and states that have waited unusually long, and for what: so that nobody looks at a silent screen.

On a laptop a function answers within seconds, so a minute is long; on AWS a job of SageMaker takes minutes
to start its machine alone. It is no error: a long job is told once, like everything else that takes its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from driver.executions.trace import Span
from driver.host.wording import describe_seconds

LOCAL_SECONDS = 60.0
AWS_SECONDS = 900.0

_NO_WORK = {"Map", "Parallel", "Wait"}  # the first two wait for states within them, the third on purpose


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that has waited for `seconds`; `attempt` tells one try from another."""

    name: str
    attempt: int
    seconds: float
    what: str

    def __str__(self) -> str:
        return f"{self.name} has waited {describe_seconds(self.seconds)} for {self.what}"


class LongWaits:
    """Picks the waits to tell: each once, as soon as it has lasted so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._told: set[tuple[str, int]] = set()

    def new(self, waits: Iterable[Wait]) -> Iterator[Wait]:
        """Give those that are to be told now."""
        for wait in waits:
            key = (wait.name, wait.attempt)
            if wait.seconds >= self._seconds and key not in self._told:
                self._told.add(key)
                yield wait


def waits_of(running: Iterable[Span], last_step_ended: datetime | None, now: datetime) -> Iterator[Wait]:
    """Say what an execution waits for.

    Parameters
    ----------
    running
        The states and steps that run.
    last_step_ended
        When the last step of its pipeline ended, while none runs.
    now
        The time, aware.
    """
    for span in running:
        if span.kind not in _NO_WORK:
            attempt = span.attempts if span.status else span.number
            yield Wait(span.place, attempt, (now - span.started).total_seconds(), _what(span))
    if last_step_ended:
        what = "its next step, or for its end to be told"
        seconds = (now - last_step_ended).total_seconds()
        yield Wait("the pipeline", int(last_step_ended.timestamp()), seconds, what)


def _what(span: Span) -> str:
    return _of_step(span) if span.status else _of_state(span)


def _of_step(step: Span) -> str:
    name = step.work.rpartition("/")[2] or step.work.rpartition(":")[2]
    match step.kind:
        case "Callback" if name:
            return f"its callback: a function must answer the message on queue {name}"
        case "Callback":
            return "its callback: a function must answer its message"
        case "Lambda" if name:
            return f"its function {step.work.rpartition(':')[2]} to answer"
        case _ if name:
            return f"{name} to end"
    return "its end"


def _of_state(state: Span) -> str:
    service, _, pattern = state.work.partition(".")
    if state.resource:
        return f"{state.resource} to end"
    if pattern == "waitForTaskToken":
        return "the answer to its task token" if state.is_submitted else f"{service} to take its task token"
    return f"an answer of {state.work}" if state.work else "its end"
