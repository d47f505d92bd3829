import json
from dataclasses import replace
from pathlib import Path

import pytest

from driver.commands.executions import Attach, Stop
from driver.model.exceptions import DeadlineExceededError, ExecutionFailedError, WrongUseError
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import BUCKET, OUTPUTS, PIPELINE, RUNS, World, execution, run, step

OLD, NEW, DRIVEN = "oldoldoldold", "newnewnewnew", "drivendriven"


@pytest.fixture
def deployed(world: World) -> World:
    """A deployment with two pipeline executions, the newer one the state machine's, and a result of each."""
    world.deploy()
    for minutes, id_ in enumerate((OLD, DRIVEN)):
        seen = execution(id_, Status.SUCCEEDED, minutes=minutes)
        world.pipelines.plays(replace(seen, display_name=f"run-{id_}-{'0' * 32}") if id_ == DRIVEN else seen)
        world.pipelines.started_with[seen.arn] = {
            "parameter_vej_export_config": json.dumps(
                {"S3Data": {"S3Uri": f"s3://{BUCKET}/outputfiles/run-{id_}/"}}
            )
        }
        world.storage.objects[f"{BUCKET}/outputfiles/run-{id_}/job/results_0.csv"] = (
            f"Longitude,Latitude,reverse_geo.label\n1,2,place of {id_}\n"
        )
    world.state_machines.plays(
        run("run-1", StateMachineStatus.SUCCEEDED, pipeline=DRIVEN, minutes=1, output='{"results": {}}')
    )
    return world


def attach(world: World, name: str | None) -> None:
    Attach(world.context())(name, 60, 5)


def stop(world: World, name: str | None, timeout: float = 60) -> None:
    Stop(world.context())(name, timeout)


def test_the_newest_of_both_kinds_is_meant_unless_one_is_named(deployed: World) -> None:
    attach(deployed, None)
    assert f"State machine execution {RUNS}:run-1" in deployed.screen.text
    assert f"place of {DRIVEN}" in deployed.screen.text
    newest = execution(NEW, Status.FAILED, "no", minutes=2)
    deployed.pipelines.plays(newest)
    with pytest.raises(ExecutionFailedError, match=NEW):
        attach(deployed, None)


@pytest.mark.parametrize(
    ("name", "result", "folder"),
    [
        (OLD, OLD, OLD),
        (f"{PIPELINE}/execution/{OLD}", OLD, OLD),
        (DRIVEN, DRIVEN, DRIVEN),
        ("run-1", DRIVEN, "run-1"),
        (f"{RUNS}:run-1", DRIVEN, "run-1"),
    ],
)
def test_an_execution_is_named_by_name_id_or_arn_and_its_folder_by_its_name(
    deployed: World, name: str, result: str, folder: str
) -> None:
    attach(deployed, name)
    assert f"place of {result}" in deployed.screen.text
    assert (deployed.workspace.runs_directory / folder / "results_0.csv").is_file()


def test_a_result_is_downloaded_to_the_folder_that_is_named(deployed: World, tmp_path: Path) -> None:
    program = Program()
    Attach(deployed.context(program.console))(OLD, 60, 5, str(tmp_path / "mine"))
    result = tmp_path / "mine/results_0.csv"
    assert result.is_file()
    document = program.document("run")
    assert (document["kind"], document["output"], document["files"]) == ("pipeline", None, [str(result)])
    (tmp_path / "file").touch()
    with pytest.raises(WrongUseError, match="is a file"):
        Attach(deployed.context())(OLD, 60, 5, str(tmp_path / "file"))


@pytest.mark.parametrize(
    "value", [None, "", "{not json", "[]", '{"S3Data": "x"}', '{"S3Data": {"S3Uri": 1}}']
)
def test_an_execution_that_was_not_told_where_to_write_has_no_result(
    deployed: World, value: str | None
) -> None:
    """Others may have started it, with any parameters."""
    parameters = {} if value is None else {"parameter_vej_export_config": value}
    deployed.pipelines.started_with[f"{PIPELINE}/execution/{OLD}"] = parameters
    with pytest.raises(ExecutionFailedError, match="without an S3 URI"):
        attach(deployed, OLD)


def test_without_any_execution_there_is_nothing_to_come_back_to(world: World) -> None:
    world.deploy()
    with pytest.raises(WrongUseError, match="invoke run-pipeline"):
        attach(world, None)


@pytest.fixture
def running(world: World) -> World:
    """A deployment with a running execution of the state machine."""
    world.deploy()
    started = replace(execution(DRIVEN, Status.EXECUTING), display_name="0" * 32)
    world.pipelines.plays(started, step("s", Status.EXECUTING))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING, pipeline=DRIVEN))
    return world


