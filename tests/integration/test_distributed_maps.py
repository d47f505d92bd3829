"""Distributed Maps: EXPRESS child workflows, batches, and how many items may fail."""

import json

import pytest

from tests.integration.machines import Run, catch, caught, machine
from tests.integration.wire import Cloud, Document

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
