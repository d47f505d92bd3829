"""Training jobs through the API, with containers that are functions."""

import json

import pytest

from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import (
    ARN,
    BUCKET,
    await_end,
    channel,
    describe,
    refusal,
    run,
    statuses,
    training,
    unpacked,
)

KIND = "Training"


def train(container: FakeContainer) -> int:
    container.say("loss=0.5;", "loss=nan;", "loss=0.25;", "accuracy: 0.9")
    container.write("model/model.txt", container.read("input/data/train/a.csv"))
    container.write("output/data/notes/a.txt", "notes")
    return 0


def test_a_job_downloads_trains_uploads(cloud: Cloud, images: FakeImages) -> None:
    images.program = train
    definitions = [
        {"Name": "loss", "Regex": r"loss=([^;]+);"},
        {"Name": "accuracy", "Regex": r"accuracy: ([0-9.]+)"},
        {"Name": "absent", "Regex": "absent=(.*)"},
    ]
    request = training(HyperParameters={"epochs": "3", "name": "x"}, Tags=[{"Key": "team", "Value": "blue"}])
    algorithm = request["AlgorithmSpecification"]
    assert isinstance(algorithm, dict)
    algorithm["MetricDefinitions"] = definitions
    answer = cloud.call("CreateTrainingJob", **request)
    assert answer == {"TrainingJobArn": f"{ARN}:training-job/job"}
    job = await_end(cloud, KIND)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://{BUCKET}/out/job/output/model.tar.gz"}
    assert unpacked(cloud, "out/job/output/model.tar.gz") == {"model.txt": b"1,2\n"}
    assert unpacked(cloud, "out/job/output/output.tar.gz") == {"notes/a.txt": b"notes"}
    metrics = job["FinalMetricDataList"]
    assert isinstance(metrics, list)
    assert {item["MetricName"]: item["Value"] for item in metrics} == {"loss": 0.25, "accuracy": 0.9}
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"]
    assert job["HyperParameters"] == {"epochs": "3", "name": "x"}
    assert "Tags" not in job
    assert cloud.call("ListTags", ResourceArn=str(job["TrainingJobArn"]))["Tags"] == request["Tags"]
    ((group, stream), lines), *_ = cloud.host.logs.items()
    assert group == "/aws/sagemaker/TrainingJobs"
    assert stream.startswith("job/algo-1-")
    assert lines == ["loss=0.5;", "loss=nan;", "loss=0.25;", "accuracy: 0.9"]
    assert not images.folders[0].exists()


