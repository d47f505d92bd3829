"""The files that Terraform and the driver deploy: the pipeline's definition and the sample coordinates."""

import csv
import json
import re
from collections.abc import Iterator
from string import Template
from typing import TypeAlias, cast

import jsonschema
import pytest

from .program import ROOT

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Step: TypeAlias = "dict[str, Json]"

SCHEMA = ROOT.parent / "shared" / "data" / "pipeline-definition.schema.json"
FUNCTION_ARN = "arn:aws:lambda:us-west-2:123456789012:function:demo"
ANSWER_FUNCTION_ARN = "arn:aws:lambda:us-west-2:123456789012:function:demo-answer"


@pytest.fixture(scope="module")
def definition() -> dict[str, Json]:
    """Render the template as Terraform's templatefile does; a placeholder it would not know is an error."""
    text = (ROOT / "resources" / "geospatial_pipeline.json").read_text(encoding="utf-8")
    rendered = Template(text).substitute(
        lambda_function_arn=FUNCTION_ARN, answer_task_function_arn=ANSWER_FUNCTION_ARN, region="us-west-2"
    )
    return cast("dict[str, Json]", json.loads(rendered))


@pytest.fixture
def steps(definition: dict[str, Json]) -> list[Step]:
    return cast("list[Step]", definition["Steps"])


def _references(value: Json) -> Iterator[str]:
    """Name everything that a part of the definition gets."""
    if isinstance(value, dict):
        if isinstance(got := value.get("Get"), str):
            yield got
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


@pytest.mark.skipif(not SCHEMA.exists(), reason="AWS's schema of a definition is not beside this project")
def test_definition_follows_the_published_schema(definition: dict[str, Json], steps: list[Step]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    # SageMaker takes a parameter for the queue's URL, as AWS's own example does; the schema knows only text.
    as_text = [step | {"SqsQueueUrl": "url"} if step["Type"] == "Callback" else step for step in steps]
    # The schema names no draft that exists; its keywords are those of draft 7.
    jsonschema.Draft7Validator(schema).validate({**definition, "Steps": as_text})


def test_steps_get_only_what_exists_before_them(definition: dict[str, Json], steps: list[Step]) -> None:
    known = {"Execution.PipelineExecutionId", "Execution.PipelineExecutionArn"}
    known |= {f"Parameters.{parameter['Name']}" for parameter in cast("list[Step]", definition["Parameters"])}
    for step in steps:
        assert set(_references(step)) <= known, step["Name"]
        known |= {
            f"Steps.{step['Name']}.OutputParameters['{output['OutputName']}']"
            for output in cast("list[Step]", step["OutputParameters"])
        }


def test_steps_run_one_after_the_other(steps: list[Step]) -> None:
    names = [step["Name"] for step in steps]
    assert [step.get("DependsOn") for step in steps] == [None, *([name] for name in names[:-1])]


def test_last_step_answers_the_task_and_the_others_do_the_work(steps: list[Step]) -> None:
    called = [step["FunctionArn"] for step in steps if step["Type"] == "Lambda"]
    assert called == [FUNCTION_ARN, FUNCTION_ARN, ANSWER_FUNCTION_ARN]
    assert steps[-1]["FunctionArn"] == ANSWER_FUNCTION_ARN


def test_whoever_answers_or_sends_heartbeats_knows_the_task(
    definition: dict[str, Json], steps: list[Step]
) -> None:
    """A run that no state machine started has the parameter's default, which means that nobody waits."""
    knowing = [step["Name"] for step in steps if "Parameters.parameter_task_key" in set(_references(step))]
    assert knowing == ["vej-callback-step", "export-vej-callback", "answer-task"]
    parameters = {parameter["Name"]: parameter for parameter in cast("list[Step]", definition["Parameters"])}
    assert parameters["parameter_task_key"]["DefaultValue"] == ""


def test_last_callback_waits_for_the_export(steps: list[Step]) -> None:
    """Each callback message says what to wait for: the job's own end comes before the end of its export."""
    arguments = [cast("Step", step["Arguments"]) for step in steps if step["Type"] == "Callback"]
    assert [argument["wait_for"] for argument in arguments] == ["job", "export"]


def test_sample_is_two_hundred_coordinates() -> None:
    text = (ROOT / "resources" / "sample_coordinates.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    assert header == ["Longitude", "Latitude"]
    assert len(rows) == len({tuple(row) for row in rows}) == 200
    assert all(re.fullmatch(r"-?\d{1,3}\.\d{6,7}", number) for row in rows for number in row)
    assert all(abs(float(longitude)) <= 180 and abs(float(latitude)) <= 90 for longitude, latitude in rows)
