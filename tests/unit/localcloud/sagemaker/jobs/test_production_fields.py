"""Fields of production code: checkpoints, KMS keys, isolation, Spot, retries; told or done."""

import time
from pathlib import Path

import pytest

from localcloud.containers.images import Run
from localcloud.sagemaker.jobs.runtime import INTERNAL_ERROR
from localcloud.sagemaker.jobs.synchronization import SynchronizedFolder
from localcloud.sagemaker.wire.s3_uri import S3Uri
from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages, Program
from tests.unit.localcloud.sagemaker.jobs.requests import (
    BUCKET,
    await_end,
    describe,
    processing,
    processing_output,
    refusal,
    run,
    statuses,
    training,
)

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
VPC = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
CHECKPOINTS = {"S3Uri": f"s3://{BUCKET}/checkpoints"}


def writing(path: str, text: str) -> Program:
    """Make a program that writes a file."""

    def program(container: FakeContainer) -> int:
        container.write(path, text)
        return 0

    return program


def test_checkpoints_are_restored_and_those_that_are_made_lie_in_s3(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        container.write("checkpoints/epoch-2/state", container.read("checkpoints/epoch-1") + "+1")
        (container.run.ml_root / "checkpoints/epoch-1").unlink()
        return 0

    images.program = program
    cloud.host.objects[BUCKET, "checkpoints/epoch-1"] = b"1"
    cloud.host.objects[BUCKET, "checkpoints-of-others/a"] = b"x"
    job = run(cloud, "Training", training(CheckpointConfig=CHECKPOINTS))
    assert job["TrainingJobStatus"] == "Completed"
    assert job["CheckpointConfig"] == CHECKPOINTS
    kept = {key for _, key in cloud.host.objects if key.startswith("checkpoints")}
    assert kept == {"checkpoints/epoch-2/state", "checkpoints-of-others/a"}
    assert cloud.host.objects[BUCKET, "checkpoints/epoch-2/state"] == b"1+1"


def test_checkpoints_reach_s3_while_the_job_runs_and_when_it_fails(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> None:
        container.write("checkpoints/one", "1")

    images.program = program
    cloud.call("CreateTrainingJob", **training(CheckpointConfig=CHECKPOINTS))
    container = images.await_start()
    for _ in range(2000):
        if (BUCKET, "checkpoints/one") in cloud.host.objects:
            break
        time.sleep(0.01)
    assert describe(cloud, "Training")["TrainingJobStatus"] == "InProgress"
    assert cloud.host.objects[BUCKET, "checkpoints/one"] == b"1"
    container.write("checkpoints/two", "2")
    container.end(1)
    assert await_end(cloud, "Training")["TrainingJobStatus"] == "Failed"
    assert cloud.host.objects[BUCKET, "checkpoints/two"] == b"2"


def test_checkpoints_may_lie_anywhere_in_the_container(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        (container.run.mounts["/tmp/states"] / "a").write_text("a", "utf-8")
        return 0

    images.program = program
    run(cloud, "Training", training(CheckpointConfig=CHECKPOINTS | {"LocalPath": "/tmp/states/"}))
    assert cloud.host.objects[BUCKET, "checkpoints/a"] == b"a"


def test_one_folder_may_hold_checkpoints_and_tensorboard_files(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        (container.run.mounts["/tmp/states"] / "a").write_text("a", "utf-8")
        return 0

    images.program = program
    place = {"LocalPath": "/tmp/states"}
    board = {"S3OutputPath": f"s3://{BUCKET}/boards"} | place
    run(cloud, "Training", training(CheckpointConfig=CHECKPOINTS | place, TensorBoardOutputConfig=board))
    for key in ("checkpoints/a", "boards/job/tensorboard-output/a"):
        assert cloud.host.objects[BUCKET, key] == b"a"


def test_a_bucket_that_refuses_checkpoints_fails_the_job_at_its_end(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        container.write("checkpoints/one", "1")
        return 0

    images.program = program
    cloud.host.refusing_buckets.add("other")
    job = run(cloud, "Training", training(CheckpointConfig={"S3Uri": "s3://other/a"}))
    assert job["TrainingJobStatus"] == "Failed"
    assert "ClientError: Artifact upload failed:Unable to write s3://other/a/one" in str(job["FailureReason"])


def test_files_that_grow_are_uploaded_once_they_rest(cloud: Cloud, tmp_path: Path) -> None:
    folder = SynchronizedFolder(tmp_path, S3Uri(BUCKET, "grown"), cloud.host)
    file = tmp_path / "a"
    file.write_text("1", "utf-8")
    folder.follow()
    file.write_text("12", "utf-8")
    folder.follow()
    assert (BUCKET, "grown/a") not in cloud.host.objects
    folder.follow()
    assert cloud.host.objects[BUCKET, "grown/a"] == b"12"


def test_tensorboard_and_continuous_outputs_reach_s3(cloud: Cloud, images: FakeImages) -> None:
    images.program = writing("output/tensorboard/events", "e")
    board = {"S3OutputPath": f"s3://{BUCKET}/boards"}
    run(cloud, "Training", training(TensorBoardOutputConfig=board))
    assert cloud.host.objects[BUCKET, "boards/job/tensorboard-output/events"] == b"e"
    images.program = writing("processing/output/result/a", "a")
    output = processing_output(S3UploadMode="Continuous")
    run(cloud, "Processing", processing(ProcessingOutputConfig={"Outputs": [output], "KmsKeyId": KEY}))
    assert cloud.host.objects[BUCKET, "out/result/a"] == b"a"
    assert cloud.host.encrypted == {(BUCKET, "out/result/a"): KEY}


def test_results_of_a_training_job_are_encrypted_by_its_key(cloud: Cloud, images: FakeImages) -> None:
    images.program = writing("model/a", "a")
    output = {"S3OutputPath": f"s3://{BUCKET}/out", "KmsKeyId": KEY}
    job = run(cloud, "Training", training(OutputDataConfig=output))
    assert cloud.host.encrypted == {(BUCKET, "out/job/output/model.tar.gz"): KEY}
    assert job["OutputDataConfig"] == output | {"CompressionType": "GZIP"}


@pytest.mark.parametrize("kind", ["Training", "Processing"])
def test_an_isolated_container_gets_no_network_and_no_keys(
    cloud: Cloud, images: FakeImages, kind: str
) -> None:
    of_training = training(EnableNetworkIsolation=True, VpcConfig=VPC)
    of_processing = processing(NetworkConfig={"EnableNetworkIsolation": True, "VpcConfig": VPC})
    job = run(cloud, kind, of_training if kind == "Training" else of_processing)
    ran: Run = images.containers[0].run
    assert ran.is_isolated
    assert ran.environment["AWS_REGION"] == "eu-west-1"
    assert "AWS_SESSION_TOKEN" not in ran.environment
    told = job if kind == "Training" else job["NetworkConfig"]
    assert isinstance(told, dict)
    assert (told["EnableNetworkIsolation"], told["VpcConfig"]) == (True, VPC)


def test_a_spot_job_ends_when_it_has_waited_and_run_too_long(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    # The clock of this cloud goes on by a second with every look at it.
    stopping = {"MaxRuntimeInSeconds": 30, "MaxWaitTimeInSeconds": 30}
    cloud.call("CreateTrainingJob", **training(EnableManagedSpotTraining=True, StoppingCondition=stopping))
    job = await_end(cloud, "Training")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"] == stopping


@pytest.mark.parametrize(("retries", "status"), [(1, "Failed"), (2, "Completed")])
def test_an_internal_error_is_retried_as_often_as_asked(
    cloud: Cloud, images: FakeImages, retries: int, status: str
) -> None:
    attempts: list[FakeContainer] = []

    def program(container: FakeContainer) -> int:
        attempts.append(container)
        if len(attempts) < 3:
            raise RuntimeError("of the service")
        return 0

    images.program = program
    job = run(cloud, "Training", training(RetryStrategy={"MaximumRetryAttempts": retries}))
    assert job["TrainingJobStatus"] == status
    assert job.get("FailureReason") == (INTERNAL_ERROR if status == "Failed" else None)
    stages = statuses(cloud, "Training", "SecondaryStatus")
    assert stages.count("Starting") == retries + 1


def test_an_error_of_the_program_is_not_retried(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: 1
    run(cloud, "Training", training(RetryStrategy={"MaximumRetryAttempts": 3}))
    assert len(images.containers) == 1


def test_an_isolated_model_is_created_and_described(cloud: Cloud) -> None:
    request: Document = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}, "ExecutionRoleArn": ROLE}
    cloud.call("CreateModel", **request, VpcConfig=VPC, EnableNetworkIsolation=True)
    model = cloud.call("DescribeModel", ModelName="m")
    assert (model["VpcConfig"], model["EnableNetworkIsolation"]) == (VPC, True)


def test_what_is_written_continuously_has_a_mode_of_the_model(cloud: Cloud) -> None:
    output = processing_output(S3UploadMode="Sometimes")
    request = processing(ProcessingOutputConfig={"Outputs": [output]})
    assert "s3UploadMode" in refusal(cloud, "CreateProcessingJob", request)
