"""Histories of executions: packed once they have ended, a tenth of their size, and read in pages."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Event = Mapping[str, Any]


def packed(events: Iterable[Event]) -> bytes:
    """Pack a history: JSON, compressed, its times as seconds since 1970."""
    plain = [{**event, "timestamp": event["timestamp"].timestamp()} for event in events]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode())


def unpacked(content: bytes) -> list[Any]:
    """Unpack a history."""
    events = json.loads(zlib.decompress(content)) if content else []
    for event in events:
        event["timestamp"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=event["timestamp"])
    return list(events)


class PackedEvents(Sequence[Any]):
    """The events of a history that has ended, in place of a list of them; unpacked whenever they are read."""

    __slots__ = ("_content", "_count")

    def __init__(self, events: Sequence[Event]) -> None:
        self._content, self._count = packed(events), len(events)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return unpacked(self._content)[index]

    def __iter__(self) -> Iterator[Any]:
        yield from unpacked(self._content)

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(unpacked(self._content))


def page_of(
    events: Sequence[Any], size: int, after: int | None, *, is_reverse: bool
) -> tuple[list[Any], int | None]:
    """Give a page of a history, and the id of its last event; None where no events follow it.

    `after`: the id of the event that the page before ended with. Ids count from 1, so that a page is found
    without a search, and events that are added meanwhile do not move it.
    """
    if is_reverse:
        end = len(events) if after is None else max(0, min(after - 1, len(events)))
        page = list(events[max(0, end - size) : end])[::-1]
        return page, end - len(page) + 1 if end > size else None
    start = max(0, after or 0)
    page = list(events[start : start + size])
    return page, start + size if len(events) > start + size else None
