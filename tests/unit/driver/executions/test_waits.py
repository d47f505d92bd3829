from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driver.executions.execution_view import ExecutionView
from driver.executions.waits import LongWaits, Wait, waits_of_execution, waits_of_workflow
from driver.executions.watching import Seen
from driver.executions.workflow.happenings import Visit
from driver.executions.workflow.timeline import Timeline
from driver.executions.workflow.view import WorkflowView
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.fakes import ID, PIPELINE, RUNS, Screen, run, step

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUEUE = "http://127.0.0.1:4566/000000000000/sagestep-callback"
FUNCTION = "arn:aws:lambda:us-west-2:000000000000:function:sagestep-geospatial"
JOB = "arn:aws:sagemaker:us-west-2:000000000000:training-job/train-1"
SEEN = Seen(pipeline_arn=f"{PIPELINE}/execution/{ID}")


def running(kind: str, waits_for: str, name: str = "s", attempts: int = 1) -> Seen:
    one = replace(
        step(name, Status.EXECUTING),
        type=kind,
        started=NOON,
        ended=None,
        waits_for=waits_for,
        attempts=attempts,
    )
    return SEEN.with_steps((one,))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("kind", "waits_for", "words"),
    [
        ("Callback", QUEUE, "its callback: a function must answer the message on queue sagestep-callback"),
        ("Callback", "", "its callback: a function must answer its message"),
        ("Lambda", FUNCTION, "its function sagestep-geospatial to answer"),
        ("TrainingJob", JOB, "train-1 to end"),
        ("Condition", "", "its end"),
    ],
)
def test_a_step_says_what_it_waits_for(kind: str, waits_for: str, words: str) -> None:
    [wait] = waits_of_execution(running(kind, waits_for), after(65))
    assert str(wait) == f"s has waited 1 min 5 s for {words}"


def test_an_execution_waits_for_its_pipeline_and_for_the_next_step() -> None:
    state_machine = replace(run("run-1", StateMachineStatus.RUNNING), started=NOON, pipeline_arn="")
    [wait] = waits_of_execution(
        Seen(state_machine_arn=f"{RUNS}:run-1").with_state_machine(state_machine), after(70)
    )
    assert wait == Wait("the state machine", 1, 70, "its pipeline to be started")
    done = replace(step("s", Status.SUCCEEDED), started=NOON, ended=after(10))
    [wait] = waits_of_execution(SEEN.with_steps((done,)), after(70))
    assert (wait.name, wait.seconds) == ("the pipeline", 60)


def test_an_execution_that_has_ended_waits_for_nothing() -> None:
    ended = replace(run("run-1", StateMachineStatus.SUCCEEDED), started=NOON)
    seen = Seen(state_machine_arn=f"{RUNS}:run-1").with_state_machine(ended)
    assert list(waits_of_execution(seen, after(999))) == []


@pytest.mark.parametrize(
    ("visit", "words"),
    [
        (Visit("s", "Task", service="lambda:invoke.waitForTaskToken"), "the answer to its task token"),
        (Visit("s", "Task", service="lambda:invoke"), "an answer of lambda:invoke"),
        (Visit("s", "Task", job_arn=JOB, service="sagemaker:createTrainingJob.sync"), "train-1 to end"),
        (Visit("s", "Task"), "its end"),
    ],
)
def test_a_state_says_what_it_waits_for(visit: Visit, words: str) -> None:
    [wait] = waits_of_workflow([replace(visit, entered=NOON)], after(61))
    assert wait.what == words


@pytest.mark.parametrize("kind", ["Map", "Parallel", "Wait"])
def test_a_state_that_waits_on_purpose_is_not_told(kind: str) -> None:
    assert list(waits_of_workflow([Visit("s", kind, entered=NOON)], after(999))) == []


def test_each_is_told_once_and_again_where_it_is_tried_again() -> None:
    waits = LongWaits(60)
    assert list(waits.new([Wait("s", 1, 59, "")])) == []
    assert len(list(waits.new([Wait("s", 1, 60, ""), Wait("t", 1, 61, "")]))) == 2
    assert list(waits.new([Wait("s", 1, 99, "")])) == []
    assert len(list(waits.new([Wait("s", 2, 60, "")]))) == 1


def test_the_screen_tells_it_once_though_nothing_is_new() -> None:
    screen, now = Screen(), [after(59)]
    view = ExecutionView(screen.console, SEEN, advice="`invoke doctor` looks", now=lambda: now[0])
    seen = running("Callback", QUEUE, "vej-callback-step")
    for seconds in (59, 64, 70, 99):
        now[0] = after(seconds)
        view.on_look(seen)
    assert screen.text == (
        "! vej-callback-step has waited 1 min 4 s for its callback: a function must answer the message on "
        "queue sagestep-callback; `invoke doctor` looks\n"
    )


def test_the_screen_of_a_workflow_tells_it_once() -> None:
    timeline = Timeline()
    timeline._stays[1] = Visit("ask", "Task", entered=NOON, service="lambda:invoke.waitForTaskToken")
    timeline._running.add(1)
    screen = Screen()
    view = WorkflowView(screen.console, "run", timeline, now=lambda: after(61))
    view.on_look()
    view.on_look()
    assert screen.text == "! ask has waited 1 min 1 s for the answer to its task token\n"
