"""GetExecutionHistory answers in pages, with or without inputs and outputs."""

import subprocess
from typing import Any

import pytest

from tests.integration.machines import Run, machine
from tests.integration.stack import CLOUD_PYTHON, ROOT
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


FORGOTTEN = """
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from localcloud.localstack import runtime
runtime._import_what_needs_python_3_13()
from localcloud.localstack.patches.retention import PERIOD, Executions

now = datetime.now(UTC)
executions = Executions()

def add(name, status, ended):
    executions[name] = SimpleNamespace(exec_arn=name, exec_status=status, stop_date=ended)

add("redriven", "RUNNING", now - PERIOD * 2)
add("old", "FAILED", now - PERIOD - timedelta(minutes=1))
for number in range(5):
    add(f"new {number}", "SUCCEEDED", now - PERIOD + timedelta(minutes=1))
executions.forget_old()
print(*executions, sep=",")
executions.forget_old(most=3)
print(*executions, sep=",")
"""


def test_executions_are_forgotten_long_after_their_end_and_where_they_are_too_many() -> None:
    """The way with stand-ins for executions: real ones would have to be 90 days old."""
    done = subprocess.run(
        [str(CLOUD_PYTHON), "-c", FORGOTTEN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.splitlines() == [
        "redriven,new 0,new 1,new 2,new 3,new 4",
        "redriven,new 3,new 4",
    ], done.stderr
