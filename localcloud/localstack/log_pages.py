"""Pages of logs as GetLogEvents and FilterLogEvents give them; pure."""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

from localcloud.localstack.log_store import Event, Events

MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
"""Of a page (API reference, "GetLogEvents" and "FilterLogEvents")."""

Found = dict[str, Any]

_BETWEEN = ":"  # neither in the name of a group nor in that of a stream


def page_of_stream(
    events: Events,
    times: tuple[int | None, int | None],
    limit: int,
    token: str | None,
    start_from_head: bool,
) -> tuple[list[Found], str, str]:
    """Give a page of GetLogEvents, the token of the page before it and of that behind it.

    A token names the position of the first or the last event that was given, as moto's do.

    Raises `ValueError` if the token is none.
    """
    selection = events.select(*times)
    total = len(selection)
    direction, index = _direction(token)
    if direction == "b" or (direction is None and not start_from_head):
        behind = total if direction is None else min(index, total)
        backwards = _bounded(selection.part_backwards(max(0, behind - limit), behind))
        found = backwards[::-1]
        first = behind - len(found)
    else:
        first = 0 if direction is None else min(index + 1, total)
        found = _bounded(selection.part(first, min(first + limit, total)))
    if not found:
        place = max(0, total - 1) if direction == "f" else 0
        return [], f"b/{place:056d}", f"f/{place:056d}"
    page = [
        {"ingestionTime": event.ingestion_time, "message": event.message, "timestamp": event.timestamp}
        for event in found
    ]
    return page, f"b/{first:056d}", f"f/{first + len(found) - 1:056d}"


def page_of_group(
    group: str,
    streams: dict[str, Events],
    times: tuple[int | None, int | None],
    matches: Callable[[Found], bool],
    *,
    limit: int,
    token: str | None,
    interleaved: bool,
) -> tuple[list[Found], str | None]:
    """Give a page of FilterLogEvents, and the token of the next one if there is more.

    A token names the last event that was given; its time tells where to look for it.
    """
    start, end = times
    last: tuple[str, str] | None = None
    if token is not None:
        try:
            named, stream, event_id, timestamp = token.rsplit(_BETWEEN, 3)
            last, start = (stream, event_id), max(start or 0, int(timestamp))
        except ValueError:
            return [], None
        if named != group or stream not in streams:
            return [], None  # AWS gives nothing for a token that is none.
        if not interleaved:
            names = list(streams)
            streams = {name: streams[name] for name in names[names.index(stream) :]}
    parts = [
        _found(name, events.select(start if interleaved or not number else times[0], end))
        for number, (name, events) in enumerate(streams.items())
    ]
    all_events: Iterator[Found] = (
        heapq.merge(*parts, key=itemgetter("timestamp"))
        if interleaved
        else itertools.chain.from_iterable(parts)
    )
    if last is not None:
        for event in all_events:
            if (event["logStreamName"], event["eventId"]) == last:
                break
    wanted = filter(matches, all_events)
    page: list[Found] = []
    size = 0
    for event in wanted:
        size += len(event["message"].encode())
        if page and (len(page) == limit or size > MOST_BYTES):
            given = page[-1]
            return page, _BETWEEN.join(
                (group, given["logStreamName"], given["eventId"], str(given["timestamp"]))
            )
        page.append(event)
    return page, None


def _found(stream: str, events: Iterable[Event]) -> Iterator[Found]:
    for event in events:
        yield {
            "eventId": str(event.event_id),
            "ingestionTime": event.ingestion_time,
            "logStreamName": stream,
            "message": event.message,
            "timestamp": event.timestamp,
        }


def _bounded(events: Iterator[Event]) -> list[Event]:
    """Take as many events as a page may hold, and at least one."""
    taken: list[Event] = []
    size = 0
    for event in events:
        size += len(event.message.encode())
        if taken and size > MOST_BYTES:
            break
        taken.append(event)
    return taken


def _direction(token: str | None) -> tuple[str | None, int]:
    if token is None:
        return None, 0
    direction, _, index = token.partition("/")
    if direction not in {"f", "b"} or not index.isdecimal():
        raise ValueError("The specified nextToken is invalid.")
    return direction, int(index)
