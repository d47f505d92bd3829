"""Reading an execution's history page by page: only what is new, however long it is. Pure.

GetExecutionHistory has no way to ask for what came after an event. Asked for the newest first, it can be
asked until an event is met that is known already: one request while little happens, a few after much.
Events are numbered from one without gaps (Step Functions API, HistoryEvent).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MOST = 1000  # events in a page, by the API
_USUAL = 100  # more seldom happen between two looks


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One event of an execution's history."""

    id: int
    previous: int  # the event that led to it; 0 if none did
    type: str  # AWS's word, such as `TaskStateEntered`
    time: datetime  # aware
    details: Mapping[str, object] = field(default_factory=dict)  # such as `name`, `error` or `output`

    def text(self, name: str) -> str:
        """Return a detail as text; empty if it is not there."""
        value = self.details.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One answer: events, the newest first, and where the older ones go on; empty if these were all."""

    events: tuple[HistoryEvent, ...]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a history was read."""

    read_to: int = 0  # the number of the newest event below which all are known
    waiting: tuple[HistoryEvent, ...] = ()  # the newest first; there are older events not yet read
    next_token: str = ""  # where those go on

    @property
    def page_size(self) -> int:
        """How many events to ask for."""
        return MOST if self.next_token or not self.read_to else _USUAL

    def take(self, page: HistoryPage) -> tuple[Reading, tuple[HistoryEvent, ...]]:
        """Add the answer to a request with this reading's token and page size.

        Returns how far it is read now, and the events that are new, the oldest first; none while older ones
        are missing.
        """
        oldest_waiting = self.waiting[-1].id if self.waiting else None
        fresh = tuple(
            event
            for event in page.events
            if event.id > self.read_to and (oldest_waiting is None or event.id < oldest_waiting)
        )
        waiting = (*self.waiting, *fresh)
        if page.next_token and waiting and waiting[-1].id > self.read_to + 1:
            return Reading(self.read_to, waiting, page.next_token), ()
        return Reading(waiting[0].id if waiting else self.read_to), waiting[::-1]
