from dataclasses import replace

import pytest

from driver.commands.down import Down
from driver.exceptions import (
    ConfirmationRequiredError,
    DeadlineExceededError,
    DeclinedError,
    NotDeployedError,
    TerraformError,
)
from driver.status import StateMachineStatus, Status
from tests.unit.driver.fakes import BUCKET, LOCAL, PIPELINE, RUNS, Screen, World, execution, run


def down(world: World, *, yes: bool = True) -> None:
    Down(
        world.workspace,
        world.target,
        lambda: world.terraform,
        world.connect,
        lambda: None,
        world.screen.console,
    )(assume_yes=yes)


def test_everything_goes_and_the_target_is_stopped(world: World) -> None:
    world.deploy()
    down(world)
    assert f"destroy {LOCAL.endpoint_url}" in world.terraform.calls
    assert "destroyed 2 resources" in world.screen.text
    assert world.target.stopped == 1
    assert not world.workspace.directory.exists()


def test_downloads_are_kept_and_it_says_where(world: World) -> None:
    world.deploy()
    result = world.workspace.runs_directory / "abc" / "results_0.csv"
    result.parent.mkdir(parents=True)
    result.write_text("kept")
    down(world)
    assert [path for path in world.workspace.directory.rglob("*") if path.is_file()] == [result]
    assert str(world.workspace.runs_directory) in world.screen.text


def test_a_second_time_there_is_nothing_to_destroy(world: World) -> None:
    world.deploy()
    down(world)
    down(world)
    assert "nothing to destroy" in world.screen.text
    assert world.terraform.calls.count(f"destroy {LOCAL.endpoint_url}") == 1


def test_it_lists_what_would_go_before_it_asks(world: World) -> None:
    world.deploy()
    world.storage.objects[f"{BUCKET}/samplefiles/a.csv"] = ""
    world.screen = Screen(answer="no")
    with pytest.raises(DeclinedError):
        down(world, yes=False)
    assert "aws_sqs_queue.dlq, aws_sqs_queue.main" in world.screen.text
    assert f"1 object in bucket {BUCKET}" in world.screen.text
    assert len(world.workspace.resources()) == 2
    assert world.target.stopped == 0


@pytest.mark.parametrize("answer", ["y", "Yes"])
def test_a_yes_is_enough(world: World, answer: str) -> None:
    world.deploy()
    world.screen = Screen(answer)
    down(world, yes=False)
    assert "destroyed" in world.screen.text


def test_without_a_terminal_it_wants_the_flag(world: World) -> None:
    world.deploy()
    with pytest.raises(ConfirmationRequiredError, match="--yes"):
        down(world, yes=False)
    assert len(world.workspace.resources()) == 2


def test_running_executions_are_named_and_stopped_before_the_queue_goes(world: World) -> None:
    world.deploy()
    for id_, status in (
        ("waitswaits12", Status.EXECUTING),
        ("endsendsends", Status.STOPPING),
        ("oldoldoldold", Status.FAILED),
    ):
        world.pipelines.plays(execution(id_, status))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    world.state_machines.plays(run("run-0", StateMachineStatus.SUCCEEDED))
    world.screen = Screen(answer="yes")
    down(world, yes=False)
    assert world.state_machines.stops == [f"{RUNS}:run-1"]
    assert sorted(world.pipelines.stops) == [
        f"{PIPELINE}/execution/endsendsends",
        f"{PIPELINE}/execution/waitswaits12",
    ]
    assert "pipeline execution waitswaits12 is Executing" in world.screen.text
    assert "state machine execution run-1 is RUNNING" in world.screen.text
    assert world.screen.asked == ["Stop and destroy all this? [y/N] "]


def test_a_pipeline_that_a_state_machine_had_just_started_is_stopped_as_well(world: World) -> None:
    world.deploy()
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))

    def stop(arn: str) -> None:
        world.state_machines.plays(run("run-1", StateMachineStatus.ABORTED))
        world.pipelines.plays(execution("justjustjust", Status.EXECUTING))

    world.state_machines.stop = stop  # type: ignore[method-assign]
    down(world)
    assert world.pipelines.stops == [f"{PIPELINE}/execution/justjustjust"]


def test_nothing_is_destroyed_under_an_execution_that_does_not_stop(world: World) -> None:
    world.deploy()
    world.pipelines.plays(execution("stuckstuck12", Status.EXECUTING))
    world.pipelines.obeys = False
    with pytest.raises(DeadlineExceededError, match="invoke attach --execution stuckstuck12"):
        down(world)
    assert world.now >= 300
    assert len(world.workspace.resources()) == 2


def test_the_state_of_a_cloud_that_is_gone_is_cleaned_up(world: World) -> None:
    world.deploy(replace(LOCAL, instance="gone"))
    down(world, yes=False)
    assert "2 resources is gone" in world.screen.text
    assert world.terraform.calls == []
    assert world.target.stopped == 1
    assert not world.workspace.directory.exists()


def test_a_deployment_that_was_never_finished_is_destroyed_too(world: World) -> None:
    world.deploy()
    (world.workspace.directory / "outputs.json").unlink()
    down(world)
    assert "destroyed 2 resources" in world.screen.text


def test_a_state_of_an_unknown_place_is_not_touched(world: World) -> None:
    world.deploy()
    (world.workspace.directory / "deployment.json").unlink()
    with pytest.raises(NotDeployedError, match="invoke up"):
        down(world)
    assert len(world.workspace.resources()) == 2


def test_a_failing_destroy_keeps_state_and_target(world: World) -> None:
    world.deploy()
    world.terraform.failure = TerraformError("no")
    with pytest.raises(TerraformError):
        down(world)
    assert world.workspace.deployment() == LOCAL
    assert world.target.stopped == 0
