"""The child executions of a Map Run.

They are kept in chunks: the saved state writes a chunk again when one of its children has changed, and so not
all of thousands. A child that has ended keeps its history packed, a tenth of its size.

Sources: the service's model (DescribeExecution, DescribeMapRun, ListExecutions); Step Functions developer
guide, "Redriving Map Runs".
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from localcloud.localstack.history import packed, unpacked
from localcloud.localstack.progress import Progress
from localcloud.localstack.redriving import MAX_EVENTS, PERIOD

CHUNK = 100

PENDING, RUNNING, SUCCEEDED, AGAIN = "PENDING", "RUNNING", "SUCCEEDED", "PENDING_REDRIVE"
UNSUCCESSFUL = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})
_COUNTS = {
    PENDING: "pending",
    RUNNING: "running",
    SUCCEEDED: "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timedOut",
    "ABORTED": "aborted",
    AGAIN: "pendingRedrive",
}


@dataclass(eq=False, slots=True)
class Child:
    """One child execution.

    - `given`: its input, as JSON.
    - `items`: how many items it has; more than one in a batch.
    - `last`: its status before the redrive that it waits for.
    - `events`: its history, while it runs; `packed`, once it has ended.
    """

    index: int
    name: str
    given: str
    items: int = 1
    status: str = PENDING
    last: str = PENDING
    started: datetime | None = None
    stopped: datetime | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    redriven: datetime | None = None
    progress: Progress | None = None
    events: list[Any] | None = None
    packed: bytes = b""

    def begin(self, events: list[Any], progress: Progress) -> None:
        """Run, or run again. `events`: its history, to which is added."""
        if self.status == AGAIN:
            self.redrives += 1
            self.redriven = _now()
            self.error = self.cause = self.output = self.stopped = None
        else:
            self.started = _now()
        self.status, self.events, self.progress = RUNNING, events, progress

    def end(
        self, status: str, output: str | None = None, error: str | None = None, cause: str | None = None
    ) -> None:
        """End, unless it has ended."""
        if self.status != RUNNING:
            return
        self.status, self.output, self.error, self.cause = status, output, error, cause
        self.stopped = _now()
        self.packed, self.events = packed(self.events or ()), None
        if status == SUCCEEDED:
            self.progress = None

    def history(self) -> list[Any]:
        """Give the events of its history."""
        return unpacked(self.packed) if self.events is None else [dict(event) for event in self.events]

    def why_not(self, now: datetime) -> str | None:
        """Say why a redrive of its Map Run leaves out this child, or None where it does not."""
        if self.status not in UNSUCCESSFUL:
            return f"Execution is {self.status} and cannot be redriven"
        if self.stopped is not None and now - self.stopped > PERIOD:
            return "Execution redrivable period exceeded"
        if len(self.packed) > _SHORT and len(self.history()) >= MAX_EVENTS:
            return "Execution history event limit exceeded"
        return None

    def __getstate__(self) -> tuple[Any, ...]:
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        if self.events is not None:
            values |= {"packed": packed(list(self.events)), "events": None}
        return (*values.values(),)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for one, value in zip(fields(self), state, strict=True):
            setattr(self, one.name, value)


_SHORT = 20_000
"""Bytes of a packed history that cannot have so many events that a redrive is refused."""


class Chunk:
    """Some children that are saved together."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children

    def revision(self) -> tuple[object, ...]:
        """Give a value that changes with each child."""
        told = [
            (one.status, one.redrives, len(one.events or ()))
            for one in self.children
            if one.status != PENDING
        ]
        return (str(hash(tuple(told))), len(told))


class Children:
    """All children of a Map Run, in the order of their items."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._by_name: dict[str, Child] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"_chunks": self._chunks, "_by_name": {}}

    def fill(self, children: Sequence[Child]) -> None:
        """Take the children that the items need."""
        starts = range(0, len(children), CHUNK)
        self._chunks = [Chunk(list(children[start : start + CHUNK])) for start in starts]

    def __iter__(self) -> Iterator[Child]:
        for chunk in self._chunks:
            yield from chunk.children

    def __len__(self) -> int:
        return sum(len(chunk.children) for chunk in self._chunks)

    def find(self, name: str) -> Child | None:
        """Find a child by its name."""
        if not self._by_name:
            self._by_name = {one.name: one for one in self}
        return self._by_name.get(name)

    def redrive(self, now: datetime) -> None:
        """Have each child that can be redriven wait to run again."""
        for one in self:
            if one.why_not(now) is None:
                one.last, one.status = one.status, AGAIN

    def settle(self) -> None:
        """Give what waits for a redrive its status of before: the Map Run has ended."""
        for one in self:
            if one.status == AGAIN:
                one.status = one.last

    def interrupt(self, error: str, cause: str) -> None:
        """Fail what runs: the process that ran it has ended."""
        for one in self:
            if one.status == RUNNING:
                one.events = unpacked(one.packed) if one.events is None else one.events
                one.end("FAILED", error=error, cause=cause)
        self.settle()

    def count(self, now: datetime, *, of_items: bool) -> dict[str, int]:
        """Count child executions, or their items, by status."""
        found: Counter[str] = Counter(dict.fromkeys(_COUNTS.values(), 0))
        found["failuresNotRedrivable"] = 0
        for one in self:
            number = one.items if of_items else 1
            found[_COUNTS[one.status]] += number
            if one.status in UNSUCCESSFUL and one.why_not(now) is not None:
                found["failuresNotRedrivable"] += number
        found["total"] = sum(found[name] for name in _COUNTS.values())
        found["resultsWritten"] = found["succeeded"]
        return dict(found)

    def failed_items(self) -> tuple[int, int]:
        """Give how many items have failed, and how many there are."""
        failed = sum(one.items for one in self if one.status in {"FAILED", "TIMED_OUT"})
        return failed, sum(one.items for one in self)


def iso(moment: datetime) -> str:
    """Write a time as the context object and the results of a Map Run have it: UTC, in milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _now() -> datetime:
    return datetime.now(UTC)
