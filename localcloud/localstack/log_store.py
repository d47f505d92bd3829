"""Events of a log stream: the newest in memory, all others in blocks of a file, so that a log may be long.

Events of a block are in the order of their times, and so are blocks, unless whoever writes to one stream from
several places writes of very different times: then blocks overlap, and those that do are read together.
"""

import itertools
import json
import logging
import os
import tempfile
import threading
import uuid
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Protocol

from localcloud.localstack.failures import Failures
from localcloud.localstack.settings import SAVED_VARIABLE
from localcloud.localstack.state.vault import sync_folder

LOG = logging.getLogger(__name__)

BLOCK = 128 * 1024
"""Bytes of messages, and of what each needs beside them, in memory; more becomes a block.

All that is in memory is encoded each time that the state is saved."""

_BESIDE_MESSAGE = 200

_failures = Failures(LOG)
_used: set[Path] = set()
_retired: list[Path] = []  # files of logs that are gone; the state that was saved last may still lead to them


class Event(NamedTuple):
    """An event; times are in milliseconds since 1970."""

    timestamp: int
    message: str
    ingestion_time: int
    event_id: int


class EventLike(Protocol):
    """What moto makes of an event."""

    @property
    def timestamp(self) -> int:
        """When it happened."""
        ...

    @property
    def message(self) -> str:
        """What happened."""
        ...

    @property
    def ingestion_time(self) -> int:
        """When it was written."""
        ...

    @property
    def event_id(self) -> int:
        """Its number."""
        ...


@dataclass(frozen=True, slots=True)
class _Block:
    """Events that lie together in the file; `events` are those that are still in memory.

    Blocks are numbered as they came: of two events of one time, the one that came first is first.
    """

    number: int
    first: int
    last: int
    count: int
    offset: int = 0
    length: int = 0
    events: tuple[Event, ...] = ()


class Events:
    """The events of one stream, in place of moto's list of them; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards everything below
        self._path: Path | None = None
        self._blocks: list[_Block] = []
        self._recent: list[Event] = []
        self._size = 0

    def __iadd__(self, events: Iterable[EventLike]) -> "Events":
        """Append events."""
        with self._lock:
            for event in events:
                self._recent.append(
                    Event(event.timestamp, event.message, event.ingestion_time, event.event_id)
                )
                self._size += len(event.message) + _BESIDE_MESSAGE
            if self._size > BLOCK:
                try:
                    self._write()
                except OSError as error:  # such as a full disk: they stay in memory until the next ones come
                    _failures.tell(error, "lines of a log cannot be written to its file")
        return self

    def __len__(self) -> int:
        return sum(block.count for block in self._snapshot())

    def __iter__(self) -> Iterator[Event]:
        return iter(self.select(None, None))

    def __deepcopy__(self, memo: object) -> "Events":
        """Give ourselves: LocalStack copies all streams of a group to describe it."""
        return self

    def __copy__(self) -> "Events":
        return self

    @property
    def revision(self) -> tuple[int, int, int]:
        """Tell what changes with every event that is added."""
        return len(self._blocks), len(self._recent), self._size

    def __getstate__(self) -> dict[str, object]:
        """Give what is kept where the state of the local cloud is saved: the file stays where it is."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self._lock = threading.Lock()
        vars(self).update(state)
        if self._path is not None:
            self._use(events_folder() / self._path.name)
            self._leave_out_what_is_lost()

    def span(self) -> tuple[int, int] | None:
        """Give the first and the last time; None where there are no events."""
        blocks = self._snapshot()
        if not blocks:
            return None
        return min(block.first for block in blocks), max(block.last for block in blocks)

    def select(self, start: int | None, end: int | None) -> "Selection":
        """Select the events from a time to a time, both included, in the order of their times."""
        blocks = sorted(
            (
                block
                for block in self._snapshot()
                if (start is None or block.last >= start) and (end is None or block.first <= end)
            ),
            key=attrgetter("first", "number"),
        )
        groups: list[list[_Block]] = []
        for block in blocks:
            if groups and _overlaps(block, groups[-1]):
                groups[-1].append(block)
            else:
                groups.append([block])
        return Selection(self, groups, start, end)

    def read(self, block: _Block) -> Sequence[Event]:
        """Read the events of a block."""
        if block.events:
            return block.events
        assert self._path is not None
        with self._path.open("rb") as file:
            file.seek(block.offset)
            return [Event(*item) for item in json.loads(file.read(block.length))]

    def _snapshot(self) -> list[_Block]:
        with self._lock:
            return [*self._blocks, *([_block(len(self._blocks), self._recent)] if self._recent else [])]

    def _write(self) -> None:
        path = self._path or self._use(_new_file())
        block = _block(len(self._blocks), self._recent)
        content = json.dumps(block.events).encode()
        with path.open("ab") as file:
            offset = file.tell()
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # a state that was saved may lead to it
        written = replace(block, offset=offset, length=len(content), events=())
        # At once: it may be saved between any two calls.
        self._blocks, self._recent, self._size = [*self._blocks, written], [], 0

    def _use(self, path: Path) -> Path:
        self._path = path
        _used.add(path)
        weakref.finalize(self, _give_up, path)
        return path

    def _leave_out_what_is_lost(self) -> None:
        assert self._path is not None
        size = self._path.stat().st_size if self._path.exists() else 0
        whole = [block for block in self._blocks if block.offset + block.length <= size]
        if lost := sum(block.count for block in self._blocks) - sum(block.count for block in whole):
            LOG.error("%d lines of a log are lost: its file %s is missing or was cut", lost, self._path)
            self._path.touch(mode=0o600)
            self._blocks = [replace(block, number=number) for number, block in enumerate(whole)]


