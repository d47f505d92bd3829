"""CloudWatch Logs and SageMaker's jobs as timetables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from driver.aws.jobs import Job, Jobs
from driver.aws.logs import CloudLogs, LogEvent

_NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class FakeLogs(CloudLogs):
    """CloudWatch Logs. An event is there from its second on, unless it arrives later.

    Parameters
    ----------
    clock
        Seconds after noon.
    """

    clock: Callable[[], float]
    written: list[tuple[float, LogEvent]] = field(default_factory=list)
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    on_read: Callable[[], None] = lambda: None

    def write(self, group: str, stream: str, *messages: str, at: float = 0.0, arrives: float = 0.0) -> None:
        """Let messages be in a stream, so many seconds after noon."""
        for message in messages:
            time = _NOON + timedelta(seconds=at)
            event = LogEvent(time, group, stream, str(len(self.written)), message)
            self.written.append((max(at, arrives), event))

    def events(
        self, group: str, stream_prefix: str, start: datetime, end: datetime | None
    ) -> Iterator[LogEvent]:
        self.asked.append((self.clock(), group, stream_prefix))
        self.on_read()
        for since, event in self.written:
            is_there = (
                since <= self.clock() and event.group == group and event.stream.startswith(stream_prefix)
            )
            if is_there and start <= event.time and (end is None or event.time <= end):
                yield event

    def tail(self, group: str, stream_prefix: str, count: int) -> tuple[LogEvent, ...]:
        return tuple(self.events(group, stream_prefix, _NOON, None))[-count:]


@dataclass
class FakeJobs(Jobs):
    """Jobs, each of which runs until its second."""

    clock: Callable[[], float]
    ends: dict[str, float] = field(default_factory=dict)
    kind: str = "training-job"
    status: str = "Completed"
    descriptions: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def training(self, name: str) -> Mapping[str, Any] | None:
        return self.descriptions.get(name)

    def describe(self, name: str) -> Job | None:
        if name not in self.ends:
            return None
        end = self.ends[name]
        if self.clock() < end:
            return Job(name, self.kind, "InProgress", _NOON)
        return Job(name, self.kind, self.status, _NOON, _NOON + timedelta(seconds=end))
