import threading
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from localcloud.localstack.logs import (
    BYTES_BESIDE_MESSAGE,
    MOST_BYTES,
    MOST_EVENTS,
    CloudWatchLogs,
    Line,
    batches,
)

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


def size(batch: Sequence[Line]) -> int:
    return sum(len(text.encode()) + BYTES_BESIDE_MESSAGE for _, text in batch)


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ([], []),
        ([(1, "a")], [1]),
        ([(1, "a")] * MOST_EVENTS, [MOST_EVENTS]),
        ([(1, "a")] * (MOST_EVENTS + 1), [MOST_EVENTS, 1]),
        ([(1, "x" * 262_118)] * 4, [4]),
        ([(1, "x" * 262_118)] * 5, [4, 1]),
        ([(1, "é" * 131_059)] * 5, [4, 1]),
    ],
)
def test_batches_are_as_large_as_aws_takes_them(lines: list[Line], counts: list[int]) -> None:
    found = list(batches(lines))
    assert [len(batch) for batch in found] == counts
    assert all(size(batch) <= MOST_BYTES for batch in found)


@given(st.lists(st.tuples(st.integers(0, 5), st.text(min_size=1, max_size=3))))
def test_no_line_is_lost_and_time_does_not_go_backwards(lines: list[Line]) -> None:
    joined = [line for batch in batches(lines) for line in batch]
    assert joined == sorted(lines, key=lambda line: line[0])


class NotFoundError(ClientError):
    def __init__(self) -> None:
        super().__init__({"Error": {"Code": "ResourceNotFoundException"}}, "PutLogEvents")


class FakeClient:
    """CloudWatch Logs in memory, as much of it as we use."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NotFoundError)

    def __init__(self) -> None:
        self.groups: set[str] = set()
        self.streams: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def create_log_group(self, *, logGroupName: str) -> None:  # noqa: N803 - boto's names
        with self._lock:
            self._check_is_new(logGroupName in self.groups)
            self.groups.add(logGroupName)

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        with self._lock:
            if logGroupName not in self.groups:
                raise NotFoundError
            self._check_is_new((logGroupName, logStreamName) in self.streams)
            self.streams[logGroupName, logStreamName] = []

    def put_log_events(
        self,
        *,
        logGroupName: str,  # noqa: N803
        logStreamName: str,  # noqa: N803
        logEvents: Sequence[dict[str, str]],  # noqa: N803
    ) -> None:
        if (logGroupName, logStreamName) not in self.streams:
            raise NotFoundError
        self.streams[logGroupName, logStreamName] += [event["message"] for event in logEvents]

    @staticmethod
    def _check_is_new(is_there: bool) -> None:
        if is_there:
            raise ClientError({"Error": {"Code": "ResourceAlreadyExistsException"}}, "Create")


def logs(client: FakeClient) -> CloudWatchLogs:
    return CloudWatchLogs(cast("CloudWatchLogsClient", client))


def test_group_and_stream_are_made_where_they_are_missing() -> None:
    client = FakeClient()
    client.groups.add("group")
    written = logs(client)
    written.write("group", "stream", [(1, "a")])
    written.write("group", "stream", [(2, "b")])
    written.write("other", "stream", [(3, "c")])
    assert client.streams == {("group", "stream"): ["a", "b"], ("other", "stream"): ["c"]}


def test_many_threads_write_to_one_group_and_lose_nothing() -> None:
    client = FakeClient()
    written = logs(client)
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda number: written.write("group", f"{number % 4}", [(1, "x")]), range(200)))
    assert {name: len(lines) for (_, name), lines in client.streams.items()} == dict.fromkeys("0123", 50)


def test_a_group_that_is_there_is_not_made() -> None:
    """A role need not be allowed to make it."""

    class Denied(FakeClient):
        def create_log_group(self, *, logGroupName: str) -> None:  # noqa: N803
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, logGroupName)

    client = Denied()
    client.groups.add("group")
    logs(client).write("group", "stream", [(1, "a")])
    assert client.streams["group", "stream"] == ["a"]


def test_another_refusal_is_passed_on() -> None:
    class Full(FakeClient):
        def create_log_group(self, *, logGroupName: str) -> None:  # noqa: N803
            raise ClientError({"Error": {"Code": "LimitExceededException"}}, logGroupName)

    with pytest.raises(ClientError, match="LimitExceededException"):
        logs(Full()).write("group", "stream", [(1, "a")])
