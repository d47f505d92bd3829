"""Distributed Maps: EXPRESS child workflows, batches, and how many items may fail."""

import json

import pytest

from tests.integration.machines import Run, catch, caught, machine, waits_for_token
from tests.integration.wire import Cloud, Document, refused

pytestmark = pytest.mark.integration

FAILS_FOR_TWO = {
    "StartAt": "choose",
    "States": {
        "choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "fail"}],
            "Default": "pass",
        },
        "fail": {"Type": "Fail", "Error": "Two"},
        "pass": {"Type": "Pass", "End": True},
    },
}
EACH = {"StartAt": "each", "States": {"each": {"Type": "Pass", "End": True}}}


def run(cloud: Cloud, processor: Document, given: Document, **fields: object) -> Run:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {**processor, "ProcessorConfig": config},
        **fields,
    }
    return machine(cloud, ("map", state), *([caught()] if "Catch" in fields else [])).start(given)


def test_items_come_in_batches(cloud: Cloud) -> None:
    ended = run(
        cloud,
        EACH,
        {"items": [1, 2, 3], "most": 2, "x": "y"},
        ItemSelector={"n.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "x.$": "$.x"},
        ItemBatcher={"MaxItemsPerBatchPath": "$.most", "BatchInput": {"x.$": "$.x", "y": [1]}},
    ).end()
    items = [{"n": number + 1, "i": number, "x": "y"} for number in range(3)]
    head = {"BatchInput": {"x": "y", "y": [1]}}
    assert json.loads(ended["output"]) == [head | {"Items": items[:2]}, head | {"Items": items[2:]}]


def test_batches_of_no_number_are_an_error(cloud: Cloud) -> None:
    batcher = {"MaxItemsPerBatchPath": "$.most"}
    error, cause = run(cloud, EACH, {"items": [1], "most": 0}, ItemBatcher=batcher).failure()
    assert error == "States.Runtime"
    assert "MaxItemsPerBatch of an ItemBatcher must be a positive integer, but is 0" in cause


@pytest.mark.parametrize("tolerance", [{"ToleratedFailurePercentage": 34}, {"ToleratedFailureCount": 1}])
def test_a_map_tolerates_as_many_failures_as_it_says(cloud: Cloud, tolerance: Document) -> None:
    ended = run(cloud, FAILS_FOR_TWO, {"items": [1, 2, 3]}, **tolerance).end()
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", [1, 3])


@pytest.mark.parametrize("tolerance", [{}, {"ToleratedFailurePercentage": 33}])
def test_a_map_fails_if_more_items_fail(cloud: Cloud, tolerance: Document) -> None:
    failed = run(cloud, FAILS_FOR_TWO, {"items": [1, 2, 3]}, **tolerance)
    exceeded = "The specified tolerated failure threshold was exceeded"
    assert failed.failure() == ("States.ExceedToleratedFailureThreshold", exceeded)
    [event] = failed.events("MapRunFailed")
    assert event["mapRunFailedEventDetails"]["error"] == "States.ExceedToleratedFailureThreshold"
    handler = catch("States.ExceedToleratedFailureThreshold")
    assert run(cloud, FAILS_FOR_TWO, {"items": [2]}, Catch=handler).output()["Cause"] == exceeded


def test_a_running_map_takes_another_concurrency_and_tolerance(cloud: Cloud) -> None:
    queue = cloud.queue()
    waiting = {"StartAt": "ask", "States": {"ask": {**waits_for_token(queue), "End": True}}}
    ran = run(cloud, waiting, {"items": [1, 2, 3, 4]}, MaxConcurrency=1)
    arn = ran.wait_for("MapRunStarted")["mapRunStartedEventDetails"]["mapRunArn"]

    first = cloud.receive(queue)["token"]
    cloud.states.update_map_run(mapRunArn=arn, maxConcurrency=3, toleratedFailurePercentage=25.0)
    described = cloud.states.describe_map_run(mapRunArn=arn)
    assert (described["maxConcurrency"], described["toleratedFailurePercentage"]) == (3, 25.0)
    others = [cloud.receive(queue)["token"] for _ in range(2)]

    cloud.states.update_map_run(mapRunArn=arn, maxConcurrency=2)
    cloud.states.send_task_failure(taskToken=first, error="One")  # now as many run as may
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    cloud.states.send_task_success(taskToken=others[0], output="1")
    for token in (others[1], cloud.receive(queue)["token"]):
        cloud.states.send_task_success(taskToken=token, output="1")
    assert json.loads(ran.end()["output"]) == [1, 1, 1]
    counts = cloud.states.describe_map_run(mapRunArn=arn)["itemCounts"]
    assert (counts["failed"], counts["succeeded"], counts["running"]) == (1, 3, 0)


def test_a_map_run_that_is_not_there_is_not_updated(cloud: Cloud) -> None:
    arn = "arn:aws:states:us-west-2:000000000000:mapRun:a/b:c"
    with refused("ResourceNotFound"):
        cloud.states.update_map_run(mapRunArn=arn, toleratedFailureCount=1)
