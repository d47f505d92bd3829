"""The files that Terraform and the driver deploy: the pipeline's definitions and the sample coordinates."""

import csv
import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias, cast

import jsonschema
import pytest

from tests.pipeline_schema import SCHEMA

from .program import ROOT

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Step: TypeAlias = "dict[str, Json]"

FUNCTION_ARN = "arn:aws:lambda:us-west-2:123456789012:function:demo"
ANSWER_FUNCTION_ARN = "arn:aws:lambda:us-west-2:123456789012:function:demo-answer"
VALUES = {
    "functions.geospatial": FUNCTION_ARN,
    "functions.answer_task": ANSWER_FUNCTION_ARN,
    "region": "us-west-2",
    "role_arn": "arn:aws:iam::123456789012:role/demo-geocoding-jobs",
    "images.scikit": "123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-scikit:latest",
    "timeout_seconds": "600",
}
KNOWING_THE_TASK = {
    "geospatial": ["vej-callback-step", "export-vej-callback", "answer-task"],
    "geocoding": ["answer-task"],
}
JOB_PROPERTIES = {"ProcessingJobArn", "ProcessingJobStatus", "ExitMessage"}  # DescribeProcessingJobResponse


@pytest.fixture(params=KNOWING_THE_TASK)
def name(request: pytest.FixtureRequest) -> str:
    """Give each definition's name."""
    return str(request.param)


@pytest.fixture
def definition(name: str) -> dict[str, Json]:
    """Render the template as Terraform's templatefile does; a placeholder it would not know is an error."""
    text = (ROOT / "resources/pipelines" / name / "pipeline.json").read_text(encoding="utf-8")
    rendered = re.sub(r"\$\{([\w.]+)\}", lambda found: VALUES[found[1]], text)
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


def test_definition_follows_the_published_schema(definition: dict[str, Json]) -> None:
    jsonschema.Draft7Validator(SCHEMA).validate(definition)


def test_steps_get_only_what_exists_before_them(definition: dict[str, Json], steps: list[Step]) -> None:
    known = {"Execution.PipelineExecutionId", "Execution.PipelineExecutionArn"}
    known |= {f"Parameters.{parameter['Name']}" for parameter in cast("list[Step]", definition["Parameters"])}
    for step in steps:
        assert set(_references(step)) <= known, step["Name"]
        known |= {
            f"Steps.{step['Name']}.OutputParameters['{output['OutputName']}']"
            for output in cast("list[Step]", step.get("OutputParameters", []))
        }
        if step["Type"] == "Processing":
            known |= {f"Steps.{step['Name']}.{member}" for member in JOB_PROPERTIES}


def test_steps_run_one_after_the_other(steps: list[Step]) -> None:
    names = [step["Name"] for step in steps]
    assert [step.get("DependsOn") for step in steps] == [None, *([name] for name in names[:-1])]


def test_last_step_answers_the_task_and_the_others_do_the_work(steps: list[Step]) -> None:
    assert steps[-1]["FunctionArn"] == ANSWER_FUNCTION_ARN
    called = {step["FunctionArn"] for step in steps[:-1] if step["Type"] == "Lambda"}
    assert called <= {FUNCTION_ARN}


def test_whoever_answers_or_sends_heartbeats_knows_the_task(
    name: str, definition: dict[str, Json], steps: list[Step]
) -> None:
    """A run that no state machine started has the parameter's default, which means that nobody waits."""
    knowing = [step["Name"] for step in steps if "Parameters.parameter_run_id" in set(_references(step))]
    assert knowing == KNOWING_THE_TASK[name]
    parameters = {parameter["Name"]: parameter for parameter in cast("list[Step]", definition["Parameters"])}
    assert parameters["parameter_run_id"]["DefaultValue"] == ""


@pytest.mark.parametrize("name", ["geospatial"], indirect=True)
def test_last_callback_waits_for_the_export(steps: list[Step]) -> None:
    """Each callback message says what to wait for: the job's own end comes before the end of its export."""
    arguments = [cast("Step", step["Arguments"]) for step in steps if step["Type"] == "Callback"]
    assert [argument["wait_for"] for argument in arguments] == ["job", "export"]


@pytest.mark.parametrize("name", ["geocoding"], indirect=True)
def test_processing_job_runs_a_program_of_the_container_between_two_prefixes(steps: list[Step]) -> None:
    arguments = cast("dict[str, Any]", steps[0]["Arguments"])
    python, program = arguments["AppSpecification"]["ContainerEntrypoint"]
    assert python == "python3"
    assert (ROOT / "resources" / "images" / "scikit" / program).is_file()
    (source,), (target,) = arguments["ProcessingInputs"], arguments["ProcessingOutputConfig"]["Outputs"]
    assert source["S3Input"]["S3Uri"] == {"Get": "Parameters.parameter_input_uri"}
    assert target["S3Output"]["S3Uri"] == {"Get": "Parameters.parameter_output_uri"}
    assert arguments["StoppingCondition"] == {"MaxRuntimeInSeconds": int(VALUES["timeout_seconds"])}


def test_sample_is_two_hundred_coordinates() -> None:
    text = (ROOT / "resources" / "sample_coordinates.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    assert header == ["Longitude", "Latitude"]
    assert len(rows) == len({tuple(row) for row in rows}) == 200
    assert all(re.fullmatch(r"-?\d{1,3}\.\d{6,7}", number) for row in rows for number in row)
    assert all(abs(float(longitude)) <= 180 and abs(float(latitude)) <= 90 for longitude, latitude in rows)