def test_the_container_finds_what_sagemaker_gives_it(cloud: Cloud, images: FakeImages) -> None:
    seen: dict[str, object] = {}

    def program(container: FakeContainer) -> int:
        for name in ("hyperparameters", "inputdataconfig", "resourceconfig"):
            seen[name] = json.loads(container.read(f"input/config/{name}.json"))
        return 0

    images.program = program
    request = training(
        HyperParameters={"epochs": "3", "note": "x", "sagemaker_program": '"train.py"', "a=b": "1"},
        Environment={"MINE": "1", "TRAINING_JOB_NAME": "other"},
        InputDataConfig=[channel("train", ContentType="text/csv"), channel("my-test")],
    )
    run(cloud, KIND, request)
    described = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}
    described["RecordWrapperType"] = "None"
    assert seen["hyperparameters"] == request["HyperParameters"]
    assert seen["inputdataconfig"] == {"train": described | {"ContentType": "text/csv"}, "my-test": described}
    resources = seen["resourceconfig"]
    assert isinstance(resources, dict)
    assert (resources["current_host"], resources["hosts"]) == ("algo-1", ["algo-1"])
    assert images.containers[0].run.command == ("train",)
    environment = images.containers[0].run.environment
    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["TRAINING_JOB_ARN"] == f"{ARN}:training-job/job"
    assert environment["TRAINING_JOB_NAME"] == "other"
    assert environment["MINE"] == "1"
    assert environment["SM_MODEL_DIR"] == "/opt/ml/model"
    assert environment["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert environment["SM_CHANNEL_MY-TEST"] == "/opt/ml/input/data/my-test"
    assert environment["SM_HP_EPOCHS"] == "3"
    assert json.loads(environment["SM_HPS"]) == {"epochs": 3, "note": "x", "a=b": 1}
    assert json.loads(environment["SM_FRAMEWORK_PARAMS"]) == {"sagemaker_program": "train.py"}
    assert json.loads(environment["SM_USER_ARGS"])[:4] == ["--epochs", "3", "--note", "x"]
    assert json.loads(environment["SM_TRAINING_ENV"])["channel_input_dirs"]["train"].endswith("/train")
    assert not [name for name in environment if "=" in name]


def test_hyperparameters_that_are_too_large_for_variables_are_in_their_file(
    cloud: Cloud, images: FakeImages
) -> None:
    """AWS takes 100 of 2500 characters: 250 kB."""
    given = {f"name-{number}": "é" * 2500 for number in range(98)} | {"deep": "[" * 2500, "json": "[1]"}
    seen: list[object] = []

    def program(container: FakeContainer) -> int:
        seen.append(json.loads(container.read("input/config/hyperparameters.json")))
        return 0

    images.program = program
    job = run(cloud, "Training", training(HyperParameters=given))
    assert job["TrainingJobStatus"] == "Completed", job
    environment = images.containers[0].run.environment
    assert seen == [given]
    assert environment["SM_HP_NAME-97"] == "é" * 2500
    assert environment["SM_HP_DEEP"] == "[" * 2500
    assert environment["SM_HP_JSON"] == "[1]"
    assert max(len(f"{name}={value}".encode()) for name, value in environment.items()) < 128 * 1024
    [[told]] = cloud.host.logs.values()
    assert told.startswith("sagestep local cloud: SM_HPS, SM_USER_ARGS, SM_TRAINING_ENV cannot be set")


def test_an_entry_point_takes_the_place_of_the_images(cloud: Cloud, images: FakeImages) -> None:
    request = training(
        AlgorithmSpecification={
            "TrainingImage": "image",
            "TrainingInputMode": "FastFile",
            "ContainerEntrypoint": ["python3", "other.py"],
            "ContainerArguments": ["--fast"],
        }
    )
    assert run(cloud, KIND, request)["TrainingJobStatus"] == "Completed"
    made = images.containers[0].run
    assert (made.command, made.replaces_entrypoint) == (("python3", "other.py", "--fast"), True)


def test_stages_and_events(cloud: Cloud) -> None:
    job = run(cloud, KIND, training())
    stages = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    transitions = job["SecondaryStatusTransitions"]
    assert isinstance(transitions, list)
    assert [item["Status"] for item in transitions] == stages
    assert transitions[-1]["StatusMessage"] == "Training job completed"
    assert statuses(cloud, KIND, "SecondaryStatus") == stages
    assert statuses(cloud, KIND) == ["InProgress"] * 4 + ["Completed"]
    source, detail_type, detail, resources = cloud.host.events[-1]
    assert (source, detail_type) == ("aws.sagemaker", "SageMaker Training Job State Change")
    assert resources == (f"{ARN}:training-job/job",)
    assert (detail["TrainingJobName"], detail["RoleArn"], detail["Tags"]) == ("job", ROLE, {})
    assert isinstance(detail["CreationTime"], int)


def test_a_job_without_channels_downloads_nothing(cloud: Cloud) -> None:
    request = training()
    del request["InputDataConfig"]
    run(cloud, KIND, request)
    assert statuses(cloud, KIND, "SecondaryStatus") == ["Starting", "Training", "Uploading", "Completed"]


def test_an_empty_model_is_not_uploaded(cloud: Cloud) -> None:
    assert run(cloud, KIND, training())["TrainingJobStatus"] == "Completed"
    assert list(cloud.host.objects) == [(BUCKET, "data/a.csv")]


def test_an_uncompressed_model_is_uploaded_file_by_file(cloud: Cloud, images: FakeImages) -> None:
    images.program = train
    output = {"S3OutputPath": f"s3://{BUCKET}/out/", "CompressionType": "NONE"}
    job = run(cloud, KIND, training(OutputDataConfig=output))
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://{BUCKET}/out/job/output/model/"}
    assert cloud.host.objects[BUCKET, "out/job/output/model/model.txt"] == b"1,2\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("it broke\n", "AlgorithmError: it broke, exit code: 3"),
        (None, "AlgorithmError: , exit code: 3"),
        ("x" * 5000, f"AlgorithmError: {'x' * 960}, exit code: 3"),
    ],
)
def test_a_container_that_fails_says_why(
    cloud: Cloud, images: FakeImages, text: str | None, reason: str
) -> None:
    def program(container: FakeContainer) -> int:
        train(container)
        if text is not None:
            container.write("output/failure", text)
        return 3

    images.program = program
    job = run(cloud, KIND, training())
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"] == reason
    assert (BUCKET, "out/job/output/output.tar.gz") in cloud.host.objects


