"""Sizes that AWS takes are taken, and one byte more is refused: on the wire, service by service."""

import json
import time

import pytest

from tests.integration.machines import machine
from tests.integration.wire import ROLE, Cloud, refused, unique

pytestmark = pytest.mark.integration

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
PASS = {"a": {"Type": "Pass", "End": True}}


def event(size: int) -> str:
    """Write a detail so large that its event has this size, with a source and a type of six bytes each."""
    return json.dumps({"a": "x" * (size - 12 - len('{"a": ""}'))})


def test_a_message_of_a_queue_may_have_a_mebibyte(cloud: Cloud) -> None:
    queue = cloud.sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="x" * MEBIBYTE)
    with refused("InvalidParameterValue", "1048576"):
        cloud.sqs.send_message(QueueUrl=queue, MessageBody="x" * (MEBIBYTE + 1))


def test_a_message_of_a_topic_may_have_256_kibibytes(cloud: Cloud) -> None:
    topic = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"]
    cloud.sns.publish(TopicArn=topic, Message="x" * 256 * KIBIBYTE)
    with refused("InvalidParameter", "too long"):
        cloud.sns.publish(TopicArn=topic, Message="x" * (256 * KIBIBYTE + 1))


@pytest.mark.parametrize("number", [1, 2])
def test_events_of_one_request_may_have_less_than_a_mebibyte(cloud: Cloud, number: int) -> None:
    def put(size: int) -> int:
        entry = {"Source": "source", "DetailType": "detail", "Detail": event(size // number)}
        return cloud.events.put_events(Entries=[entry] * number)["FailedEntryCount"]  # type: ignore[list-item]

    assert put(MEBIBYTE - number) == 0
    with refused("ValidationException", "over the limit"):
        put(MEBIBYTE)


def test_a_large_event_that_is_no_json_is_malformed(cloud: Cloud) -> None:
    entry = {"Source": "source", "DetailType": "detail", "Detail": "{" + "x" * 300 * KIBIBYTE}
    [answer] = cloud.events.put_events(Entries=[entry])["Entries"]  # type: ignore[list-item]
    assert answer["ErrorCode"] == "MalformedDetail"


def test_the_input_of_an_execution_may_have_262144_bytes(cloud: Cloud) -> None:
    passing = machine(cloud, ("a", {"Type": "Pass"}))
    most = 262_144 - len('{"a": ""}')
    passing.start({"a": "x" * most})
    assert passing.start({"a": "x" * (most - 1)}).end()["status"] == "SUCCEEDED"
    with refused("ValidationException", "'input'", "262144"):
        passing.start({"a": "x" * (most + 1)})


def test_what_a_state_gives_may_have_262144_bytes(cloud: Cloud) -> None:
    twice = machine(cloud, ("a", {"Type": "Pass", "Parameters": {"b.$": "$.a", "c.$": "$.a"}}))
    error, _ = twice.start({"a": "x" * 200_000}).failure()
    assert error == "States.DataLimitExceeded"


def test_a_definition_may_have_a_mebibyte(cloud: Cloud) -> None:
    definition = json.dumps({"Comment": "x" * MEBIBYTE, "StartAt": "a", "States": PASS})
    with refused("ValidationException", "'definition'", "1048576"):
        cloud.states.create_state_machine(name=unique("machine"), definition=definition, roleArn=ROLE)


def test_log_events_of_one_request_may_have_a_mebibyte(cloud: Cloud) -> None:
    group = unique("group")
    cloud.logs.create_log_group(logGroupName=group)
    cloud.logs.create_log_stream(logGroupName=group, logStreamName="stream")

    def put(*sizes: int) -> None:
        now = int(time.time() * 1000)
        lines = [{"timestamp": now, "message": "x" * size} for size in sizes]
        cloud.logs.put_log_events(
            logGroupName=group,
            logStreamName="stream",
            logEvents=lines,  # type: ignore[arg-type]
        )

    put(MEBIBYTE - 26)
    with refused("InvalidParameterException", "Log event too large: 1048577 bytes"):
        put(MEBIBYTE - 25)
    with refused("InvalidParameterException", "Upload too large"):
        put(600_000, 600_000)
    with refused("InvalidParameterException", "10000"):
        put(*[1] * 10_001)
