"""GetExecutionHistory answers in pages, with or without inputs and outputs."""

from typing import Any

import pytest

from tests.integration.machines import Run, machine
from tests.integration.wire import Cloud, refused

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def run(cloud: Cloud) -> Run:
    """Run through enough states that a history has more events than a page."""
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ResultPath": "$.results",
        "ItemProcessor": {"StartAt": "pass", "States": {"pass": {"Type": "Pass", "End": True}}},
    }
    made = machine(cloud, ("each", each)).start({"items": list(range(50))})
    assert made.output()["results"] == list(range(50))
    return made


@pytest.mark.parametrize("reverse", [False, True])
def test_a_history_is_read_in_pages(run: Run, *, reverse: bool) -> None:
    states = run.cloud.states
    first = states.get_execution_history(executionArn=run.arn, reverseOrder=reverse)
    assert len(first["events"]) == 100  # AWS's default
    second = states.get_execution_history(
        executionArn=run.arn, reverseOrder=reverse, maxResults=1000, nextToken=first["nextToken"]
    )
    assert "nextToken" not in second
    ids = [event["id"] for event in [*first["events"], *second["events"]]]
    assert ids == sorted(range(1, 207), reverse=reverse)


def test_a_history_is_told_without_inputs_and_outputs(run: Run) -> None:
    def told(**asked: Any) -> str:
        return str(run.cloud.states.get_execution_history(executionArn=run.arn, maxResults=1000, **asked))

    assert "'input'" in told()
    assert "'output'" in told(includeExecutionData=True)
    hidden = told(includeExecutionData=False)
    assert "input" not in hidden
    assert "output" not in hidden
    assert "'stateEnteredEventDetails': {'name': 'each'}" in hidden


def test_pages_that_there_are_not_are_refused(run: Run, cloud: Cloud) -> None:
    other = machine(cloud, ("pass", {"Type": "Pass"})).start()
    other.output()
    token = cloud.states.get_execution_history(executionArn=run.arn)["nextToken"]
    for asked in (
        {"executionArn": run.arn, "nextToken": "none"},
        {"executionArn": other.arn, "nextToken": token},
        {"executionArn": run.arn, "nextToken": token, "reverseOrder": True},
    ):
        with refused("InvalidToken"):
            cloud.states.get_execution_history(**asked)
    with refused("ValidationException"):
        cloud.states.get_execution_history(executionArn=run.arn, maxResults=1001)
