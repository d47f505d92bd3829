"""The main job, as a user does it: deploy, run, read the addresses, and what happens when a part fails."""

import csv
import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.stack import ROOT, Stack
from tests.integration.wire import eventually

pytestmark = pytest.mark.integration

SAMPLE = ROOT / "resources" / "sample_coordinates.csv"


def rows(path: Path) -> list[list[str]]:
    """Read a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def start_execution(stack: Stack, **parameters: str) -> str:
    """Start the pipeline past the driver, with parameters that the driver would not send."""
    bucket = stack.output("bucket_name")
    values = {
        "parameter_execution_role": stack.output("sagemaker_role_arn"),
        "parameter_region": "us-west-2",
        "parameter_queue_url": stack.output("queue_url"),
        "parameter_vej_input_config": json.dumps(
            {
                "DataSourceConfig": {"S3Data": {"S3Uri": f"s3://{bucket}/test/input.csv"}},
                "DocumentType": "CSV",
            }
        ),
        "parameter_vej_export_config": json.dumps({"S3Data": {"S3Uri": f"s3://{bucket}/test/output/"}}),
        "parameter_step_1_vej_config": json.dumps(
            {"ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}}
        ),
    } | parameters
    return stack.sagemaker.start_pipeline_execution(
        PipelineName=stack.output("pipeline_name"),
        ClientRequestToken=uuid.uuid4().hex,
        PipelineParameters=[{"Name": name, "Value": value} for name, value in values.items()],
    )["PipelineExecutionArn"]


def status(stack: Stack, execution: str) -> str:
    return stack.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)[
        "PipelineExecutionStatus"
    ]


def finish(stack: Stack, execution: str) -> str:
    return eventually(
        lambda: status(stack, execution),
        lambda value: value in {"Succeeded", "Failed", "Stopped"},
        seconds=60,
    )


def step(stack: Stack, execution: str, name: str) -> dict[str, object]:
    steps = stack.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
    return next(({**item} for item in steps["PipelineExecutionSteps"] if item["StepName"] == name), {})


def test_coordinates_become_addresses(deployed: Stack) -> None:
    result = deployed.invoke("run-pipeline")
    assert "Anchorage" in result.output
    saved = sorted((deployed.state / "runs").glob("*/results_0.csv"))
    assert len(saved) == 1
    assert str(saved[0]) in result.output.replace("\n", "")
    given, answered = rows(SAMPLE), rows(saved[0])
    assert len(answered) == len(given)
    assert [row[:2] for row in answered] == given
    assert all(row[-1] == "Valid Data" for row in answered[1:])
    for name in ("vej-processing-step", "vej-callback-step", "export-vej-step", "export-vej-callback"):
        assert name in result.output


def test_each_run_gets_its_own_output(deployed: Stack, tmp_path: Path) -> None:
    paris, tokyo = tmp_path / "paris.csv", tmp_path / "tokyo.csv"
    paris.write_text("Longitude,Latitude,Name\n2.3522,48.8566,Tour Eiffel\n", encoding="utf-8")
    tokyo.write_text("Name,Longitude,Latitude\n東京タワー,139.7454,35.6586\n", encoding="utf-8")
    before = set((deployed.state / "runs").glob("*/results_0.csv"))
    runs = [deployed.start("run-pipeline", "--input", str(path)) for path in (paris, tokyo)]
    said = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    results = [rows(path) for path in set((deployed.state / "runs").glob("*/results_0.csv")) - before]
    found = {result[1][0]: result[1] for result in results}
    assert set(found) == {"2.3522", "東京タワー"}
    assert "FRA" in found["2.3522"]
    assert "JPN" in found["東京タワー"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("Longitude,Latitude\n", "no rows"),
        ("Longitude,Name\n1,x\n", "Latitude"),
        ("Longitude,Latitude\n1.5,2.5\n200,45\n", "line 3"),
        ("Longitude,Latitude\nnorth,45\n", "line 2"),
    ],
)
def test_a_malformed_file_is_refused_before_anything_is_uploaded(
    deployed: Stack, tmp_path: Path, content: str, reason: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(content, encoding="utf-8")
    bucket = deployed.output("bucket_name")
    before = deployed.s3.list_objects_v2(Bucket=bucket)["KeyCount"]
    result = deployed.invoke("run-pipeline", "--input", str(bad), expect=2)
    assert reason in result.output
    assert deployed.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == before


def test_a_function_that_raises_fails_its_step_with_its_message(deployed: Stack) -> None:
    execution = start_execution(deployed, parameter_vej_input_config="{not json")
    assert finish(deployed, execution) == "Failed"
    failed = step(deployed, execution, "vej-processing-step")
    assert failed["StepStatus"] == "Failed"
    assert "vej_input_config" in str(failed["FailureReason"])
    assert step(deployed, execution, "vej-callback-step") == {}
    described = deployed.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."


def test_a_missing_object_fails_the_job_and_the_step_that_waits_for_it(deployed: Stack) -> None:
    bucket = deployed.output("bucket_name")
    missing = {
        "DataSourceConfig": {"S3Data": {"S3Uri": f"s3://{bucket}/nothing/here.csv"}},
        "DocumentType": "CSV",
    }
    execution = start_execution(deployed, parameter_vej_input_config=json.dumps(missing))
    assert finish(deployed, execution) == "Failed"
    assert step(deployed, execution, "vej-processing-step")["StepStatus"] == "Succeeded"
    assert "nothing/here.csv" in str(step(deployed, execution, "vej-callback-step")["FailureReason"])
    shown = deployed.invoke("attach", "--execution", execution, expect=1)
    assert "nothing/here.csv" in shown.output.replace("\n", "")


def test_a_malformed_record_reaches_the_dead_letter_queue_and_holds_nothing_up(deployed: Stack) -> None:
    deployed.sqs.send_message(QueueUrl=deployed.output("queue_url"), MessageBody="not a callback")
    deployed.invoke("run-pipeline")
    dead = deployed.output("dead_letter_queue_url")
    received = eventually(
        lambda: deployed.sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages", []),
        bool,
        seconds=90,
    )
    assert received[0].get("Body") == "not a callback"


@pytest.fixture
def silent_queue(deployed: Stack) -> Iterator[Callable[[], None]]:
    """Stop feeding the queue to the function; the fixture's value feeds it again."""
    function = deployed.output("geospatial_function_name")
    mapping = deployed.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"][0][
        "UUID"
    ]

    def switch(enabled: bool) -> None:
        deployed.functions.update_event_source_mapping(UUID=mapping, Enabled=enabled)
        wanted = "Enabled" if enabled else "Disabled"
        eventually(lambda: deployed.functions.get_event_source_mapping(UUID=mapping)["State"], wanted.__eq__)

    switch(False)
    yield lambda: switch(True)
    switch(True)


