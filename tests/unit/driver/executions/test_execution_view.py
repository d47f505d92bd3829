from collections.abc import Callable

import pytest

from driver.executions.view import ExecutionView, describe_watch
from driver.executions.watching import Watch
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Step
from tests.unit.driver.fakes import ID, NOON, PIPELINE, RUNS, Screen, World, execution, run, step

ALONE, DRIVEN = f"{PIPELINE}/execution/{ID}", f"{RUNS}:run-1"


@pytest.fixture
def told(world: World, watched: Callable[[str], Watch]) -> Callable[[str], str]:
    """Gives what is shown of an execution by a look a second."""

    def told(arn: str, looks: int = 6) -> str:
        screen, watch = Screen(), watched(arn)
        view = ExecutionView(screen.console, watch, now=lambda: NOON)
        with view.shown():
            for second in range(looks):
                world.now = float(second)
                view.on_look(watch.look())
        return screen.text

    return told


def plays(world: World, *steps: Step, status: Status = Status.EXECUTING, since: float = 0.0) -> None:
    world.pipelines.plays(execution(ID, status), *steps, since=since)


def test_a_step_that_fails_says_why(world: World, told: Callable[[str], str]) -> None:
    plays(world, step("s", Status.FAILED, "no such file"))
    assert "✗ s (Lambda): Failed  0.5 s\n    no such file\n" in told(ALONE)


def test_each_status_of_a_step_is_told_once(world: World, told: Callable[[str], str]) -> None:
    plays(world, step("s", Status.EXECUTING))
    plays(world, step("s", Status.SUCCEEDED), since=3)
    assert told(ALONE).splitlines() == ["· s (Lambda): Executing", "✓ s (Lambda): Succeeded  0.5 s"]


def test_a_state_machines_pipeline_is_told_below_the_state_that_started_it(
    world: World, told: Callable[[str], str]
) -> None:
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING, pipeline=ID), since=1)
    world.state_machines.plays(run("run-1", StateMachineStatus.SUCCEEDED, pipeline=ID), since=3)
    plays(world, step("s", Status.SUCCEEDED))
    assert told(DRIVEN).splitlines() == [
        "· RunPipeline (Task): running",
        f"· RunPipeline (Task): started sagestep-geospatial/{ID}",
        "    ✓ s (Lambda): Succeeded  0.5 s",
        "✓ RunPipeline (Task)  6.0 s",
    ]


def test_steps_are_told_before_the_end_of_their_state_though_they_are_read_after_it(
    world: World, told: Callable[[str], str]
) -> None:
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING, pipeline=ID))
    world.state_machines.plays(run("run-1", StateMachineStatus.SUCCEEDED, pipeline=ID))
    plays(world, step("s", Status.SUCCEEDED), step("answer-task", Status.SUCCEEDED), status=Status.SUCCEEDED)
    assert told(DRIVEN).splitlines() == [
        "· RunPipeline (Task): running",
        f"· RunPipeline (Task): started sagestep-geospatial/{ID}",
        "    ✓ s (Lambda): Succeeded  0.5 s",
        "    ✓ answer-task (Lambda): Succeeded  0.5 s",
        "✓ RunPipeline (Task)  6.0 s",
    ]


def looked(watch: Watch, times: int) -> str:
    for _ in range(times):
        watch.look()
    return describe_watch(watch)


def test_the_last_line_says_how_a_pipeline_stands(world: World, watched: Callable[[str], Watch]) -> None:
    plays(world, status=Status.STOPPING)
    assert looked(watched(ALONE), 1) == f"{ID} Stopping: starting"
    plays(world, step("s", Status.EXECUTING))
    assert looked(watched(ALONE), 2) == f"{ID} Executing: s"


def test_the_last_line_says_how_a_state_machine_and_its_pipeline_stand(
    world: World, watched: Callable[[str], Watch]
) -> None:
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING, pipeline=ID))
    plays(world, step("s", Status.SUCCEEDED))
    watch = watched(DRIVEN)
    assert looked(watch, 2) == "run-1 RUNNING: between two steps"
    world.state_machines.plays(run("run-1", StateMachineStatus.ABORTED, pipeline=ID))
    plays(world, step("s", Status.SUCCEEDED), status=Status.STOPPING)
    assert looked(watch, 2) == "run-1 ABORTED, pipeline Stopping: its last steps"
