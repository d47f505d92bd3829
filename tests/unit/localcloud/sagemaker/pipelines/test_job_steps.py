"""Training, Processing and Transform steps: the jobs they run, what they tell, how they end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document, function_arn, get, lambda_step
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import ARN, BUCKET, await_end
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    cloud_with,
    job_of,
    jobs,
    processing_step,
    reason,
    training_step,
    transform_step,
)


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(images, tmp_path) as cloud:
        yield cloud


def test_a_training_step_runs_a_job_named_after_execution_and_step(cloud: Cloud, images: FakeImages) -> None:
    arn = cloud.run(training_step("Rossmann_Model-Training"))
    step = cloud.steps(arn)["Rossmann_Model-Training"]
    assert step["StepStatus"] == "Succeeded"
    assert step["AttemptCount"] == 1
    assert "CacheHitResult" not in step
    metadata = step["Metadata"]
    execution_id = arn.rpartition("/")[2]
    assert isinstance(metadata, dict)
    pattern = rf"{ARN}:training-job/pipelines-{execution_id}-Rossmann-Model-Train-[A-Za-z0-9]{{10}}"
    assert re.fullmatch(pattern, metadata["TrainingJob"]["Arn"])
    assert job_of(cloud, arn, "Rossmann_Model-Training", "Training")["TrainingJobStatus"] == "Completed"
    assert len(images.containers) == 1
    last = cloud.host.details("Step Status Change")[-1]
    assert last["currentStepStatus"] == "Succeeded"
    assert last["stepType"] == "Training"
    assert last["metadata"] == {"trainingJob": {"arn": metadata["TrainingJob"]["Arn"]}}


def test_a_processing_step_runs_a_job_with_resolved_arguments(cloud: Cloud, images: FakeImages) -> None:
    def work(container: FakeContainer) -> int:
        container.write("processing/output/result/out.txt", container.run.environment["REGION"])
        return 0

    images.program = work
    join = {"Std:Join": {"On": "/", "Values": ["s3:/", BUCKET, get("Execution.PipelineExecutionId")]}}
    output = {
        "OutputName": "result",
        "S3Output": {
            "S3Uri": join,
            "LocalPath": "/opt/ml/processing/output/result",
            "S3UploadMode": "EndOfJob",
        },
    }
    arguments: Document = {
        "Environment": {"REGION": get("Parameters.region")},
        "ProcessingOutputConfig": {"Outputs": [output]},
    }
    parameters = [{"Name": "region", "Type": "String", "DefaultValue": "eu-west-1"}]
    arn = cloud.run(processing_step("process", arguments), Parameters=parameters)
    assert cloud.statuses(arn) == {"process": "Succeeded"}
    assert cloud.host.objects[BUCKET, f"{arn.rpartition('/')[2]}/out.txt"] == b"eu-west-1"


def test_a_transform_step_without_its_model_fails_in_the_words_of_the_operation(cloud: Cloud) -> None:
    arn = cloud.run(transform_step())
    assert reason(cloud, arn, "transform") == (
        "ClientError: Failed to invoke sagemaker:CreateTransformJob. Error Details: "
        f'Could not find model "{ARN}:model/model".'
    )
    assert cloud.steps(arn)["transform"]["Metadata"] == {}
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Failed"


def test_a_request_without_a_role_gets_that_of_the_pipeline(cloud: Cloud) -> None:
    arn = cloud.run(training_step(arguments={"RoleArn": None}))
    assert job_of(cloud, arn, "train", "Training")["RoleArn"] == ROLE


def test_a_name_in_the_definition_is_a_prefix(cloud: Cloud) -> None:
    step = training_step(arguments={"TrainingJobName": get("Parameters.name")})
    arn = cloud.run(step, Parameters=[{"Name": "name", "DefaultValue": "my-models"}])
    name = job_of(cloud, arn, "train", "Training")["TrainingJobName"]
    assert re.fullmatch(rf"my-models-{arn.rpartition('/')[2]}-[A-Za-z0-9]{{10}}", str(name))


def test_a_long_prefix_is_cut_to_what_a_name_may_have(cloud: Cloud) -> None:
    arn = cloud.run(training_step(arguments={"TrainingJobName": "x" * 63}))
    assert len(str(job_of(cloud, arn, "train", "Training")["TrainingJobName"])) == 63


def test_a_failed_job_fails_its_step_with_its_reason(cloud: Cloud, images: FakeImages) -> None:
    def fail(container: FakeContainer) -> int:
        container.write("output/failure", "RuntimeError('no data')")
        return 3

    images.program = fail
    arn = cloud.run(training_step(), lambda_step("after", DependsOn=["train"]))
    assert reason(cloud, arn, "train") == (
        "ClientError: AlgorithmError: RuntimeError('no data'), exit code: 3"
    )
    assert cloud.statuses(arn) == {"train": "Failed"}
    assert "TrainingJob" in json.dumps(cloud.steps(arn)["train"]["Metadata"])
    failure = cloud.host.details("Step Status Change")[-1]
    assert str(failure["failureReason"]).startswith("ClientError: AlgorithmError")


def test_a_missing_image_is_told_once(cloud: Cloud) -> None:
    specification = {"TrainingImage": "missing", "TrainingInputMode": "File"}
    arn = cloud.run(training_step(arguments={"AlgorithmSpecification": specification}))
    assert reason(cloud, arn, "train").startswith("ClientError: ClientError: Requested image missing")


def test_data_that_does_not_exist_keeps_the_job_from_being_created(cloud: Cloud) -> None:
    cloud.host.objects.clear()
    arn = cloud.run(training_step())
    assert reason(cloud, arn, "train").startswith(
        "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: No S3 objects found"
    )
    assert jobs(cloud, "Training") == []


def test_a_value_whose_type_only_the_run_knows_is_refused_when_the_job_is_created(cloud: Cloud) -> None:
    epochs = get("Steps.ask.OutputParameters['epochs']")
    cloud.host.functions[function_arn("function")] = lambda _: {"epochs": 3}
    arn = cloud.run(
        lambda_step("ask", OutputParameters=[{"OutputName": "epochs", "OutputType": "Integer"}]),
        training_step(arguments={"HyperParameters": {"epochs": epochs}}),
    )
    assert "can not be converted to string" in reason(cloud, arn, "train")


def test_a_step_knows_the_name_of_its_own_job(cloud: Cloud) -> None:
    path = {"Std:Join": {"On": "/", "Values": ["s3://bucket", get("Execution.TrainingJobName")]}}
    arn = cloud.run(
        training_step(arguments={"OutputDataConfig": {"S3OutputPath": path}}),
        processing_step(arguments={"Environment": {"JOB": get("Execution.ProcessingJobName")}}),
    )
    trained, processed = (
        job_of(cloud, arn, "train", "Training"),
        job_of(cloud, arn, "process", "Processing"),
    )
    assert trained["OutputDataConfig"] == {
        "S3OutputPath": f"s3://bucket/{trained['TrainingJobName']}",
        "KmsKeyId": "",
        "CompressionType": "GZIP",
    }
    assert processed["Environment"] == {"JOB": processed["ProcessingJobName"]}
    with pytest.raises(ServiceError, match=r"'train': Execution.TrainingJobName cannot name its own job"):
        cloud.create(training_step(arguments={"TrainingJobName": get("Execution.TrainingJobName")}), name="x")


def test_a_stop_stops_the_job(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.create(training_step(), lambda_step("after", DependsOn=["train"]))
    arn = cloud.start()
    container = images.await_start()
    cloud.stop(arn)
    cloud.wait_for_end(arn)
    assert container.signals == ["TERM"]
    assert cloud.statuses(arn) == {"train": "Stopped"}
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopped"
    assert job_of(cloud, arn, "train", "Training")["TrainingJobStatus"] == "Stopped"


def test_a_job_that_fails_while_the_execution_stops_is_stopped_too(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    images.ignores_term = True
    cloud.create(processing_step())
    arn = cloud.start()
    container = images.await_start()
    cloud.stop(arn)
    container.end(1)
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopped"


def test_a_job_that_somebody_else_stops_fails_its_step(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.create(training_step())
    arn = cloud.start()
    images.await_start()
    cloud.host.wait_for(lambda: bool(cloud.host.details("Training Job State Change")))
    (job,) = jobs(cloud, "Training")
    cloud.call("StopTrainingJob", TrainingJobName=job["TrainingJobName"])
    cloud.wait_for_end(arn)
    assert reason(cloud, arn, "train") == f"ClientError: TrainingJob {job['TrainingJobName']} was stopped."


def test_many_jobs_run_at_once_without_a_thread_each(cloud: Cloud, images: FakeImages) -> None:
    """More steps wait for jobs than there are threads for steps; a function still gets its turn."""
    images.program = lambda _: None
    cloud.create(*(processing_step(f"p{number}") for number in range(40)), lambda_step("quick"))
    arn = cloud.start()
    cloud.wait_for_step(arn, "quick", "Succeeded")
    cloud.host.wait_for(lambda: len(cloud.host.details("Processing Job State Change")) == 40)
    cloud.stop(arn)
    cloud.wait_for_end(arn)
    assert set(cloud.statuses(arn).values()) == {"Stopped", "Succeeded"}


def test_a_job_that_ends_at_once_ends_its_step_once(cloud: Cloud) -> None:
    arn = cloud.run(*(processing_step(f"p{number}") for number in range(8)))
    assert set(cloud.statuses(arn).values()) == {"Succeeded"}
    for number in range(8):
        changes = [
            detail["currentStepStatus"]
            for detail in cloud.host.details("Step Status Change")
            if detail["stepName"] == f"p{number}"
        ]
        assert changes == ["Starting", "Executing", "Succeeded"]


def test_a_job_of_the_api_ends_as_before(cloud: Cloud) -> None:
    """Listeners of a step's job do not touch jobs that nobody listens to."""
    request = training_step()["Arguments"]
    assert isinstance(request, dict)
    cloud.call("CreateTrainingJob", TrainingJobName="mine", **request)
    assert await_end(cloud, "Training", "mine")["TrainingJobStatus"] == "Completed"
