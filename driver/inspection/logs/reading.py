"""Reading logs look by look: each line once, however many times it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from driver.aws.logs import CloudLogs, LogEvent
from driver.inspection.logs.errors import ErrorJudge, structured, with_last_words
from driver.inspection.logs.events import LogLine
from driver.inspection.logs.requests import naming, of_execution
from driver.inspection.logs.sources import Picks, Selection, Source

# CloudWatch takes events in any order, and some arrive late: so much is asked for again at each look.
_AGAIN = timedelta(seconds=60)


class LogReader:
    """Reads what is new in CloudWatch Logs."""

    def __init__(self, logs: CloudLogs) -> None:
        self._logs = logs
        self._judge = ErrorJudge()
        self._read: set[tuple[str, str, str]] = set()
        self._newest: dict[Source, datetime] = {}
        # A function's events: only when a request has said what it is about, it is known whose it is.
        self._undecided: dict[Source, dict[tuple[str, str, str], LogEvent]] = {}

    def look(self, selection: Selection) -> list[LogLine]:
        """Read all that is new, in the order of time; the selection may have grown since the last look."""
        found = [(event, source) for source in selection.sources for event in self._new(source, selection)]
        found.sort(key=lambda pair: pair[0].time)
        lines = [
            LogLine(
                event,
                source.name,
                self._judge.is_error(event) and not is_caught(event, source.name, selection),
            )
            for event, source in found
        ]
        lines = [*with_last_words(lines, selection.failed), *self._told(selection)]
        return sorted(lines, key=lambda line: line.event.time)

    def _told(self, selection: Selection) -> Iterable[LogLine]:
        for source, event in selection.told:
            if event.time >= selection.start and _key(event) not in self._read:
                self._read.add(_key(event))
                yield LogLine(event, source, is_error=True)

    def _new(self, source: Source, selection: Selection) -> Iterable[LogEvent]:
        start = max(selection.start, self._newest.get(source, selection.start) - _AGAIN)
        end = None if source.has_own_streams else selection.end
        events: Iterable[LogEvent] = self._logs.events(source.group, source.stream_prefix, start, end)
        if source.picks is Picks.REQUESTS:
            known = self._undecided.setdefault(source, {})
            known |= {_key(event): event for event in events}
            in_order = sorted(known.values(), key=lambda event: event.time)
            events = of_execution(in_order, selection.names, is_over=selection.end is not None)
        elif source.picks is Picks.NAMING:
            events = naming(events, selection.names)
        for event in events:
            if _key(event) not in self._read:
                self._read.add(_key(event))
                self._newest[source] = max(event.time, self._newest.get(source, event.time))
                yield event


def is_caught(event: LogEvent, source: str, selection: Selection) -> bool:
    """Tell whether a line is of a job or an execution whose failure was caught by the execution around it."""
    if not selection.caught:
        return False
    line = structured(event.message) or {}
    return source in selection.caught or line.get("execution_arn") in selection.caught


def _key(event: LogEvent) -> tuple[str, str, str]:
    return event.group, event.stream, event.id