@dataclass(frozen=True, slots=True)
class Selection:
    """Some events, in the order of their times; only those that are looked at are read."""

    events: Events
    groups: list[list[_Block]]
    start: int | None
    end: int | None

    def __len__(self) -> int:
        return sum(map(self._count, self.groups))

    def __iter__(self) -> Iterator[Event]:
        return itertools.chain.from_iterable(map(self._read, self.groups))

    def part(self, first: int, behind: int) -> Iterator[Event]:
        """Give the events of these positions."""
        position = 0
        for group in self.groups:
            count = self._count(group)
            if position + count > first and position < behind:
                yield from self._read(group)[max(0, first - position) : max(0, behind - position)]
            position += count

    def part_backwards(self, first: int, behind: int) -> Iterator[Event]:
        """Give the events of these positions, the last one first."""
        position = len(self)
        for group in reversed(self.groups):
            count = self._count(group)
            position -= count
            if position + count > first and position < behind:
                yield from reversed(self._read(group)[max(0, first - position) : max(0, behind - position)])

    def _is_inside(self, block: _Block) -> bool:
        return (self.start is None or block.first >= self.start) and (
            self.end is None or block.last <= self.end
        )

    def _count(self, group: list[_Block]) -> int:
        if all(map(self._is_inside, group)):
            return sum(block.count for block in group)
        return len(self._read(group))

    def _read(self, group: list[_Block]) -> list[Event]:
        ordered = sorted(group, key=attrgetter("number"))
        found = itertools.chain.from_iterable(map(self.events.read, ordered))
        wanted = [
            event
            for event in found
            if (self.start is None or event.timestamp >= self.start)
            and (self.end is None or event.timestamp <= self.end)
        ]
        return wanted if len(group) == 1 else sorted(wanted, key=attrgetter("timestamp"))


def _overlaps(block: _Block, group: Sequence[_Block]) -> bool:
    """Tell whether events of a block may come before events of those before it."""
    last = max(item.last for item in group)
    return block.first < last or (block.first == last and block.number < max(item.number for item in group))


def events_folder() -> Path:
    """Give the folder of the blocks; it outlives the process where the state of the local cloud does."""
    folder = Path(os.environ.get(SAVED_VARIABLE) or tempfile.gettempdir(), "logs")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _new_file() -> Path:
    """Make a file of blocks that a power cut leaves where it is."""
    path = events_folder() / uuid.uuid4().hex
    path.touch(mode=0o600)
    sync_folder(path.parent)
    return path


def _give_up(path: Path) -> None:
    _used.discard(path)
    if SAVED_VARIABLE in os.environ:
        _retired.append(path)
    else:
        path.unlink(missing_ok=True)


def count_retired() -> int:
    """Count the files of logs that are gone: a state that is encoded from now on leads to none."""
    return len(_retired)


def remove_retired(count: int) -> None:
    """Remove the first of these files, once a state is saved that was encoded after they were counted."""
    for path in _retired[:count]:
        path.unlink(missing_ok=True)
    del _retired[:count]


def remove_unused() -> None:
    """Remove the files that a process which was killed left behind, once what was saved is loaded."""
    for path in set(events_folder().iterdir()) - _used:
        path.unlink(missing_ok=True)


def _block(number: int, events: Sequence[Event]) -> _Block:
    ordered = tuple(sorted(events, key=attrgetter("timestamp")))
    return _Block(number, ordered[0].timestamp, ordered[-1].timestamp, len(ordered), events=ordered)