def test_stopping_while_a_callback_waits(deployed: Stack, silent_queue: Callable[[], None]) -> None:
    bucket = deployed.output("bucket_name")
    deployed.s3.upload_file(str(SAMPLE), bucket, "test/input.csv")
    execution = start_execution(deployed)
    eventually(
        lambda: step(deployed, execution, "vej-callback-step").get("StepStatus"),
        lambda value: value == "Executing",
    )
    stopping = deployed.start("stop", "--execution", execution)
    eventually(lambda: status(deployed, execution), "Stopping".__eq__)
    silent_queue()
    output, _ = stopping.communicate(timeout=60)
    assert stopping.returncode == 0, output
    assert status(deployed, execution) == "Stopped"
    assert step(deployed, execution, "vej-callback-step")["StepStatus"] in {"Stopped", "Failed"}
    assert step(deployed, execution, "export-vej-step") == {}


def test_the_function_logs_json_with_both_arns(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    group = f"/aws/lambda/{deployed.output('geospatial_function_name')}"
    events = deployed.logs.filter_log_events(logGroupName=group, filterPattern="vector-enrichment-job")[
        "events"
    ]
    lines = [json.loads(event["message"]) for event in events if event.get("message", "").startswith("{")]
    assert lines
    text = json.dumps(lines)
    assert re.search(r"arn:aws:sagemaker:us-west-2:\d{12}:pipeline/[^/]+/execution/[a-z0-9]{12}", text)
    assert re.search(
        r"arn:aws:sagemaker-geospatial:us-west-2:\d{12}:vector-enrichment-job/[a-z0-9]{12}", text
    )


def test_status_outputs_and_hello_tell_what_there_is(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    assert "Succeeded" in deployed.invoke("status").output
    assert deployed.output("queue_url") in deployed.invoke("outputs").output.replace("\n", "")
    assert "notebook" in deployed.invoke("hello").output.lower()
