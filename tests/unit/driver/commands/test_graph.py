import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from driver.commands.graph import DrawGraph, GraphRequest
from driver.inspection.graph.definitions import read_source
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import Status
from tests.unit.driver.fakes import ID, PIPELINE, RUNS, STATE_MACHINE, STEP, World, execution, step
from tests.unit.driver.histories import training
from tests.unit.driver.inspection.graph.machines import PROJECT, machine, task

SCHEMA = json.loads((Path(__file__).parents[4] / "driver/commands/schemas/graph.schema.json").read_text())
TRAINED = f"{RUNS.replace('run-pipeline', 'train')}:run-1"
STEPS = {
    "Steps": [{"Name": STEP, "Type": "Lambda"}, {"Name": "after", "Type": "Lambda", "DependsOn": [STEP]}]
}
MACHINE = machine(RunPipeline=task("Done"), Done={"Type": "Succeed"})


def drawing(world: World) -> DrawGraph:
    return DrawGraph(world.context())


def collected(world: World, **request: Any) -> dict[str, Any]:
    command = drawing(world)
    drawn = command.draw(GraphRequest(**request))
    command.show(drawn)
    document = dict(drawn.document())
    jsonschema.validate(document, SCHEMA, format_checker=jsonschema.FormatChecker())
    return dict(json.loads(json.dumps(document)))


def names(document: dict[str, Any]) -> list[str]:
    return [node["name"] for node in document["nodes"] if node["type"] not in {"Start", "End"}]


@pytest.fixture
def deployed(world: World) -> World:
    world.deploy(workflows=True)
    world.pipelines.definitions["sagestep-geospatial"] = STEPS
    world.state_machines.definitions[STATE_MACHINE] = MACHINE
    return world


@pytest.fixture
def ran(deployed: World) -> World:
    """The pipeline's first step failed."""
    deployed.pipelines.plays(
        execution(ID, Status.FAILED, "Step failure"), step(STEP, Status.FAILED, "no role")
    )
    deployed.pipelines.definitions[f"{PIPELINE}/execution/{ID}"] = STEPS
    return deployed


def test_the_deployed_definition_is_drawn(deployed: World) -> None:
    document = collected(deployed)
    assert (document["subject"], document["kind"]) == ("sagestep-run-pipeline", "state machine")
    assert (document["source"], document["execution"]) == ("deployed", None)
    assert names(document) == ["RunPipeline", "Done"]
    assert {node["outcome"] for node in document["nodes"]} == {None}
    assert {edge["taken"] for edge in document["edges"]} == {None}


def test_the_pipeline_is_drawn(deployed: World) -> None:
    document = collected(deployed, pipeline="")
    assert (document["subject"], document["kind"]) == ("sagestep-geospatial", "pipeline")
    assert document["edges"] == [
        {"from": STEP, "to": "after", "kind": "depends-on", "label": "", "taken": None}
    ]


@pytest.fixture
def trained(deployed: World) -> World:
    """A training failed, at the third attempt, too."""
    deployed.state_machines.histories[TRAINED] = training(failures=3).events
    deployed.state_machines.definitions[TRAINED] = read_source(PROJECT, "train")[1]
    deployed.now = 100
    return deployed


def test_an_execution_of_a_workflow_colours_states_and_ways(trained: World) -> None:
    document = collected(trained, workflow="train", execution="run-1")
    assert document["execution"]["arn"] == TRAINED
    outcomes = {node["name"]: node["outcome"] for node in document["nodes"] if node["outcome"]}
    assert outcomes == {
        "Defaults": "succeeded",
        "Train": "caught",
        "NotifyFailure": "succeeded",
        "Failed": "failed",
    }
    ways = {(edge["from"], edge["to"], edge["kind"]): edge["taken"] for edge in document["edges"]}
    assert ways["Train", "NotifyFailure", "catch"]
    assert ways["NotifyFailure", "Failed", "next"]
    assert not ways["NotifyFailure", "Failed", "catch"]


def test_a_picture_of_an_execution_tells_how_it_ended(trained: World, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "train.svg"
    collected(trained, execution="train/run-1", output=str(path))
    assert "Train (Task, caught, 3 attempts, " in path.read_text()


def test_an_execution_of_something_else_is_refused(trained: World) -> None:
    with pytest.raises(WrongUseError, match=r"train/run-1 is no execution of train-many.*sagestep-train\."):
        collected(trained, workflow="train-many", execution=TRAINED)


def test_an_execution_that_started_no_pipeline_is_refused_as_one(trained: World) -> None:
    with pytest.raises(WrongUseError, match=r"train/run-1 has no execution of a pipeline"):
        collected(trained, pipeline="", execution="train/run-1")


def test_where_nothing_is_deployed_the_projects_files_are_drawn(world: World) -> None:
    document = collected(world, workflow="train-many")
    assert (document["subject"], document["source"]) == ("train_many", "resources")
    assert "NotifyFailure" in names(document)
    assert "Drawn from the project's files: nothing is deployed.\n" in world.screen.text


def test_a_deployed_one_does_not_say_so(deployed: World) -> None:
    collected(deployed)
    assert deployed.screen.text.splitlines() == [
        "sagestep-run-pipeline",
        "├── RunPipeline Task lambda:invoke",
        "└── Done Succeed",
    ]


def test_an_execution_of_the_pipeline_colours_it(ran: World) -> None:
    document = collected(ran, execution=ID)
    assert document["execution"] == {
        "arn": f"{PIPELINE}/execution/{ID}",
        "name": ID,
        "status": "Failed",
        "title": f"{ID}: Failed after 5.0 s",
    }
    first, second = document["nodes"]
    assert (first["outcome"], first["counts"], first["reason"]) == ("failed", {"failed": 1}, "no role")
    assert second["outcome"] is None
    assert ran.screen.text.splitlines()[2:4] == [
        f"├── ✗ {STEP} Lambda  failed, 0.5 s",
        "│   no role",
    ]


@pytest.mark.parametrize("name", ["a.svg", "b.PNG"])
def test_a_picture_is_written_over_what_was_there(deployed: World, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    document = collected(deployed, output=str(path))
    assert document["picture"] == str(path)
    assert path.read_bytes()[:4] == {".svg": b"<svg", ".png": b"\x89PNG"}[path.suffix.lower()]
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == [name]
    assert deployed.screen.text.endswith(f"✓ picture: {path}\n")


@pytest.mark.parametrize("name", ["picture.pdf", "picture", ".svg/"])
def test_another_kind_of_file_is_refused_before_anything_is_asked(
    world: World, tmp_path: Path, name: str
) -> None:
    (tmp_path / ".svg").mkdir()
    with pytest.raises(WrongUseError, match=r"end in \.svg or \.png"):
        collected(world, output=str(tmp_path / name), execution=ID)


def test_a_workflow_and_the_pipeline_are_too_much(deployed: World) -> None:
    with pytest.raises(WrongUseError, match="Name one of"):
        collected(deployed, workflow="train", pipeline="")


def test_an_execution_needs_a_deployment(world: World) -> None:
    with pytest.raises(NotDeployedError):
        collected(world, execution=ID)


def test_a_workflow_that_there_is_not(deployed: World) -> None:
    with pytest.raises(WrongUseError, match="'gone'"):
        collected(deployed, workflow="gone")
