"""Watching one execution of a workflow: one request a look, and what each look brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from driver.outcomes import describe_failure
from driver.ports import StateMachineService
from driver.waiter import Waiter
from driver.workflows.happenings import Happening
from driver.workflows.history import HistoryEvent, Reading
from driver.workflows.timeline import Timeline

_NAMED = 5  # failures that are told one by one


@dataclass(frozen=True, slots=True)
class Progress:
    """What one look brought.

    Parameters
    ----------
    read_to, waiting
        The number of the newest event that was told, and how many more are known: without news both stay.
    happenings
        What happened since the look before.
    has_ended
        Whether the execution has ended.
    """

    read_to: int
    waiting: int
    happenings: tuple[Happening, ...]
    has_ended: bool


class Watch:
    """One execution of a workflow, seen through its history.

    Parameters
    ----------
    state_machines
        Step Functions.
    arn
        The execution.
    """

    def __init__(self, state_machines: StateMachineService, arn: str) -> None:
        self._state_machines = state_machines
        self._arn = arn
        self._reading = Reading()
        self.timeline = Timeline()
        self.events: list[HistoryEvent] = []

    def look(self) -> Progress:
        """Make one request and take in what is new."""
        page = self._state_machines.history(self._arn, self._reading)
        self._reading, events = self._reading.take(page)
        self.events += events
        happenings = tuple(happening for event in events for happening in self.timeline.add(event))
        return Progress(
            read_to=self._reading.read_to,
            waiting=len(self._reading.waiting),
            happenings=happenings,
            has_ended=self.timeline.status.is_terminal,
        )

    def follow(
        self,
        waiter: Waiter,
        timeout: float,
        on_news: Callable[[Progress], None] = lambda _: None,
        *,
        look_at_once: bool = True,
    ) -> bool:
        """Look until the execution has ended; returns whether it did before so many seconds were over."""
        return waiter.wait_for(
            self.look, lambda progress: progress.has_ended, timeout, on_news, look_at_once=look_at_once
        ).is_done


def describe_end(timeline: Timeline) -> str:
    """Write why an execution ended otherwise than well: the states that failed, then the end's own words.

    Returns
    -------
    str
        Lines; nothing if there is no reason.
    """
    end = timeline.end
    said = describe_failure(end.error, end.cause) if end else ""
    told: list[str] = []
    for visit in timeline.failures:
        reason = describe_failure(visit.error, visit.cause)
        if reason:
            told.append(f"State {visit.place}: {reason}")
        if visit.log_group:
            told.append(f"  its log: group {visit.log_group}, streams {visit.job}/…")
    if said and not any(said in line or said == line.partition(": ")[2] for line in told):
        told.append(said)
    more = len(told) - 2 * _NAMED
    return "\n".join([*told[: 2 * _NAMED], *([f"… and {more} lines more"] if more > 0 else [])])
