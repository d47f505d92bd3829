"""RedriveExecution: what failed goes on from where it stood, with its history."""

from pathlib import Path

import pytest

from tests.integration.machines import Run, calls, machine, waits_for_token
from tests.integration.wire import Cloud, eventually, refused

pytestmark = pytest.mark.integration

FAILS_ONCE = """
import pathlib

def handler(event, context):
    calls = pathlib.Path(event["folder"], "calls")
    with calls.open("a") as file:
        file.write("called\\n")
    if len(calls.read_text().splitlines()) == 1:
        raise ValueError("not yet")
    return event["given"]
"""


def redrive(run: Run, **fields: str) -> None:
    run.cloud.states.redrive_execution(executionArn=run.arn, **fields)


def test_an_execution_goes_on_from_the_state_that_failed(cloud: Cloud, tmp_path: Path) -> None:
    first = {"Type": "Pass", "Assign": {"kept": "variable"}, "Result": {"from": "first"}, "Next": "call"}
    payload = {"folder": str(tmp_path), "given": {"input.$": "$", "variable.$": "$kept"}}
    call = calls(cloud.function(FAILS_ONCE), payload=payload)
    made = machine(cloud, ("first", first), ("call", call))
    run = made.start()
    assert run.failure()[0] == "ValueError"
    failed = run.describe()
    assert (failed["redriveCount"], failed["redriveStatus"]) == (0, "REDRIVABLE")

    redrive(run, clientToken="once")
    redrive(run, clientToken="once")  # the same request again changes nothing
    assert run.output()["Payload"] == {"input": {"from": "first"}, "variable": "variable"}
    ended = run.describe()
    assert (ended["redriveCount"], ended["redriveStatus"]) == (1, "NOT_REDRIVABLE")
    assert ended["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert ended["redriveDate"] > failed["stopDate"]
    assert "error" not in ended
    history = run.history()
    after = history[[event["type"] for event in history].index("ExecutionFailed") :]
    assert [event["type"] for event in after] == [
        "ExecutionFailed",
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert after[1]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    with refused("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven"):
        redrive(run)
    for wanted, found in (("REDRIVEN", [run.arn]), ("NOT_REDRIVEN", [])):
        listed = cloud.states.list_executions(stateMachineArn=made.arn, redriveFilter=wanted)  # type: ignore[arg-type]
        assert [one["executionArn"] for one in listed["executions"]] == found


def test_an_aborted_execution_waits_for_another_token(cloud: Cloud) -> None:
    queue = cloud.queue()
    run = machine(cloud, ("wait", waits_for_token(queue))).start()
    first = cloud.receive(queue)["token"]
    with refused("ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven"):
        redrive(run)
    run.stop()
    redrive(run)
    second = cloud.receive(queue)["token"]
    assert second != first
    cloud.states.send_task_success(taskToken=second, output='"done"')
    assert run.end()["output"] == '"done"'


def test_an_execution_can_be_redriven_again_and_stopped(cloud: Cloud) -> None:
    run = machine(cloud, ("fail", {"Type": "Fail", "Error": "No", "Cause": "way"})).start()
    assert run.failure() == ("No", "way")
    for count in (1, 2):
        redrive(run)
        assert run.failure() == ("No", "way")
        assert run.describe()["redriveCount"] == count
    assert len(run.events("ExecutionRedriven")) == 2
    slow = machine(cloud, ("wait", {"Type": "Wait", "Seconds": 60})).start()
    slow.stop()
    redrive(slow)
    eventually(lambda: slow.describe()["status"], "RUNNING".__eq__)
    slow.stop("Again", "stopped")
    assert (slow.describe()["status"], slow.describe()["error"]) == ("ABORTED", "Again")


def test_what_failed_within_a_parallel_cannot_be_redriven_here(cloud: Cloud) -> None:
    branch = {"StartAt": "fail", "States": {"fail": {"Type": "Fail"}}}
    run = machine(cloud, ("both", {"Type": "Parallel", "Branches": [branch]})).start()
    run.end()
    assert run.describe()["redriveStatus"] == "NOT_REDRIVABLE"
    with refused("ExecutionNotRedrivable", "cannot redrive an execution from within a Parallel state"):
        redrive(run)
