from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from driver.executions.trace import Span
from driver.executions.view import ExecutionView
from driver.executions.waits import LongWaits, Wait, waits_of
from driver.executions.watching import Watch
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.fakes import ID, NOON, PIPELINE, RUNS, Screen, World, execution, run, step
from tests.unit.driver.histories import History

QUEUE = "http://127.0.0.1:4566/000000000000/sagestep-callback"
FUNCTION = "arn:aws:lambda:us-west-2:000000000000:function:sagestep-geospatial"
JOB = "arn:aws:sagemaker:us-west-2:000000000000:training-job/train-1"
ARN = f"{PIPELINE}/execution/{ID}"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def waits(watch: Watch, seconds: float) -> list[Wait]:
    return list(waits_of(watch.running, watch.last_step_ended, after(seconds)))


@pytest.mark.parametrize(
    ("kind", "work", "words"),
    [
        ("Callback", QUEUE, "its callback: a function must answer the message on queue sagestep-callback"),
        ("Callback", "", "its callback: a function must answer its message"),
        ("Lambda", FUNCTION, "its function sagestep-geospatial to answer"),
        ("TrainingJob", JOB, "train-1 to end"),
        ("Condition", "", "its end"),
    ],
)
def test_a_step_says_what_it_waits_for(kind: str, work: str, words: str) -> None:
    [wait] = waits_of([Span("s", kind, NOON, status="Executing", work=work)], None, after(65))
    assert str(wait) == f"s has waited 1 min 5 s for {words}"


def test_a_step_that_is_tried_again_is_another_wait() -> None:
    [wait] = waits_of([Span("s", "Lambda", NOON, status="Executing", attempts=2)], None, after(65))
    assert wait.attempt == 2


@pytest.fixture
def watch(world: World, watched: Callable[[str], Watch]) -> Watch:
    """An execution of the state machine whose pipeline is not started yet, then starts, and ends a step."""
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING, pipeline=ID), since=1)
    world.pipelines.plays(execution(ID, Status.EXECUTING), replace(step("s", Status.EXECUTING), started=NOON))
    world.pipelines.plays(execution(ID, Status.EXECUTING), step("s", Status.SUCCEEDED), since=3)
    return watched(f"{RUNS}:run-1")


def test_an_execution_waits_for_its_pipeline_then_for_its_steps(world: World, watch: Watch) -> None:
    watch.look()
    [wait] = waits(watch, 70)
    assert str(wait) == "RunPipeline has waited 1 min 10 s for lambda:invoke to take its task token"
    world.now = 1
    watch.look()
    watch.look()
    [wait] = waits(watch, 70)
    assert (wait.name, wait.seconds) == ("s", 70)
    world.now = 3
    watch.look()
    [wait] = waits(watch, 70)
    assert (wait.name, wait.seconds) == ("the pipeline", 69.5)


def test_an_execution_that_has_ended_waits_for_nothing(world: World, watched: Callable[[str], Watch]) -> None:
    world.state_machines.plays(run("run-1", StateMachineStatus.SUCCEEDED, pipeline=ID))
    watch = watched(f"{RUNS}:run-1")
    watch.look()
    assert waits(watch, 999) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            Span("s", "Task", NOON, work="lambda:invoke.waitForTaskToken", is_submitted=True),
            "the answer to its task token",
        ),
        (Span("s", "Task", NOON, work="lambda:invoke"), "an answer of lambda:invoke"),
        (
            Span("s", "Task", NOON, resource_arn=JOB, work="sagemaker:createTrainingJob.sync"),
            "train-1 to end",
        ),
        (Span("s", "Task", NOON), "its end"),
    ],
)
def test_a_state_says_what_it_waits_for(state: Span, words: str) -> None:
    [wait] = waits_of([state], None, after(61))
    assert wait.what == words


@pytest.mark.parametrize("kind", ["Map", "Parallel", "Wait"])
def test_a_state_that_waits_on_purpose_is_not_told(kind: str) -> None:
    assert list(waits_of([Span("s", kind, NOON)], None, after(999))) == []


def test_each_is_told_once_and_again_where_it_is_tried_again() -> None:
    waits = LongWaits(60)
    assert list(waits.new([Wait("s", 1, 59, "")])) == []
    assert len(list(waits.new([Wait("s", 1, 60, ""), Wait("t", 1, 61, "")]))) == 2
    assert list(waits.new([Wait("s", 1, 99, "")])) == []
    assert len(list(waits.new([Wait("s", 2, 60, "")]))) == 1


def test_the_screen_tells_a_step_once_though_nothing_is_new(
    world: World, watched: Callable[[str], Watch]
) -> None:
    waiting = replace(
        step("vej-callback-step", Status.EXECUTING), type="Callback", started=NOON, waits_for=QUEUE
    )
    world.pipelines.plays(execution(ID, Status.EXECUTING), waiting)
    screen, now, watch = Screen(), [after(59)], watched(ARN)
    view = ExecutionView(screen.console, watch, advice="`invoke doctor` looks", now=lambda: now[0])
    for seconds in (0, 0, 59, 64, 70, 99):
        now[0] = after(seconds)
        view.on_look(watch.look())
    assert screen.text == (
        "· vej-callback-step (Callback): Executing\n"
        "! vej-callback-step has waited 1 min 4 s for its callback: a function must answer the message on "
        "queue sagestep-callback; `invoke doctor` looks\n"
    )


def test_the_screen_tells_a_state_of_a_workflow_once(world: World, watched: Callable[[str], Watch]) -> None:
    history = History()
    history.add("ExecutionStarted")
    history.add("TaskStateEntered", name="ask")
    history.add("TaskScheduled", resourceType="lambda", resource="invoke.waitForTaskToken")
    history.add("TaskSubmitted", output="{}")
    arn = f"{RUNS.replace('run-pipeline', 'train')}:run-1"
    world.state_machines.histories[arn] = history.events
    screen, watch = Screen(), watched(arn)
    view = ExecutionView(screen.console, watch, now=lambda: after(61))
    view.on_look(watch.look())
    view.on_look(watch.look())
    assert screen.text == (
        "· ask (Task): running\n! ask has waited 1 min 1 s for the answer to its task token\n"
    )
