from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from driver.aws.logs import CloudLogs, LogEvent
from tests.unit.driver.fakes import NOON

GROUP = "/aws/sagemaker/TrainingJobs"
MILLIS = int(NOON.timestamp() * 1000)


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client(
        "logs", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def logs(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def adapter(client: Any) -> CloudLogs:
    return CloudLogs(lambda: client)


def found(message: str, stream: str = "job-1/algo-1", at: int = 0) -> dict[str, object]:
    return {"logStreamName": stream, "timestamp": MILLIS + at, "message": message, "eventId": str(at)}


def test_events_are_read_page_by_page_between_two_times(logs: Stubber, adapter: CloudLogs) -> None:
    asked = {
        "logGroupName": GROUP,
        "logStreamNamePrefix": "job-1/",
        "startTime": MILLIS - 1500,
        "endTime": MILLIS + 60_000,
    }
    logs.add_response("filter_log_events", {"events": [found("first\n", at=7)], "nextToken": "2"}, asked)
    logs.add_response("filter_log_events", {"events": [], "nextToken": "3"}, {**asked, "nextToken": "2"})
    logs.add_response("filter_log_events", {"events": [found("second", at=8)]}, {**asked, "nextToken": "3"})
    start, end = NOON - timedelta(seconds=1.5), NOON + timedelta(seconds=60)
    events = list(adapter.events(GROUP, "job-1/", start, end))
    first = LogEvent(NOON + timedelta(milliseconds=7), GROUP, "job-1/algo-1", "7", "first")
    assert events[0] == first
    assert [event.message for event in events] == ["first", "second"]


def test_streams_of_others_are_left_out_where_the_prefix_is_not_heeded(
    logs: Stubber, adapter: CloudLogs
) -> None:
    both = [found("ours"), found("theirs", stream="job-10/algo-1")]
    logs.add_response("filter_log_events", {"events": both})
    events = adapter.events(GROUP, "job-1/", NOON, None)
    assert [event.message for event in events] == ["ours"]


def test_a_group_that_does_not_exist_yet_has_no_events(logs: Stubber, adapter: CloudLogs) -> None:
    logs.add_client_error("filter_log_events", "ResourceNotFoundException", "The group does not exist.")
    assert list(adapter.events(GROUP, "", NOON, None)) == []


def test_the_tail_is_the_last_lines_of_all_streams_together(logs: Stubber, adapter: CloudLogs) -> None:
    streams = [
        {"logStreamName": name, "lastEventTimestamp": MILLIS + at}
        for name, at in (("job-1/algo-2", 4), ("job-1/algo-1", 9), ("job-10/algo-1", 99))
    ]
    logs.add_response(
        "describe_log_streams",
        {"logStreams": streams},
        {"logGroupName": GROUP, "logStreamNamePrefix": "job-1/"},
    )
    for name, times in (("job-1/algo-2", (1, 4)), ("job-1/algo-1", (2, 9))):
        events = [{"timestamp": MILLIS + at, "message": f"{name} {at}\n"} for at in times]
        asked = {"logGroupName": GROUP, "logStreamName": name, "limit": 3, "startFromHead": False}
        logs.add_response("get_log_events", {"events": events}, asked)
    told = [event.message for event in adapter.tail(GROUP, "job-1/", 3)]
    assert told == ["job-1/algo-1 2", "job-1/algo-2 4", "job-1/algo-1 9"]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_tail_that_cannot_be_read_hides_no_failure(logs: Stubber, adapter: CloudLogs, code: str) -> None:
    logs.add_client_error("describe_log_streams", code)
    assert adapter.tail(GROUP, "job-1/", 3) == ()


def test_no_client_is_made_before_something_is_asked(logs: Stubber, client: Any) -> None:
    made: list[str] = []

    def make() -> Any:
        made.append("client")
        return client

    lazy = CloudLogs(make)
    assert made == []
    for _ in range(2):
        logs.add_response("filter_log_events", {"events": []})
        assert list(lazy.events(GROUP, "", NOON, None)) == []
    assert made == ["client"]
