"""The second geocoder: a pipeline with a processing job, beside the one with a geospatial job."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.executions import SAMPLE, finish, status, step
from tests.integration.runs import definition_with, describe_run, finish_run, pipeline_of, start_with
from tests.integration.stack import Stack
from tests.integration.wire import eventually, unique

pytestmark = pytest.mark.integration

LONG = "Longitude,Latitude\n" + "8.55,47.37\n" * 600_000  # seconds of work


def result_of(stack: Stack, *arguments: str) -> Path:
    """Run a pipeline on the sample by the driver; gives the file that it fetched."""
    before = set((stack.state / "runs").glob("*/results_0.csv"))
    stack.invoke("run-pipeline", *arguments)
    (result,) = set((stack.state / "runs").glob("*/results_0.csv")) - before
    return result


@pytest.fixture(scope="module")
def vector_enrichment(deployed: Stack) -> bytes:
    """What a Vector Enrichment Job makes of the sample."""
    return result_of(deployed).read_bytes()


@pytest.fixture
def processing(deployed: Stack) -> Stack:
    """The stack that most tests share: both pipelines are deployed."""
    return deployed


def job_of(stack: Stack, execution: str) -> dict[str, Any]:
    """Wait until the pipeline has started its job; describes it."""

    def started() -> str:
        metadata: Any = step(stack, execution, "geocode").get("Metadata", {})
        return str(metadata.get("ProcessingJob", {}).get("Arn", ""))

    name = eventually(started).rpartition("/")[2]
    return {**stack.sagemaker.describe_processing_job(ProcessingJobName=name)}


def start_on(stack: Stack, content: str) -> tuple[str, str]:
    """Start the state machine on a file; gives the execution's ARN, and where its result is to go."""
    bucket, name = stack.output("bucket_name"), unique("geocode")
    source, target = f"samplefiles/{name}/places.csv", f"outputfiles/{name}/"
    stack.s3.put_object(Bucket=bucket, Key=source, Body=content.encode())
    parameters = {
        "parameter_input_uri": f"s3://{bucket}/{source}",
        "parameter_output_uri": f"s3://{bucket}/{target}",
    }
    return start_with(stack, {"pipeline": "geocoding", "parameters": parameters}), target


def left_at(stack: Stack, target: str) -> list[str]:
    """Name what lies under a prefix."""
    found = stack.s3.list_objects_v2(Bucket=stack.output("bucket_name"), Prefix=target)
    return [item["Key"] for item in found.get("Contents", [])]


@pytest.mark.parametrize("arguments", [(), ("--direct", "--set", "parameter_instance_count=3")])
def test_both_geocoders_make_the_same_of_the_sample(
    processing: Stack, vector_enrichment: bytes, arguments: tuple[str, ...]
) -> None:
    made = result_of(processing, "--pipeline", "geocoding", *arguments).read_bytes()
    assert made.count(b"\n") == SAMPLE.read_bytes().count(b"\n")
    assert made == vector_enrichment


def test_the_output_tells_of_the_job(processing: Stack) -> None:
    run, target = start_on(processing, "Longitude,Latitude\n-149.9,61.2\nnorth,47\n")
    described = finish_run(processing, run)
    assert described["status"] == "SUCCEEDED", described
    results = json.loads(described["output"])["results"]
    assert results["message"] == "2 rows geocoded"
    assert (
        results["processing_job_arn"] == job_of(processing, pipeline_of(processing, run))["ProcessingJobArn"]
    )
    assert left_at(processing, target) == [f"{target}results_0.csv"]


def test_a_bad_file_fails_the_job_and_its_reason_reaches_the_user(processing: Stack) -> None:
    run, target = start_on(processing, "Longitude,lat\n1,2\n")
    reason = "The file has no column 'Latitude'. Its columns are: Longitude, lat."
    described = finish_run(processing, run)
    assert (described["status"], described["error"]) == ("FAILED", "PipelineExecutionFailed")
    assert described["cause"].startswith(f"Step geocode failed: ClientError: AlgorithmError: {reason}")
    shown = processing.invoke("attach", "--execution", run, expect=1).output
    assert reason in " ".join(shown.split())
    assert left_at(processing, target) == []


def test_a_missing_object_is_named(processing: Stack) -> None:
    uri = f"s3://{processing.output('bucket_name')}/samplefiles/nothing/here.csv"
    parameters = {"parameter_input_uri": uri, "parameter_output_uri": f"{uri}.out/"}
    described = finish_run(
        processing, start_with(processing, {"pipeline": "geocoding", "parameters": parameters})
    )
    assert described["status"] == "FAILED"
    assert uri in described["cause"]


def test_the_other_pipelines_parameters_are_refused_by_name(processing: Stack) -> None:
    run = start_with(
        processing, {"pipeline": "geocoding", "parameters": {"parameter_queue_url": "https://queue"}}
    )
    described = finish_run(processing, run)
    assert described["error"] == "InvalidInputError"
    assert "parameter_queue_url" in described["cause"]


def test_stop_stops_the_job_which_leaves_nothing(processing: Stack) -> None:
    run, target = start_on(processing, LONG)
    execution = pipeline_of(processing, run)
    eventually(lambda: job_of(processing, execution)["ProcessingJobStatus"], "InProgress".__eq__)
    processing.invoke("stop", "--execution", run)
    assert describe_run(processing, run)["status"] == "ABORTED"
    assert status(processing, execution) == "Stopped"
    assert job_of(processing, execution)["ProcessingJobStatus"] == "Stopped"
    assert left_at(processing, target) == []


def test_a_deadline_stops_the_job_and_a_heartbeat_is_not_waited_for(processing: Stack) -> None:
    with definition_with(processing, TimeoutSeconds=2):
        run, _ = start_on(processing, LONG)
        described = finish_run(processing, run)
    assert (described["status"], described["error"]) == ("FAILED", "States.Timeout")
    execution = pipeline_of(processing, run)
    assert finish(processing, execution) == "Stopped"
    assert job_of(processing, execution)["ProcessingJobStatus"] == "Stopped"
