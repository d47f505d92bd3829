import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from driver.commands.executions import Executions
from driver.commands.outputs import Hello, ShowOutputs
from driver.commands.predict import Predict
from driver.commands.status import ShowStatus
from driver.commands.workflows import Workflows
from driver.model.choices import IamMode
from driver.model.documents import moment
from driver.model.status import StateMachineStatus
from driver.model.status import Status as AwsStatus
from driver.model.values import Access, Endpoint, Notebook
from tests.unit.driver.documents import SCHEMAS, Program, schema
from tests.unit.driver.fakes import NOON, OUTPUTS, PIPELINE, STATE_MACHINE, World, execution, run

ROOT = Path(__file__).resolve().parents[4]
PREDICTIONS = {"predictions": [{"predicted_label": 0, "probabilities": [0.9, 0.1]}, {"predicted_label": 1}]}


@pytest.fixture
def program() -> Program:
    return Program()


def objects(part: object) -> list[dict[str, Any]]:
    """List every schema of an object within a schema."""
    if isinstance(part, list):
        return [found for item in part for found in objects(item)]
    if not isinstance(part, dict):
        return []
    within = [found for value in part.values() for found in objects(value)]
    return [part, *within] if part.get("type") == "object" and "properties" in part else within


@pytest.mark.parametrize("name", sorted(path.name.partition(".")[0] for path in SCHEMAS.iterdir()))
def test_every_schema_is_one_and_leaves_nothing_open(name: str) -> None:
    document = schema(name)
    Draft202012Validator.check_schema(document)
    assert document["description"]
    assert [found for found in objects(document) if found["additionalProperties"] is not False] == []


def test_a_schema_refuses_what_it_does_not_know() -> None:
    document = {"version": 1, "notebooks": [], "more": 1}
    assert [error.validator for error in Draft202012Validator(schema("hello")).iter_errors(document)] == [
        "additionalProperties"
    ]


def test_a_moment_has_its_offset() -> None:
    assert moment(NOON) == "2026-11-21T12:00:00+00:00"
    assert moment(None) is None


def test_executions_are_whole_arns_with_times_and_reasons(world: World, program: Program) -> None:
    world.deploy()
    world.pipelines.plays(execution("badbadbadbad", AwsStatus.FAILED, "a step\nfailed", 1))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING))
    Executions(world.context(program.console))(10)
    failed, running = program.document("executions")["executions"]
    assert failed["arn"] == f"{PIPELINE}/execution/badbadbadbad"
    assert failed["reason"] == "a step\nfailed"
    assert failed["seconds"] == 5.0
    assert datetime.fromisoformat(failed["started"]).utcoffset() is not None
    assert (running["name"], running["ended"], running["is_terminal"]) == ("run-1", None, False)


def test_status_is_one_document(world: World, program: Program) -> None:
    world.deploy(workflows=True)
    world.hosting.states["sagestep-wine"] = Endpoint("sagestep-wine", "InService")
    world.pipelines.plays(execution("goodgoodgood", AwsStatus.SUCCEEDED))
    ShowStatus(world.context(program.console))()
    document = program.document("status")
    assert (document["is_deployed"], document["is_complete"], document["drift"]) == (True, True, None)
    assert document["deployment"]["state_machine_arn"] == STATE_MACHINE
    assert document["endpoints"] == [{"name": "sagestep-wine", "status": "InService"}]
    assert [item["name"] for item in document["executions"]] == ["goodgoodgood"]
    assert document["costs"] == []  # nothing costs anything there


def test_status_of_nothing_is_a_document_and_a_warning_beside_it(world: World, program: Program) -> None:
    ShowStatus(world.context(program.console))()
    document = program.document("status")
    assert (document["is_deployed"], document["is_complete"], document["deployment"]) == (False, False, None)
    assert "invoke up" in document["why"]
    assert "invoke up" in program.errors


def test_status_of_a_cloud_that_does_not_answer_tells_what_is_recorded(
    world: World, program: Program
) -> None:
    world.deploy()
    world.target.is_busy = True
    world.access = Access(is_open=True, allowed_origins=("http://a.example",), iam=IamMode.AUDIT)
    ShowStatus(world.context(program.console))()
    document = program.document("status")
    assert (document["is_deployed"], document["is_complete"], document["is_silent"]) == (True, False, True)
    assert "Process 7 is busy" in document["why"]
    assert len(document["resources"]) == 2
    assert document["access"] == {
        "is_open": True,
        "allowed_origins": ["http://a.example"],
        "iam": "audit",
    }
    assert "run code as you" in program.errors


def test_what_a_down_has_kept_is_told_with_what_it_is_a_part_of(world: World, program: Program) -> None:
    world.deploy()
    world.workspace.keep_only(["bucket"])
    ShowStatus(world.context(program.console))()
    document = program.document("status")
    assert (document["is_deployed"], document["is_complete"]) == (True, False)
    assert len(document["resources"]) == 2
    assert "bucket" in document["why"]


def test_outputs_are_given_as_terraform_has_them(world: World, program: Program) -> None:
    world.deploy()
    result = world.workspace.runs_directory / "abc" / "results_0.csv"
    result.parent.mkdir(parents=True)
    result.write_text("")
    ShowOutputs(world.context(program.console))()
    document = program.document("outputs")
    assert document["outputs"] == dict(OUTPUTS)
    assert document["results"] == [str(result)]


def test_hello_gives_the_notebooks(world: World, program: Program) -> None:
    world.pipelines.instances = [Notebook("one", "arn:aws:sagemaker:one", "InService", NOON)]
    Hello(world.context(program.console))()
    (notebook,) = program.document("hello")["notebooks"]
    assert notebook["created"] == "2026-11-21T12:00:00+00:00"


@pytest.mark.parametrize("name", [None, "train-many"])
def test_workflows_tell_each_input(world: World, program: Program, name: str | None) -> None:
    world.deploy(workflows=True)
    Workflows(world.context(program.console))(name)
    document = program.document("workflows")
    found = {workflow["name"]: workflow for workflow in document["workflows"]}
    assert set(found) == ({"train_many"} if name else {"train", "train_many", "end_to_end", "deploy_model"})
    assert found["train_many"]["inputs"]
    assert found["train_many"]["command"].startswith("invoke run --workflow train_many")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((json.dumps(PREDICTIONS), "target,a\n0,5\n0,6\n"), ([("0", "0"), ("1", "0")], 1, None)),
        ((json.dumps(PREDICTIONS), "5\n6\n"), ([("0", None), ("1", None)], None, None)),
        (("7\n8\n", "5\n6\n"), ([], None, "7\n8\n")),
    ],
)
def test_predictions_come_with_the_truth_where_it_is_known(
    world: World,
    program: Program,
    tmp_path: Path,
    asked: tuple[str, str],
    expected: tuple[list[tuple[str, str | None]], int | None, str | None],
) -> None:
    answer, rows = asked
    world.deploy(workflows=True)
    world.hosting.answer = answer.encode()
    data = tmp_path / "data.csv"
    data.write_text(rows)
    Predict(world.context(program.console))("sagestep-wine", data, ())
    document = program.document("predict")
    found = [(item["prediction"], item["target"]) for item in document["predictions"]]
    assert (found, document["right"], document["answer"]) == expected
