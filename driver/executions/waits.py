"""Steps and states that have waited unusually long, and for what: so that nobody looks at a silent screen.

On a laptop a function answers within seconds, so a minute is long; on AWS a job of SageMaker takes minutes
to start its machine alone. It is no error: a long job is told once, like everything else that takes its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from driver.executions.watching import Seen
from driver.executions.workflow.happenings import Visit
from driver.host.wording import describe_seconds
from driver.model.values import Step

LOCAL_SECONDS = 60.0
AWS_SECONDS = 900.0

_NO_WORK = {"Map", "Parallel", "Wait"}  # the first two wait for states within them, the third on purpose
_PIPELINE, _NEXT = "the state machine", "the pipeline"


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that waits.

    Parameters
    ----------
    name
        What waits.
    attempt
        Tells one try from another.
    seconds
        How long it has waited.
    what
        What it waits for.
    """

    name: str
    attempt: int
    seconds: float
    what: str

    def __str__(self) -> str:
        return f"{self.name} has waited {describe_seconds(self.seconds)} for {self.what}"


class LongWaits:
    """Picks those that are told: each once, as soon as it is long.

    Parameters
    ----------
    seconds
        How long is unusually long.
    """

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


def waits_of_execution(seen: Seen, now: datetime) -> Iterator[Wait]:
    """Say what an execution of the pipeline and its state machine wait for.

    Parameters
    ----------
    seen
        What is known of it.
    now
        The time, aware.
    """
    if seen.has_ended:
        return
    running = [step for step in seen.steps if not step.status.is_terminal]
    for step in running:
        if step.started is not None:
            yield Wait(step.name, step.attempts, (now - step.started).total_seconds(), _of_step(step))
    state_machine = seen.state_machine
    if not seen.pipeline_arn and state_machine and state_machine.started:
        seconds = (now - state_machine.started).total_seconds()
        yield Wait(_PIPELINE, 1, seconds, "its pipeline to be started")
    ended = [step.ended for step in seen.steps if step.ended]
    if ended and not running:
        what = "its next step, or for its end to be told"
        yield Wait(_NEXT, len(ended), (now - max(ended)).total_seconds(), what)


def waits_of_workflow(running: Iterable[Visit], now: datetime) -> Iterator[Wait]:
    """Say what the states of a workflow that are being stayed in wait for."""
    for visit in running:
        if visit.entered is not None and visit.kind not in _NO_WORK:
            seconds = (now - visit.entered).total_seconds()
            yield Wait(visit.place, visit.number, seconds, _of_visit(visit))


def _of_step(step: Step) -> str:
    name = step.waits_for.rpartition("/")[2] or step.waits_for.rpartition(":")[2]
    match step.type:
        case "Callback" if name:
            return f"its callback: a function must answer the message on queue {name}"
        case "Callback":
            return "its callback: a function must answer its message"
        case "Lambda" if name:
            return f"its function {step.waits_for.rpartition(':')[2]} to answer"
        case _ if name:
            return f"{name} to end"
    return "its end"


def _of_visit(visit: Visit) -> str:
    if visit.job:
        return f"{visit.job} to end"
    if visit.service.endswith(".waitForTaskToken"):
        return "the answer to its task token"
    return f"an answer of {visit.service}" if visit.service else "its end"
