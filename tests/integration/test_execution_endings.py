"""How executions of state machines end before their task does: stopped, timed out, without a heartbeat."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.machines import (
    DEAD_TOKEN,
    Run,
    Stopwatch,
    calls,
    catch,
    caught,
    machine,
    waits_for_token,
)
from tests.integration.wire import Cloud, Document, eventually, refused

pytestmark = pytest.mark.integration

SLOW = """
import pathlib, time

def handler(event, context):
    '''Say that it has begun, and after two seconds that it has ended, which nothing can prevent.'''
    pathlib.Path(event["folder"], "begun").touch()
    time.sleep(2)
    pathlib.Path(event["folder"], "ended").touch()
"""

ALWAYS_FAILS = "def handler(event, context):\n    raise ValueError('no good')\n"


@pytest.fixture
def queue(cloud: Cloud) -> str:
    return cloud.queue()


def iterated(state: Document, name: str = "inner") -> dict[str, object]:
    return {"StartAt": name, "States": {name: {**state, "End": True}}}


def check_aborted(run: Run) -> None:
    """The end must be there when StopExecution has answered, and it must be the last word."""
    seen = run.describe()
    assert (seen["status"], seen["error"], seen["cause"]) == ("ABORTED", "Enough", "because")
    first, *_, last = run.history()
    assert first["type"] == "ExecutionStarted"
    assert last["type"] == "ExecutionAborted"
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "because"}


WAITING: dict[str, Callable[[str], Document]] = {
    "token": waits_for_token,
    "token with heartbeats": lambda queue: waits_for_token(queue, HeartbeatSeconds=20),
    "parallel": lambda queue: {
        "Type": "Parallel",
        "Branches": [iterated(waits_for_token(queue)), iterated({"Type": "Wait", "Seconds": 60}, "beside")],
    },
    "map": lambda queue: {
        "Type": "Map",
        "ItemsPath": "$.items",
        "Iterator": iterated(waits_for_token(queue)),
    },
}


@pytest.mark.parametrize("state", WAITING.values(), ids=WAITING.keys())
def test_stopping_ends_an_execution_whose_task_waits_for_its_token(
    cloud: Cloud, queue: str, state: Callable[[str], Document]
) -> None:
    run = machine(cloud, ("wait", state(queue))).start({"items": [1, 2]})
    token = cloud.receive(queue)["token"]
    run.stop("Enough", "because")
    check_aborted(run)
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_failure(taskToken=token, error="TooLate")
    check_aborted(run)


def test_stopping_ends_a_wait(cloud: Cloud) -> None:
    run = machine(cloud, ("wait", {"Type": "Wait", "Seconds": 60})).start()
    run.wait_for("WaitStateEntered")
    run.stop("Enough", "because")
    check_aborted(run)


def test_stopping_ends_the_delay_before_a_retry(cloud: Cloud) -> None:
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 60}]
    run = machine(cloud, ("try", calls(cloud.function(ALWAYS_FAILS), Retry=retry))).start()
    run.wait_for("TaskFailed")
    run.stop("Enough", "because")
    check_aborted(run)


def test_stopping_does_not_wait_for_a_function_and_its_end_changes_nothing(
    cloud: Cloud, tmp_path: Path
) -> None:
    run = machine(cloud, ("call", calls(cloud.function(SLOW), payload={"folder": str(tmp_path)}))).start()
    eventually((tmp_path / "begun").exists)
    run.stop("Enough", "because")
    check_aborted(run)
    assert not (tmp_path / "ended").exists()
    eventually((tmp_path / "ended").exists)
    check_aborted(run)


def test_an_execution_can_be_stopped_as_soon_as_it_has_been_started(cloud: Cloud, queue: str) -> None:
    states = machine(cloud, ("wait", waits_for_token(queue)))
    for _ in range(10):
        run = states.start()
        run.stop("Enough", "because")
        check_aborted(run)


def test_stopping_an_ended_execution_gives_its_end_again(cloud: Cloud) -> None:
    run = machine(cloud, ("pass", {"Type": "Pass"})).start()
    ended = run.end()
    assert run.stop() == run.stop() == ended["stopDate"]
    assert run.describe() | {"ResponseMetadata": {}} == ended | {"ResponseMetadata": {}}


@pytest.mark.parametrize("name", ["States.HeartbeatTimeout", "States.Timeout", "States.ALL"])
def test_a_missed_heartbeat_is_a_time_out_that_has_two_names_to_catch(
    cloud: Cloud, queue: str, name: str
) -> None:
    task = waits_for_token(queue, HeartbeatSeconds=1, TimeoutSeconds=20, Catch=catch(name))
    run = machine(cloud, ("wait", task), caught()).start()
    assert run.output()["Error"] == "States.Timeout"
    [timed_out] = run.events("TaskTimedOut")
    assert timed_out["taskTimedOutEventDetails"]["error"] == "States.Timeout"
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_heartbeat(taskToken=cloud.receive(queue)["token"])


def test_a_missed_heartbeat_that_nobody_catches_fails_the_execution(cloud: Cloud, queue: str) -> None:
    task = waits_for_token(queue, HeartbeatSeconds=1, Catch=catch("States.TaskFailed"))
    error, _ = machine(cloud, ("wait", task), caught()).start().failure()
    assert error == "States.Timeout"


@pytest.mark.parametrize(
    ("limit", "name"),
    [({"HeartbeatSeconds": 1}, "States.HeartbeatTimeout"), ({"TimeoutSeconds": 1}, "States.Timeout")],
    ids=["heartbeat", "deadline"],
)
@pytest.mark.parametrize("branches", [False, True], ids=["by a Fail state", "by a branch"])
def test_an_error_of_the_language_is_passed_on(
    cloud: Cloud, queue: str, limit: Document, name: str, branches: bool
) -> None:
    task = waits_for_token(queue, **limit)
    if branches:
        task = {"Type": "Parallel", "Branches": [iterated(task)]}
    fail = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    run = machine(cloud, ("wait", {**task, "Catch": catch(name, then="fail")}), ("fail", fail)).start()
    assert run.failure()[0] == "States.Timeout"


def test_heartbeats_are_timed_from_the_last_one(cloud: Cloud, queue: str) -> None:
    task = waits_for_token(queue, HeartbeatSecondsPath="$.seconds", TimeoutSeconds=20)
    run = machine(cloud, ("wait", task)).start({"seconds": 1})
    token, watch = cloud.receive(queue)["token"], Stopwatch.start()

    def beat() -> bool:
        cloud.states.send_task_heartbeat(taskToken=token)
        return watch.seconds() > 2.2

    eventually(beat)
    last = Stopwatch.start()
    assert run.describe()["status"] == "RUNNING"
    assert run.failure()[0] == "States.Timeout"
    assert 0.7 < last.seconds() < 3


def test_a_task_without_heartbeats_takes_them_nevertheless(cloud: Cloud, queue: str) -> None:
    run = machine(cloud, ("wait", waits_for_token(queue))).start()
    token = cloud.receive(queue)["token"]
    cloud.states.send_task_heartbeat(taskToken=token)
    cloud.states.send_task_success(taskToken=token, output='"alive"')
    assert run.end()["output"] == '"alive"'


def test_a_task_that_takes_too_long_times_out_whatever_its_heartbeats(cloud: Cloud, queue: str) -> None:
    task = waits_for_token(queue, HeartbeatSeconds=1, TimeoutSeconds=2, Catch=catch("States.Timeout"))
    run = machine(cloud, ("wait", task), caught()).start()
    token = cloud.receive(queue)["token"]

    def is_alive() -> bool:
        try:
            cloud.states.send_task_heartbeat(taskToken=token)
        except cloud.states.exceptions.TaskTimedOut:
            return False
        return True

    eventually(is_alive, lambda alive: not alive)
    assert run.output()["Error"] == "States.Timeout"
    [timed_out] = run.events("TaskTimedOut")
    assert timed_out["taskTimedOutEventDetails"]["error"] == "States.Timeout"


def check_timed_out(run: Run) -> None:
    watch = Stopwatch.start()
    assert run.end()["status"] == "TIMED_OUT"
    assert watch.seconds() < 1.9
    assert run.history()[-1]["type"] == "ExecutionTimedOut"


def test_an_execution_times_out_while_its_task_waits(cloud: Cloud, queue: str) -> None:
    run = machine(cloud, ("wait", waits_for_token(queue)), TimeoutSeconds=1).start()
    token = cloud.receive(queue)["token"]
    check_timed_out(run)
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_success(taskToken=token, output="{}")


def test_an_execution_times_out_while_its_function_runs_and_that_is_its_end(
    cloud: Cloud, tmp_path: Path
) -> None:
    slow = calls(cloud.function(SLOW), payload={"folder": str(tmp_path)})
    run = machine(cloud, ("call", slow), TimeoutSeconds=1).start()
    check_timed_out(run)
    eventually((tmp_path / "ended").exists)
    assert run.describe()["status"] == "TIMED_OUT"
    assert run.history()[-1]["type"] == "ExecutionTimedOut"


def test_a_branch_that_fails_ends_what_waits_beside_it(cloud: Cloud, queue: str) -> None:
    fail = {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}
    branches = [
        iterated(waits_for_token(queue)),
        {"StartAt": "late", "States": {"late": {"Type": "Wait", "Seconds": 1, "Next": "fail"}, "fail": fail}},
    ]
    run = machine(cloud, ("both", {"Type": "Parallel", "Branches": branches})).start()
    token = cloud.receive(queue)["token"]
    assert run.failure() == ("Broken", "on purpose")
    with refused("TaskTimedOut", DEAD_TOKEN):
        cloud.states.send_task_success(taskToken=token, output="{}")
