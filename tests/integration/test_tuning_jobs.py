"""Hyperparameter tuning jobs on the wire: by boto3, and as tasks of state machines."""

import pytest
from botocore.exceptions import ClientError

from tests.integration.images import put_data, read_archive, tuning
from tests.integration.machines import machine
from tests.integration.wire import Cloud, Document, eventually

pytestmark = pytest.mark.integration
NAME = "HyperParameterTuningJobName"


@pytest.fixture(scope="module")
def data(cloud: Cloud) -> str:
    return put_data(cloud, "1,2", "3,4")


def task(parameters: Document) -> Document:
    resource = "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters}


def test_a_tuning_job_of_boto3_trains_until_it_is_complete(cloud: Cloud, data: str) -> None:
    request = tuning(data, most=3, at_once=2)
    name, sagemaker = request[NAME], cloud.sagemaker
    arn = sagemaker.create_hyper_parameter_tuning_job(**request)["HyperParameterTuningJobArn"]
    assert arn == f"arn:aws:sagemaker:us-west-2:000000000000:hyper-parameter-tuning-job/{name}"

    def status() -> str:
        described = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return described["HyperParameterTuningJobStatus"]

    eventually(status, lambda found: found != "InProgress", 60)
    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert (job["HyperParameterTuningJobStatus"], job["TrainingJobStatusCounters"]["Completed"]) == (
        "Completed",
        3,
    )
    listed = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    rates = [float(item["TunedHyperParameters"]["rate"]) for item in listed["TrainingJobSummaries"]]
    assert len({rate for rate in rates if 0.001 <= rate <= 1}) == 3
    best = sagemaker.describe_training_job(TrainingJobName=job["BestTrainingJob"]["TrainingJobName"])
    assert read_archive(cloud, best["ModelArtifacts"]["S3ModelArtifacts"], "data.csv") == "1,2\n3,4"
    sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with pytest.raises(ClientError) as refused:
        status()
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_tuning_task_waits_for_its_best_training_job(cloud: Cloud, data: str) -> None:
    request = tuning(data, most=2, at_once=2)
    run = machine(cloud, ("tune", task(request))).start()
    output = run.output()
    name = request["HyperParameterTuningJobName"]
    assert (output["HyperParameterTuningJobName"], output["HyperParameterTuningJobStatus"]) == (
        name,
        "Completed",
    )
    best = output["BestTrainingJob"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0.75
    assert isinstance(best["CreationTime"], int)
    assert output["Tags"]["MANAGED_BY_AWS"] == "STARTED_BY_STEP_FUNCTIONS"
    described = cloud.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert described["TuningJobArn"] == output["HyperParameterTuningJobArn"]
    tags = cloud.sagemaker.list_tags(ResourceArn=described["TrainingJobArn"])["Tags"]
    assert {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"} in tags


def test_a_stopped_execution_stops_its_tuning_job(cloud: Cloud, data: str) -> None:
    request = tuning(data, seconds="60")
    name = request["HyperParameterTuningJobName"]
    run = machine(cloud, ("tune", task(request))).start()

    def job() -> str:
        found = cloud.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)
        return next(
            (item["HyperParameterTuningJobStatus"] for item in found["HyperParameterTuningJobSummaries"]), ""
        )

    eventually(lambda: job() == "InProgress")
    run.stop()
    eventually(lambda: job() == "Stopped")
