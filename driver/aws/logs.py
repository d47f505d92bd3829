"""CloudWatch Logs: events of a group, as this driver's own values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef, FilterLogEventsRequestPaginateTypeDef


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log stream.

    - `time`: an aware datetime.
    - `id`: CloudWatch's, which no other event of the group has.
    - `message`: the text, without the line break at its end.
    """

    time: datetime
    group: str
    stream: str
    id: str
    message: str

    @property
    def host(self) -> str:
        """The instance of a training or processing job whose stream it is, such as `algo-2`; else empty."""
        found = _HOST.search(self.stream)
        return found[1] if found else ""


def hosts_in(events: Iterable[LogEvent]) -> frozenset[str]:
    """Return the instances that events come from, if there are several: then each line names its own."""
    hosts = frozenset(event.host for event in events if event.host)
    return hosts if len(hosts) > 1 else frozenset()


_HOST = re.compile(r"/(algo-[0-9]+)(?:-|$)")
_STREAMS = 3  # of a job on several instances, of which the last lines are read
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime.fromtimestamp(0, UTC)


class CloudLogs:
    """CloudWatch Logs, as far as this project needs it."""

    def __init__(self, make_client: Callable[[], CloudWatchLogsClient]) -> None:
        self._make_client = make_client

    @cached_property
    def _client(self) -> CloudWatchLogsClient:
        return self._make_client()

    def events(
        self, group: str, stream_prefix: str, start: datetime, end: datetime | None
    ) -> Iterator[LogEvent]:
        """Read the events of a group, the oldest first; pages of at most 10,000 come as they are needed.

        - `stream_prefix`: what the names of the streams begin with; empty for all.
        - `start`, `end`: between when; None is no end.

        Yields nothing if there is no such group.
        """
        asked: FilterLogEventsRequestPaginateTypeDef = {"logGroupName": group, "startTime": _millis(start)}
        if stream_prefix:
            asked["logStreamNamePrefix"] = stream_prefix
        if end:
            asked["endTime"] = _millis(end)
        try:
            for page in self._client.get_paginator("filter_log_events").paginate(**asked):
                # Not every emulator knows the prefix.
                found = (
                    event for event in page["events"] if event["logStreamName"].startswith(stream_prefix)
                )
                yield from (_event(group, event) for event in found)
        except self._client.exceptions.ResourceNotFoundException:
            return

    def tail(self, group: str, stream_prefix: str, count: int) -> tuple[LogEvent, ...]:
        """Read the last events of the streams whose names begin so, the oldest first.

        Returns nothing where they cannot be read: whoever asks has a failure to tell, which another must
        not hide. `events` raises.
        """
        try:
            answer = self._client.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream_prefix)
            streams = [
                found for found in answer["logStreams"] if found["logStreamName"].startswith(stream_prefix)
            ]
            newest = sorted(streams, key=lambda stream: stream.get("lastEventTimestamp", 0))
            found = [
                LogEvent(
                    _EPOCH + event["timestamp"] * _MILLISECOND,
                    group,
                    stream["logStreamName"],
                    str(number),
                    event["message"].rstrip("\r\n"),
                )
                for stream in newest[-_STREAMS:]
                for number, event in enumerate(
                    self._client.get_log_events(
                        logGroupName=group,
                        logStreamName=stream["logStreamName"],
                        limit=count,
                        startFromHead=False,
                    )["events"]
                )
            ]
        except (ClientError, BotoCoreError):
            return ()
        return tuple(sorted(found, key=lambda event: event.time)[-count:])


def _millis(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


def _event(group: str, event: FilteredLogEventTypeDef) -> LogEvent:
    return LogEvent(
        time=_EPOCH + event["timestamp"] * _MILLISECOND,
        group=group,
        stream=event["logStreamName"],
        id=event["eventId"],
        message=event["message"].rstrip("\r\n"),
    )
