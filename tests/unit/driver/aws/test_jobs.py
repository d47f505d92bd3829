from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from driver.aws.jobs import JOB_GROUPS, Job, Jobs, streams_of
from tests.unit.driver.fakes import NOON

ROLE = "arn:aws:iam::000000000000:role/sagestep-jobs"


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client(
        "sagemaker", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def sagemaker(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def jobs(client: Any) -> Jobs:
    return Jobs(client)


def processing(status: str, **more: object) -> dict[str, object]:
    return {
        "ProcessingJobName": "prepare",
        "ProcessingJobArn": "arn:aws:sagemaker:us-west-2:000000000000:processing-job/prepare",
        "ProcessingJobStatus": status,
        "CreationTime": NOON,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        },
        "AppSpecification": {"ImageUri": "image"},
        **more,
    }


def test_a_job_is_found_whatever_its_kind(sagemaker: Stubber, jobs: Jobs) -> None:
    sagemaker.add_client_error(
        "describe_training_job", "ValidationException", "Requested resource not found."
    )
    end = NOON + timedelta(minutes=1)
    sagemaker.add_response(
        "describe_processing_job",
        processing("Failed", ProcessingEndTime=end),
        {"ProcessingJobName": "prepare"},
    )
    job = jobs.describe("prepare")
    assert job == Job("prepare", "processing-job", "Failed", NOON, end)
    assert job.has_ended
    assert job.has_failed


@pytest.mark.parametrize(
    ("status", "has_ended"),
    [("InProgress", False), ("Stopping", False), ("Completed", True), ("Stopped", True)],
)
def test_a_job_that_does_something_has_not_ended(
    sagemaker: Stubber, jobs: Jobs, status: str, *, has_ended: bool
) -> None:
    sagemaker.add_client_error("describe_training_job", "ResourceNotFound", "gone")
    sagemaker.add_response("describe_processing_job", processing(status))
    job = jobs.describe("prepare")
    assert job is not None
    assert job.has_ended is has_ended
    assert not job.has_failed


def test_no_job_of_that_name_is_none(sagemaker: Stubber, jobs: Jobs) -> None:
    for kind in ("training", "processing", "transform"):
        sagemaker.add_client_error(f"describe_{kind}_job", "ValidationException", "not found")
    sagemaker.add_client_error("describe_hyper_parameter_tuning_job", "ResourceNotFound", "not found")
    assert jobs.describe("prepare") is None


def test_a_tuning_job_has_the_logs_of_its_training_jobs(sagemaker: Stubber, jobs: Jobs) -> None:
    for kind in ("training", "processing", "transform"):
        sagemaker.add_client_error(f"describe_{kind}_job", "ValidationException", "not found")
    arn = "arn:aws:sagemaker:us-west-2:000000000000:hyper-parameter-tuning-job/tune"
    answer = {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobArn": arn,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "ResourceLimits": {"MaxParallelTrainingJobs": 1},
        },
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": NOON,
        "HyperParameterTuningEndTime": NOON + timedelta(minutes=2),
        "TrainingJobStatusCounters": {"Completed": 1},
        "ObjectiveStatusCounters": {"Succeeded": 1},
    }
    sagemaker.add_response("describe_hyper_parameter_tuning_job", answer)
    job = jobs.describe("tune")
    assert job == Job("tune", "hyper-parameter-tuning-job", "Completed", NOON, NOON + timedelta(minutes=2))
    assert (JOB_GROUPS[job.kind], streams_of(job.kind, job.name)) == ("/aws/sagemaker/TrainingJobs", "tune-")
    assert streams_of("training-job", "train") == "train/"


def test_other_errors_are_not_hidden(sagemaker: Stubber, jobs: Jobs) -> None:
    sagemaker.add_client_error("describe_training_job", "AccessDeniedException", "no")
    with pytest.raises(ClientError, match="AccessDenied"):
        jobs.describe("prepare")