@pytest.mark.parametrize("name", [None, "run-1"])
def test_stopping_a_state_machine_stops_its_pipeline_and_waits_for_both(
    running: World, name: str | None
) -> None:
    running.pipelines.obeys = False  # it takes its time
    stopped = execution(DRIVEN, Status.STOPPED)
    running.pipelines.plays(execution(DRIVEN, Status.STOPPING), step("s", Status.EXECUTING), since=0.1)
    running.pipelines.plays(stopped, step("s", Status.STOPPED), since=20)
    stop(running, name)
    assert running.state_machines.stops == [f"{RUNS}:run-1"]
    assert running.pipelines.stops == [stopped.arn]
    assert "execution run-1: ABORTED after 0.0 s, pipeline Stopped after 5.0 s" in running.screen.text
    assert "■ s (Lambda): Stopped" in running.screen.text
    assert running.now >= 20


def test_a_pipeline_that_was_just_being_started_is_stopped_too(world: World) -> None:
    world.deploy()
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    aborted = run("run-1", StateMachineStatus.ABORTED, pipeline=DRIVEN)
    world.state_machines.stop = lambda arn: world.state_machines.plays(aborted)  # type: ignore[method-assign]
    world.pipelines.plays(execution(DRIVEN, Status.EXECUTING))
    stop(world, "run-1")
    assert world.pipelines.stops == [f"{PIPELINE}/execution/{DRIVEN}"]


def test_a_state_machine_without_a_pipeline_is_stopped_all_the_same(world: World) -> None:
    world.deploy()
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    stop(world, "run-1")
    assert "execution run-1: ABORTED" in world.screen.text
    assert world.pipelines.stops == []


def test_a_pipeline_that_outlives_its_state_machine_can_be_stopped_by_either_name(running: World) -> None:
    running.state_machines.plays(run("run-1", StateMachineStatus.TIMED_OUT, pipeline=DRIVEN))
    stop(running, "run-1")
    assert running.state_machines.stops == []
    assert running.pipelines.stops == [f"{PIPELINE}/execution/{DRIVEN}"]


def test_a_pipeline_that_does_not_stop_is_told_at_the_deadline(running: World) -> None:
    running.pipelines.obeys = False
    with pytest.raises(DeadlineExceededError, match=f"invoke attach --execution {DRIVEN}"):
        stop(running, "run-1", timeout=30)
    assert 30 <= running.now <= 36


def test_stopping_a_pipeline_alone_waits_until_it_has_stopped(world: World) -> None:
    world.deploy()
    world.pipelines.plays(execution(NEW, Status.EXECUTING))
    world.pipelines.plays(execution(NEW, Status.STOPPING), since=1)
    world.pipelines.plays(execution(NEW, Status.STOPPED), since=3)
    world.pipelines.obeys = False
    stop(world, NEW)
    assert world.pipelines.stops == [f"{PIPELINE}/execution/{NEW}"]
    assert f"execution {NEW}: Stopped" in world.screen.text


@pytest.mark.parametrize(
    ("name", "words"),
    [(OLD, "Succeeded after 5.0 s"), ("run-1", "SUCCEEDED after 6.0 s"), (None, "SUCCEEDED after 6.0 s")],
)
def test_what_has_ended_is_not_stopped_again(deployed: World, name: str | None, words: str) -> None:
    stop(deployed, name)
    assert deployed.pipelines.stops == deployed.state_machines.stops == []
    assert f"has ended already: {words}" in deployed.screen.text


def test_an_execution_that_fails_while_it_stops_has_ended_all_the_same(world: World) -> None:
    world.deploy()
    world.pipelines.plays(execution(NEW, Status.EXECUTING))
    world.pipelines.plays(execution(NEW, Status.FAILED), since=1)
    world.pipelines.obeys = False
    stop(world, NEW)
    assert f"{NEW}: Failed" in world.screen.text


def test_without_a_result_what_the_output_names_is_downloaded(deployed: World, tmp_path: Path) -> None:
    pipeline = {"arn": PIPELINE, "name": "sagestep-geospatial", "result": {"kind": "none"}}
    deployed.workspace.keep_outputs({**OUTPUTS, "pipelines": {"mine": pipeline}, "default_pipeline": "mine"})
    output = json.dumps({"steps": {"Train": {"model": f"s3://{BUCKET}/models/model.tar.gz"}}})
    made = run("run-2", StateMachineStatus.SUCCEEDED, pipeline=DRIVEN, minutes=3, output=output)
    deployed.state_machines.plays(made)
    deployed.storage.objects[f"{BUCKET}/models/model.tar.gz"] = "weights"
    Attach(deployed.context())("run-2", 60, 5, str(tmp_path / "mine"))
    assert (tmp_path / "mine/model.tar.gz").read_text() == "weights"
    Attach(deployed.context())(OLD, 60, 5, str(tmp_path / "nothing"))
    assert f"! nothing is downloaded to {tmp_path / 'nothing'}: the pipeline leaves no result" in (
        deployed.screen.text
    )