def test_a_job_without_an_image_fails(cloud: Cloud) -> None:
    algorithm = {"TrainingImage": "missing", "TrainingInputMode": "File"}
    job = run(cloud, KIND, training(AlgorithmSpecification=algorithm))
    assert job["FailureReason"] == "ClientError: Requested image missing not found."
    assert job.get("TrainingStartTime") is None


def test_data_that_is_not_there_is_refused_as_aws_does(cloud: Cloud) -> None:
    request = training(InputDataConfig=[channel(uri=f"s3://{BUCKET}/nothing/")])
    assert refusal(cloud, "CreateTrainingJob", request) == (
        f'No S3 objects found under S3 URL "s3://{BUCKET}/nothing/" given in input data source. '
        "Please ensure that the bucket exists in the selected region (eu-west-1), that objects exist under "
        f'that S3 prefix, and that the role "{ROLE}" has "s3:ListBucket" permissions on bucket "{BUCKET}".'
    )
    assert cloud.call("ListTrainingJobs")["TrainingJobSummaries"] == []


def test_data_that_goes_away_fails_the_job(cloud: Cloud) -> None:
    cloud.host.on_open = cloud.host.objects.clear
    job = run(cloud, KIND, training())
    assert job["FailureReason"] == (
        "ClientError: Data download failed:Unable to download object "
        f"s3://{BUCKET}/data/a.csv (NoSuchKey: The specified key does not exist.)"
    )


def test_results_that_cannot_be_written_fail_the_job(cloud: Cloud, images: FakeImages) -> None:
    images.program = train
    cloud.host.refusing_buckets = {"gone"}
    job = run(cloud, KIND, training(OutputDataConfig={"S3OutputPath": "s3://gone"}))
    assert job["FailureReason"] == (
        "ClientError: Artifact upload failed:Unable to write s3://gone/job/output/model.tar.gz "
        "(NoSuchBucket: The specified bucket does not exist)"
    )


def test_names_are_unique(cloud: Cloud) -> None:
    run(cloud, KIND, training())
    assert refusal(cloud, "CreateTrainingJob", training(), "ResourceInUse") == (
        "Training job names must be unique within an AWS account and region, and a training job with this "
        f"name already exists ({ARN}:training-job/job)"
    )


def test_a_job_that_does_not_exist(cloud: Cloud) -> None:
    asked: Document = {"TrainingJobName": "none"}
    for operation in ("DescribeTrainingJob", "StopTrainingJob"):
        assert refusal(cloud, operation, asked) == "Requested resource not found."


def test_harmless_members_are_echoed(cloud: Cloud) -> None:
    more: Document = {
        "DebugHookConfig": {"S3OutputPath": f"s3://{BUCKET}/debug", "CollectionConfigurations": []},
        "EnableInterContainerTrafficEncryption": True,
        "ExperimentConfig": {"ExperimentName": "experiment"},
        "ProfilerConfig": {"S3OutputPath": f"s3://{BUCKET}/profile", "DisableProfiler": False},
        "RetryStrategy": {"MaximumRetryAttempts": 2},
    }
    nothing: Document = {
        "EnableNetworkIsolation": False,
        "EnableManagedSpotTraining": False,
        "RemoteDebugConfig": {"EnableRemoteDebug": False},
        "ProfilerRuleConfigurations": [],
    }
    job = run(cloud, KIND, training() | more | nothing)
    assert {name: job[name] for name in more} == more
    assert job["ProfilingStatus"] == "Enabled"
    assert describe(cloud, KIND) == job
