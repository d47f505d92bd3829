"""RedriveExecution: what failed goes on from where it stood, with its history."""

import json
from pathlib import Path

import pytest

from tests.integration.machines import Run, calls, machine, waits_for_token
from tests.integration.wire import Cloud, Document, eventually, refused

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


def once(cloud: Cloud, folder: Path, **given: object) -> Document:
    """Write a task whose first call fails; what else is called is counted in the folder."""
    return calls(cloud.function(FAILS_ONCE), payload={"folder": str(folder), "given": given})


def branch(*states: tuple[str, Document]) -> Document:
    written = {name: state if "Next" in state else {**state, "End": True} for name, state in states}
    return {"StartAt": states[0][0], "States": written}


def test_only_the_branches_that_failed_run_again(cloud: Cloud, tmp_path: Path) -> None:
    """Within the branch that goes on is a Map, of which one iteration had succeeded."""
    good = branch(("good", {"Type": "Pass", "Result": "kept"}))
    task = once(cloud, tmp_path, item="$.item")
    task["Parameters"]["Payload"]["given"] = {"item.$": "$", "known.$": "$known"}
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "call"}],
        "Default": "other",
    }
    states = {
        "which": choice,
        "other": {"Type": "Pass", "End": True},
        "call": {**task, "OutputPath": "$.Payload", "End": True},
    }
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemsPath": "$.items",
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "which", "States": states},
    }
    first = {"Type": "Pass", "Assign": {"known": "variable"}, "Result": {"items": [0, 1, 2]}, "Next": "each"}
    parallel = {"Type": "Parallel", "Branches": [good, branch(("first", first), ("each", each))]}
    run = machine(cloud, ("both", parallel)).start()
    assert run.failure()[0] == "ValueError"
    assert run.describe()["redriveStatus"] == "REDRIVABLE"
    before = len(run.history())

    redrive(run)
    assert json.loads(run.end()["output"]) == ["kept", [0, {"item": 1, "known": "variable"}, 2]]
    history = run.history()
    after = [event["type"] for event in history[before:]]
    assert after[:4] == ["ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded"]
    assert [kind for kind in after if kind.startswith("MapIteration")] == [
        "MapIterationSucceeded",
        "MapIterationStarted",
        "MapIterationSucceeded",
    ]
    assert after.count("ParallelStateEntered") == 0
    assert after[-3:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]


def test_a_retry_within_an_attempt_runs_all_iterations_again(cloud: Cloud, tmp_path: Path) -> None:
    """Only a redrive keeps results; AWS runs all iterations of a Map anew that is retried."""
    noting = {**once(cloud, tmp_path), "End": True}
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "call", "States": {"call": noting}},
        "ItemsPath": "$.items",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}],
    }
    run = machine(cloud, ("each", each)).start({"items": [1, 2]})
    run.output()
    assert len((tmp_path / "calls").read_text().splitlines()) == 3
    assert [
        event["mapIterationStartedEventDetails"]["index"] for event in run.events("MapIterationStarted")
    ] == [
        0,
        0,
        1,
    ]


def test_a_map_of_many_iterations_runs_one_after_the_other(cloud: Cloud) -> None:
    """LocalStack's worker calls itself for each iteration, which Python's stack allows some hundred times."""
    items = list(range(600))
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "pass", "States": {"pass": {"Type": "Pass", "End": True}}},
        "ItemsPath": "$.items",
    }
    assert machine(cloud, ("each", each)).start({"items": items}).end(60)["output"] == json.dumps(
        items, separators=(",", ":")
    )
