"""How a run can end otherwise than well, whichever way it was started."""

import json
import re
from pathlib import Path
from typing import NoReturn

import pytest

from driver.model.exceptions import DeadlineExceededError, ExecutionFailedError, InterruptedByUserError
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.fakes import AWS, FAULT, ID, STEP, World, execution, run, step
from tests.unit.driver.orders import run_pipeline


@pytest.mark.parametrize("direct", [False, True])
def test_a_failed_step_says_why_and_where_the_logs_are(
    failing: World, coordinates: Path, direct: bool
) -> None:
    with pytest.raises(ExecutionFailedError) as caught:
        run_pipeline(failing, coordinates, direct=direct)
    assert caught.value.why.count(FAULT) == 1
    assert STEP in caught.value.why
    name = ID if direct else caught.value.what.split()[1]
    assert f"`invoke logs --execution {name}`" in caught.value.next_step
    assert str(failing.workspace.directory / "cloud.log") in caught.value.next_step


def test_a_failed_state_machine_says_its_error(failing: World, coordinates: Path) -> None:
    with pytest.raises(ExecutionFailedError, match="ended FAILED") as caught:
        run_pipeline(failing, coordinates)
    assert caught.value.why.startswith(f"PipelineExecutionFailed: Step {STEP} failed: {FAULT}\n")


def test_on_aws_each_log_has_its_page(failing: World, coordinates: Path) -> None:
    failing.deploy(AWS)
    failing.target.deployment = AWS
    with pytest.raises(ExecutionFailedError) as caught:
        run_pipeline(failing, coordinates)
    pages = caught.value.next_step.splitlines()[1:]
    assert len(pages) == 4
    assert pages[0].endswith("#logsV2:log-groups/log-group/%252Faws%252Flambda%252Fsagestep-geospatial")


def test_a_state_machine_that_fails_before_its_pipeline_ends_at_once(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.plays(execution(ID, Status.EXECUTING))
    raised = {"errorType": "InvalidInputError", "errorMessage": "parameter_x is no parameter"}
    cause = json.dumps({**raised, "stackTrace": ["  File core.py"]})
    refused = run("next", StateMachineStatus.FAILED, error="InvalidInputError", cause=cause)
    world.state_machines.plays(refused)
    with pytest.raises(ExecutionFailedError) as caught:
        run_pipeline(world, coordinates)
    assert caught.value.why == "InvalidInputError: parameter_x is no parameter"
    assert world.now == 1


@pytest.mark.parametrize("direct", [False, True])
def test_a_stopped_execution_has_no_result(world: World, coordinates: Path, direct: bool) -> None:
    world.deploy()
    world.pipelines.plays(execution(ID, Status.STOPPED))
    world.state_machine_plays(StateMachineStatus.ABORTED, since=1, cause="by hand")
    with pytest.raises(ExecutionFailedError, match="was stopped"):
        run_pipeline(world, coordinates, direct=direct)


def test_a_pipeline_that_outlives_its_state_machine_is_not_waited_for_for_ever(
    world: World, coordinates: Path
) -> None:
    world.deploy()
    world.pipelines.plays(execution(ID, Status.STOPPING), step(STEP, Status.EXECUTING))
    world.state_machine_plays(StateMachineStatus.TIMED_OUT, since=1, error="States.Timeout")
    with pytest.raises(ExecutionFailedError, match="TIMED_OUT"):
        run_pipeline(world, coordinates, timeout=3600)
    assert f"pipeline execution {ID} is still Stopping" in world.screen.text
    assert f"invoke attach --execution {ID}" in world.screen.text
    assert 60 <= world.now <= 70


def test_the_deadline_counts_for_the_pipeline_too(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.plays(execution(ID, Status.STOPPING))
    world.state_machine_plays(StateMachineStatus.TIMED_OUT, since=1, error="States.Timeout")
    with pytest.raises(ExecutionFailedError, match="TIMED_OUT"):
        run_pipeline(world, coordinates, timeout=10)
    assert world.now <= 12


@pytest.mark.parametrize(("direct", "name"), [(False, r"run-\w+-\w+"), (True, ID)])
def test_the_deadline_says_how_to_come_back(world: World, coordinates: Path, direct: bool, name: str) -> None:
    world.deploy()
    world.pipelines.plays(execution(ID, Status.EXECUTING))
    world.state_machines.plays(run("next", StateMachineStatus.RUNNING, pipeline=ID))
    with pytest.raises(DeadlineExceededError) as caught:
        run_pipeline(world, coordinates, timeout=90, direct=direct)
    assert "90 seconds" in caught.value.what
    assert re.search(rf"`invoke attach --execution {name}`", caught.value.next_step)
    assert re.search(rf"`invoke stop --execution {name}`", caught.value.next_step)
    assert world.now >= 90


@pytest.mark.parametrize(("direct", "name"), [(False, r"run-\w+-\w+"), (True, ID)])
def test_ctrl_c_leaves_it_running_and_says_how_to_go_on(
    succeeding: World, coordinates: Path, direct: bool, name: str
) -> None:
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    succeeding.state_machines.history = interrupt  # type: ignore[method-assign,assignment]
    succeeding.pipelines.describe = interrupt  # type: ignore[method-assign,assignment]
    with pytest.raises(InterruptedByUserError) as caught:
        run_pipeline(succeeding, coordinates, direct=direct)
    assert re.search(rf"`invoke attach --execution {name}`", caught.value.next_step)
    assert re.search(rf"`invoke stop --execution {name}`", caught.value.next_step)
    assert succeeding.pipelines.stops == succeeding.state_machines.stops == []


def test_a_success_without_a_result_is_a_failure(succeeding: World, coordinates: Path) -> None:
    succeeding.storage.newest = lambda bucket, prefix: None  # type: ignore[method-assign]
    with pytest.raises(ExecutionFailedError, match="left no result"):
        run_pipeline(succeeding, coordinates)
