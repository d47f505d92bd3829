"""Processing jobs through the API, with containers that are functions."""

import json

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import (
    ARN,
    BUCKET,
    processing,
    processing_input,
    processing_output,
    refusal,
    run,
    statuses,
)

KIND = "Processing"
INPUT = "/opt/ml/processing/input"


def process(container: FakeContainer) -> int:
    container.say("working")
    container.write(
        "processing/output/result/deep/b.csv", container.read("processing/input/data/a.csv").upper()
    )
    container.write("output/message", "all is well")
    return 0


def test_a_job_downloads_processes_uploads(cloud: Cloud, images: FakeImages) -> None:
    seen: dict[str, Document] = {}

    def program(container: FakeContainer) -> int:
        seen["job"] = json.loads(container.read("config/processingjobconfig.json"))
        seen["resources"] = json.loads(container.read("config/resourceconfig.json"))
        assert (container.run.ml_root / "processing/output/result").is_dir()
        return process(container)

    images.program = program
    request = processing(
        Environment={"MINE": "1"},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        NetworkConfig={"EnableNetworkIsolation": False},
    )
    job = run(cloud, KIND, request)
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "all is well")
    assert job["AppSpecification"] == request["AppSpecification"]
    assert job["NetworkConfig"] == request["NetworkConfig"]
    assert cloud.host.objects[BUCKET, "out/result/deep/b.csv"] == b"1,2\n"
    assert seen["job"]["ProcessingJobArn"] == job["ProcessingJobArn"] == f"{ARN}:processing-job/job"
    assert seen["job"]["Environment"] == {"MINE": "1"}
    assert seen["resources"]["hosts"] == ["algo-1"]
    made = images.containers[0].run
    assert (made.command, made.replaces_entrypoint) == (("python3", "script.py"), True)
    assert made.environment["MINE"] == "1"
    ((group, stream), lines), *_ = cloud.host.logs.items()
    assert (group, lines) == ("/aws/sagemaker/ProcessingJobs", ["working"])
    assert stream.startswith("job/algo-1-")


def test_events_tell_the_status_and_no_stages(cloud: Cloud) -> None:
    run(cloud, KIND, processing())
    assert statuses(cloud, KIND) == ["InProgress", "Completed"]
    assert cloud.host.events[-1][1] == "SageMaker Processing Job State Change"


def test_a_container_that_fails_says_why_and_keeps_its_outputs(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda container: process(container) or 2
    job = run(cloud, KIND, processing())
    assert job["FailureReason"] == "AlgorithmError: all is well, exit code: 2"
    assert job["ExitMessage"] == "all is well"
    assert (BUCKET, "out/result/deep/b.csv") in cloud.host.objects


def test_arguments_alone_go_to_the_images_entry_point(cloud: Cloud, images: FakeImages) -> None:
    run(cloud, KIND, processing(AppSpecification={"ImageUri": "image", "ContainerArguments": ["--all"]}))
    made = images.containers[0].run
    assert (made.command, made.replaces_entrypoint) == (("--all",), False)


def test_an_exit_message_is_cut_between_characters(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        container.write("output/message", "x" + "é" * 1000)
        return 0

    images.program = program
    assert run(cloud, KIND, processing())["ExitMessage"] == "x" + "é" * 511


def test_an_exit_message_must_be_text(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        (container.run.ml_root / "output/message").write_bytes(b"\xff\xfe" * 10)
        return 0

    images.program = program
    reason = run(cloud, KIND, processing())["FailureReason"]
    assert reason == "ClientError: The data in /opt/ml/output/message is not UTF-8 encoded."


def test_data_that_is_not_there_fails_the_job(cloud: Cloud) -> None:
    request = processing(ProcessingInputs=[processing_input(uri=f"s3://{BUCKET}/nothing/")])
    reason = str(run(cloud, KIND, request)["FailureReason"])
    assert reason.startswith(
        "ClientError: Failed to download data. No S3 objects found under S3 URL "
        f'"s3://{BUCKET}/nothing/" given in input data source. Please ensure that the bucket exists'
    )


def test_a_manifest_names_the_inputs(cloud: Cloud, images: FakeImages) -> None:
    manifest = [{"prefix": f"s3://{BUCKET}/da"}, "ta/a.csv"]
    cloud.host.objects[BUCKET, "manifest"] = json.dumps(manifest).encode()
    seen: list[str] = []

    def program(container: FakeContainer) -> int:
        seen.append(container.read("processing/input/data/ta/a.csv"))
        return 0

    images.program = program
    source = processing_input(uri=f"s3://{BUCKET}/manifest", S3DataType="ManifestFile")
    assert run(cloud, KIND, processing(ProcessingInputs=[source]))["ProcessingJobStatus"] == "Completed"
    assert seen == ["1,2\n"]


def test_jobs_that_do_not_exist_and_names_in_use(cloud: Cloud) -> None:
    asked: Document = {"ProcessingJobName": "none"}
    assert refusal(cloud, "DescribeProcessingJob", asked) == "Could not find requested job with name: none"
    assert refusal(cloud, "StopProcessingJob", asked) == "Could not find job to update with name: none"
    run(cloud, KIND, processing())
    assert refusal(cloud, "CreateProcessingJob", processing(), "ResourceInUse") == (
        "Job name must be unique within an AWS account and region, and a job with this name already exists "
        f"({ARN}:processing-job/job)"
    )


def outputs(*items: Document, **more: object) -> Document:
    return {"ProcessingOutputConfig": {"Outputs": list(items), **more}}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"ProcessingInputs": [processing_input(LocalPath="/opt/ml/input/x")]},
            "ProcessingInputs.1.S3Input.LocalPath '/opt/ml/input/x' must begin with /opt/ml/processing/",
        ),
        (
            {"ProcessingInputs": [processing_input(LocalPath="/opt/ml/processing/../x")]},
            "must begin with /opt/ml/processing/",
        ),
        ({"ProcessingInputs": [processing_input(LocalPath=None)]}, "S3Input.LocalPath is required."),
        ({"ProcessingInputs": [{"InputName": "a"}]}, "ProcessingInputs.1.S3Input is required."),
        ({"ProcessingInputs": [processing_input(S3InputMode="Pipe")]}, "S3InputMode 'Pipe' is not supported"),
        (
            {"ProcessingInputs": [processing_input(), processing_input()]},
            "Processing input names must be unique. Duplicate input name: 'data'.",
        ),
        (
            {"ProcessingInputs": [processing_input("a"), processing_input("b", LocalPath=f"{INPUT}/a/")]},
            "is used more than once",
        ),
        (outputs(processing_output(), processing_output()), "Duplicate output name: 'result'."),
        (outputs({"OutputName": "a"}), "Outputs.1.S3Output is required."),
    ],
)  # fmt: skip
def test_what_is_refused(cloud: Cloud, more: Document, message: str) -> None:
    assert message in refusal(cloud, "CreateProcessingJob", processing() | more)
