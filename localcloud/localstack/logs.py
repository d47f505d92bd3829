"""CloudWatch Logs behind `localcloud.ports.Logs`: lines in batches that PutLogEvents takes.

Limits are those of the API reference, "PutLogEvents": a batch holds at most 10,000 events and 1,048,576
bytes, each event counting its message in UTF-8 and 26 bytes more; times do not go backwards in it.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:  # stubs, which only the development environment has
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
BYTES_BESIDE_MESSAGE = 26

Line = tuple[int, str]


def batches(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Order lines by their time and cut them into batches."""
    batch: list[Line] = []
    size = 0
    for line in sorted(lines, key=lambda line: line[0]):
        counted = len(line[1].encode()) + BYTES_BESIDE_MESSAGE
        if len(batch) == MOST_EVENTS or size + counted > MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += counted
    if batch:
        yield batch


class CloudWatchLogs:
    """`localcloud.ports.Logs`; what one thread after the other writes to a stream stays in this order."""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._client = client
        self._lock = threading.Lock()  # guards _streams
        self._streams: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def write(self, group: str, stream: str, lines: Sequence[Line]) -> None:
        """Append lines; raises botocore's errors."""
        with self._lock:
            turn = self._streams[group, stream]
        with turn:
            for batch in batches(lines):
                self._put(group, stream, [{"timestamp": millis, "message": text} for millis, text in batch])

    def _put(self, group: str, stream: str, events: "Sequence[InputLogEventTypeDef]") -> None:
        def put() -> None:
            self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

        def create_stream() -> None:
            _unless_there(lambda: self._client.create_log_stream(logGroupName=group, logStreamName=stream))

        missing = self._client.exceptions.ResourceNotFoundException
        try:
            put()
        except missing:
            try:
                create_stream()
            except missing:  # only now: a role that has a group need not be allowed to make one
                _unless_there(lambda: self._client.create_log_group(logGroupName=group))
                create_stream()
            put()


def _unless_there(create: Callable[[], object]) -> None:
    try:
        create()
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
