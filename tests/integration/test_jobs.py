"""Training, Processing and Transform jobs on the wire: programs that run, their data, logs and ends."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.images import (
    NO_IMAGE,
    finished_training,
    model,
    processing,
    put_data,
    read,
    read_archive,
    train,
    training,
    transform,
)
from tests.integration.machines import Stopwatch
from tests.integration.processes import linux, processes, programs
from tests.integration.wire import Cloud, Document, eventually, refused, unique

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def data(cloud: Cloud) -> str:
    return put_data(cloud, "1,2", "3,4")


@pytest.fixture
def started(shared_folder: Path) -> Path:
    """Where a training program says that it has started."""
    return shared_folder / "started"


def logged(cloud: Cloud, group: str, prefix: str) -> list[str]:
    """Give the messages of all streams of a log group whose names start so."""
    found = cloud.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
    return [
        event["message"]
        for stream in found
        for event in cloud.logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
        )["events"]
    ]


def test_a_training_job_runs_its_program_on_its_data(cloud: Cloud, data: str) -> None:
    request = training(data)
    job = train(cloud, request)
    name = request["TrainingJobName"]
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    stages = [item["Status"] for item in job["SecondaryStatusTransitions"]]
    assert stages == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"{data.replace('/data/', '/output')}/{name}/output/model.tar.gz"
    assert read_archive(cloud, uri, "data.csv") == "1,2\n3,4"
    [metric] = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("accuracy", 0.75)
    assert logged(cloud, "/aws/sagemaker/TrainingJobs", f"{name}/algo-1-") == [
        "accuracy=0.75;",
        f"sees us-west-2 http://127.0.0.1:{cloud.port}",
    ]


def test_a_job_reports_every_change_of_its_status_as_an_event(cloud: Cloud, data: str) -> None:
    queue, request = cloud.queue(), training(data)
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobName": [request["TrainingJobName"]]}}
    rule = unique("rule")
    cloud.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    cloud.let("events", cloud.queue_arn(queue))
    cloud.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": cloud.queue_arn(queue)}])
    train(cloud, request)
    stages: list[str] = []
    while "Completed" not in stages:
        event = cloud.receive(queue)
        assert event["detail-type"] == "SageMaker Training Job State Change"
        stages.append(event["detail"]["SecondaryStatus"])
    assert set(stages) <= {"Starting", "Downloading", "Training", "Uploading", "Completed"}


def test_a_job_goes_on_from_its_checkpoint_and_its_model_is_encrypted(cloud: Cloud, data: str) -> None:
    checkpoints = data.replace("/data/", "/checkpoints")
    key = cloud.stack.client("kms").create_key()["KeyMetadata"]["KeyId"]
    for _ in range(2):
        request = training(data) | {"CheckpointConfig": {"S3Uri": checkpoints}}
        request["OutputDataConfig"]["KmsKeyId"] = key
        job = train(cloud, request)
        assert job["TrainingJobStatus"] == "Completed", job
    assert read(cloud, f"{checkpoints}/epochs") == b"epoch\nepoch\n"
    bucket, _, name = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    assert cloud.s3.head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"].endswith(key)


def test_a_program_that_fails_says_why(cloud: Cloud, data: str) -> None:
    job = train(cloud, training(data, reason="no more memory"))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no more memory, exit code: 3"


def test_an_image_that_is_nowhere_fails_the_job_by_name(cloud: Cloud, data: str) -> None:
    job = train(cloud, training(data, NO_IMAGE))
    assert job["TrainingJobStatus"] == "Failed"
    assert f"Requested image {NO_IMAGE} not found" in job["FailureReason"]


def test_data_that_are_not_there_are_refused_before_there_is_a_job(cloud: Cloud, data: str) -> None:
    request = training(data.replace("/data/", "/nothing/"))
    with refused("ValidationException", "No S3 objects found"):
        cloud.sagemaker.create_training_job(**request)


def test_a_job_that_is_stopped_ends_its_program_and_keeps_its_model(
    cloud: Cloud, data: str, started: Path
) -> None:
    request = training(data, started=str(started), seconds="60")
    cloud.sagemaker.create_training_job(**request)
    eventually(lambda: started.exists() and started.read_text())
    cloud.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    job = finished_training(cloud, request["TrainingJobName"])
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert programs(started.read_text()) == []


def test_a_job_that_takes_too_long_is_stopped(cloud: Cloud, data: str) -> None:
    request = training(data, seconds="60") | {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    job = train(cloud, request)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_processing_job_runs_what_it_is_told_to(cloud: Cloud) -> None:
    source = put_data(cloud, "abc")
    request = processing(source, "one", "two")
    cloud.sagemaker.create_processing_job(**request)
    name = request["ProcessingJobName"]
    status = eventually(
        lambda: cloud.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"],
        lambda status: status != "InProgress",
    )
    assert status == "Completed"
    assert read(cloud, f"{source.replace('/data/', '/output')}/part.csv") == b"one\ntwo\ncba"


def test_a_transform_job_asks_its_model_for_every_line(cloud: Cloud) -> None:
    source = put_data(cloud, "1", "2", "3")
    request = transform(model(cloud, "weights", AS="transform"), source)
    cloud.sagemaker.create_transform_job(**request)
    name = request["TransformJobName"]
    job = eventually(
        lambda: cloud.sagemaker.describe_transform_job(TransformJobName=name),
        lambda job: job["TransformJobStatus"] != "InProgress",
    )
    assert job["TransformJobStatus"] == "Completed", job
    output = read(cloud, f"{source.replace('/data/', '/output')}/part.csv.out").decode().splitlines()
    answers: list[Document] = [json.loads(line) for line in output]
    assert [answer["given"] for answer in answers] == ["1", "2", "3"]
    assert {(answer["model"], answer["as"]) for answer in answers} == {("weights", "transform")}


def test_twenty_jobs_at_once_all_succeed(cloud: Cloud, data: str) -> None:
    watch = Stopwatch.start()
    with ThreadPoolExecutor(20) as threads:
        jobs = list(threads.map(lambda _: train(cloud, training(data)), range(20)))
    assert {job["TrainingJobStatus"] for job in jobs} == {"Completed"}
    assert watch.seconds() < 40


def test_hyperparameters_of_250_kilobytes_reach_the_program(cloud: Cloud, data: str) -> None:
    given = {f"name-{number}": "x" * 2500 for number in range(100)}
    request = training(data, **given)
    assert train(cloud, request)["TrainingJobStatus"] == "Completed"
    told = logged(cloud, "/aws/sagemaker/TrainingJobs", request["TrainingJobName"])
    assert "SM_HPS, SM_USER_ARGS, SM_TRAINING_ENV cannot be set" in told[0]


def test_a_deep_manifest_is_refused(cloud: Cloud, data: str) -> None:
    bucket = data.split("/")[2]
    cloud.s3.put_object(Bucket=bucket, Key="manifest", Body=b"[" * 100_000)
    request = training(data)
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source |= {"S3DataType": "ManifestFile", "S3Uri": f"s3://{bucket}/manifest"}
    with refused("ValidationException", "The manifest", "is not of the form"):
        cloud.sagemaker.create_training_job(**request)


@linux
def test_the_folder_of_a_job_is_its_owners_alone(cloud: Cloud, data: str, started: Path) -> None:
    request = training(data, started=str(started), seconds="60")
    cloud.sagemaker.create_training_job(**request)
    home = Path(str(eventually(lambda: started.exists() and started.read_text())))
    assert home.parent.stat().st_mode & 0o777 == 0o700
    [program] = programs(str(home))
    status = Path(f"/proc/{program}/status").read_text("ascii").splitlines()
    assert "Umask:\t0022" in status
    cloud.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    finished_training(cloud, request["TrainingJobName"])


@linux
def test_what_a_job_starts_ends_with_it(cloud: Cloud, data: str, started: Path) -> None:
    job = train(cloud, training(data, started=str(started), daemon="yes"))
    assert job["TrainingJobStatus"] == "Completed"
    assert processes(Path(started.read_text())) == {}
