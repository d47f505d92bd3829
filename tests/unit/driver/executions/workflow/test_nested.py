import json

import pytest

from driver.commands.executions import Attach
from driver.model.exceptions import ExecutionFailedError
from tests.unit.driver.fakes import RUNS, World
from tests.unit.driver.histories import JOB_FAILED, REASON, History, training

PARENT = f"{RUNS.replace('run-pipeline', 'end-to-end')}:run-1"
CHILD = f"{RUNS.replace('run-pipeline', 'train')}:run-1"


def waiting() -> History:
    """Write the history of an execution that has started another and waits for it."""
    history = History()
    history.add("ExecutionStarted")
    history.add("TaskStateEntered", name="Learn")
    history.add("TaskScheduled")
    history.add("TaskSubmitted", output=json.dumps({"ExecutionArn": CHILD}))
    return history


def follow(world: World, parent: History, child: History) -> None:
    world.deploy(workflows=True)
    world.state_machines.histories |= {PARENT: parent.events, CHILD: child.events}
    Attach(world.context())("end_to_end/run-1", 60, 5)


def succeeded(at: float) -> History:
    """Write what follows where the nested execution has succeeded."""
    history = waiting()
    history.add("TaskSucceeded", at=at)
    history.add("TaskStateExited", at=at, name="Learn")
    history.add("ExecutionSucceeded", at=at, output="{}")
    return history


def test_what_a_nested_execution_does_is_told_below_the_state_that_waits_for_it(world: World) -> None:
    follow(world, succeeded(3), training())
    lines = [line.rstrip() for line in world.screen.text.splitlines() if line[:1] != "!"]
    begin = lines.index("· Learn (Task): running")
    assert lines[begin : begin + 6] == [
        "· Learn (Task): running",
        "· Learn (Task): started sagestep-train/run-1",
        "    ✓ Defaults (Pass)  0.0 s",
        "    · Train (Task): running",
        "    · Train (Task): started sagestep-train-run-1",
        "    ✓ Train (Task)  2.0 s",
    ]
    assert "✓ Learn (Task)  3.0 s" in lines


def test_a_look_is_one_request_however_many_executions_there_are(world: World) -> None:
    follow(world, succeeded(3), training())
    times = [time for time, _ in world.pipelines.asked]
    assert times == [float(second) for second in range(len(times))]
    assert len(times) == 5  # the parent, the child until it has ended, the parent


def test_an_execution_ends_though_what_it_waited_for_seems_to_run_on(world: World) -> None:
    follow(world, succeeded(3), History(training().events[:5]))
    assert "SUCCEEDED after 3.0 s" in world.screen.text
    assert len(world.pipelines.asked) == 5  # every fifth look is at the execution itself


def test_the_innermost_reason_is_told(world: World) -> None:
    inner = {"ExecutionArn": CHILD, "Status": "FAILED", "Error": "States.TaskFailed", "Cause": JOB_FAILED}
    parent = waiting()
    for kind in ("TaskFailed", "ExecutionFailed"):
        parent.add(kind, at=4, error="States.TaskFailed", cause=json.dumps(inner))
    with pytest.raises(ExecutionFailedError) as raised:
        follow(world, parent, training(failures=3))
    assert REASON in raised.value.why
    assert "{" not in raised.value.why
    assert f"        States.TaskFailed: sagestep-train-run-1: {REASON}" in world.screen.text


def test_a_question_whose_failure_was_caught_is_no_reason(world: World) -> None:
    history = History()
    history.add("ExecutionStarted")
    history.add("TaskStateEntered", name="FindEndpoint")
    history.add("TaskScheduled")
    history.add("TaskFailed", error="SageMaker.SageMakerException", cause="Could not find endpoint")
    history.add("TaskStateExited", name="FindEndpoint")
    history.add("FailStateEntered", name="Failed")
    history.add("ExecutionFailed", error="EndpointFailed", cause="It did not answer.")
    with pytest.raises(ExecutionFailedError) as raised:
        follow(world, history, History())
    assert raised.value.why == "EndpointFailed: It did not answer."
