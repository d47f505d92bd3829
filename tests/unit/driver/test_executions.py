import json

import pytest

from driver.commands.executions import Attach, Stop
from driver.exceptions import ExecutionFailedError, WrongUseError
from driver.models import Progress
from driver.status import Status
from tests.unit.driver.fakes import BUCKET, PIPELINE, World, execution


@pytest.fixture
def deployed(world: World) -> World:
    """A deployment with two executions that succeeded and a result of each."""
    world.deploy()
    for minutes, name in enumerate(("old", "new")):
        seen = execution(name, Status.SUCCEEDED, minutes=minutes)
        world.pipelines.all[seen.arn] = seen
        world.pipelines.started_with[seen.arn] = {
            "parameter_vej_export_config": json.dumps(
                {"S3Data": {"S3Uri": f"s3://{BUCKET}/outputfiles/run-{name}/"}}
            )
        }
        world.storage.objects[f"{BUCKET}/outputfiles/run-{name}/job/results_0.csv"] = (
            f"Longitude,Latitude,reverse_geo.label\n1,2,place of {name}\n"
        )
    return world


def attach(world: World, name: str | None) -> None:
    Attach(world.workspace, world.target, world.connect, world.screen.console)(name, 60, 5)


def stop(world: World, name: str | None, timeout: float = 60) -> None:
    Stop(world.workspace, world.target, world.connect, world.screen.console)(name, timeout)


def test_the_newest_is_meant_unless_one_is_named(deployed: World) -> None:
    attach(deployed, None)
    assert "place of new" in deployed.screen.text


@pytest.mark.parametrize("name", ["old", f"{PIPELINE}/execution/old"])
def test_an_execution_is_named_by_id_or_arn(deployed: World, name: str) -> None:
    attach(deployed, name)
    assert "place of old" in deployed.screen.text
    assert (deployed.workspace.runs_directory / "old" / "results_0.csv").is_file()


@pytest.mark.parametrize(
    "value", [None, "", "{not json", "[]", '{"S3Data": "x"}', '{"S3Data": {"S3Uri": 1}}']
)
def test_an_execution_that_was_not_told_where_to_write_has_no_result(
    deployed: World, value: str | None
) -> None:
    """Others may have started it, with any parameters."""
    parameters = {} if value is None else {"parameter_vej_export_config": value}
    deployed.pipelines.started_with[f"{PIPELINE}/execution/new"] = parameters
    with pytest.raises(ExecutionFailedError, match="without an S3Uri"):
        attach(deployed, "new")


def test_without_any_execution_there_is_nothing_to_come_back_to(world: World) -> None:
    world.deploy()
    with pytest.raises(WrongUseError, match="invoke run-pipeline"):
        attach(world, None)


def test_stopping_waits_until_it_has_stopped(world: World) -> None:
    world.deploy()
    running = execution("runs", Status.EXECUTING)
    world.pipelines.looks = [
        Progress(running, ()),
        Progress(execution("runs", Status.STOPPING), ()),
        Progress(execution("runs", Status.STOPPED), ()),
    ]
    world.pipelines.obeys = False
    stop(world, "runs")
    assert world.pipelines.stops == [running.arn]
    assert "runs: Stopped" in world.screen.text


def test_what_has_ended_is_not_stopped_again(deployed: World) -> None:
    stop(deployed, None)
    assert deployed.pipelines.stops == []
    assert "has ended already: Succeeded after 5.0 s" in deployed.screen.text


def test_an_execution_that_fails_while_it_stops_has_ended_all_the_same(world: World) -> None:
    world.deploy()
    world.pipelines.looks = [
        Progress(execution("runs", Status.EXECUTING), ()),
        Progress(execution("runs", Status.FAILED), ()),
    ]
    world.pipelines.obeys = False
    stop(world, "runs")
    assert "runs: Failed" in world.screen.text
