"""Watching an execution of a workflow and those nested in it: one request a look, and what that brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from driver.aws.connection import StateMachineService
from driver.aws.history import HistoryEvent, Reading
from driver.aws.waiter import Waiter
from driver.executions.outcomes import describe_failure
from driver.executions.workflow.happenings import Happening, What
from driver.executions.workflow.timeline import Timeline

_NAMED = 5  # failures that are told one by one
_OWN = 5  # every so many-eth look is at the execution itself, though it waits for one nested in it


@dataclass(frozen=True, slots=True)
class Progress:
    """What one look brought.

    Parameters
    ----------
    read_to, waiting
        How many events were told, and how many more are known: without news both stay.
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
        self._looks = 0
        self._nested: dict[str, Watch] = {}  # by their ARNs
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

    def read(self) -> None:
        """Read all there is by now, page after page: 25 requests for 25,000 events, AWS's most."""
        while self.look().waiting:
            pass

    def look_within(self) -> Progress:
        """Make one request, about the innermost execution that is waited for, and take in what is new."""
        self._looks += 1
        nested = None if self._looks % _OWN == 0 else self._waited_for()
        progress = self.look() if nested is None else nested.look_within()
        deeper = 0 if nested is None else 1
        readings = [watch._reading for watch in self._all()]
        return Progress(
            read_to=sum(reading.read_to for reading in readings),
            waiting=sum(len(reading.waiting) for reading in readings),
            happenings=tuple(replace(seen, depth=seen.depth + deeper) for seen in progress.happenings),
            has_ended=self.timeline.status.is_terminal,
        )

    def _waited_for(self) -> Watch | None:
        """Find a nested execution that is waited for and has not ended; the first, if there are several."""
        for visit in self.timeline.running:
            if ":states:" in visit.job_arn and ":execution:" in visit.job_arn:
                nested = self._nested.setdefault(visit.job_arn, Watch(self._state_machines, visit.job_arn))
                if not nested.timeline.status.is_terminal:
                    return nested
        return None

    def _all(self) -> list[Watch]:
        return [self, *(inner for nested in self._nested.values() for inner in nested._all())]

    def follow(
        self,
        waiter: Waiter,
        timeout: float,
        on_news: Callable[[Progress], None] = lambda _: None,
        *,
        on_look: Callable[[], None] = lambda: None,
        look_at_once: bool = True,
    ) -> bool:
        """Look until the execution has ended; returns whether it did before so many seconds were over."""

        def look() -> Progress:
            progress = self.look_within()
            on_look()
            return progress

        return waiter.wait_for(
            look, lambda progress: progress.has_ended, timeout, on_news, look_at_once=look_at_once
        ).is_done


def describe_end(timeline: Timeline) -> str:
    """Write why an execution ended otherwise than well: the states that failed, then the end's own words.

    A failure that was caught counts only if it is what the end says, or belongs to a job or an execution: a
    workflow may well ask for something that is not there.

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
        if said and visit.how is What.CAUGHT and not visit.job_arn and reason != said:
            continue
        if reason:
            told.append(f"State {visit.place}: {reason}")
        if visit.log_group:
            told.append(f"  its log: group {visit.log_group}, streams {visit.job}/…")
    if said and not any(said in line or said == line.partition(": ")[2] for line in told):
        told.append(said)
    more = len(told) - 2 * _NAMED
    return "\n".join([*told[: 2 * _NAMED], *([f"… and {more} lines more"] if more > 0 else [])])
