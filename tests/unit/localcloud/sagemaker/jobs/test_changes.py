"""DeleteTrainingJob, DeleteProcessingJob and UpdateTrainingJob."""

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import (
    await_end,
    describe,
    processing,
    refusal,
    run,
    training,
)


def go_on(container: FakeContainer) -> None:
    """Run until told to end."""


@pytest.mark.parametrize(("kind", "request_"), [("Training", training()), ("Processing", processing())])
def test_a_job_that_has_ended_is_deleted_and_its_name_is_free(
    cloud: Cloud, images: FakeImages, kind: str, request_: Document
) -> None:
    run(cloud, kind, request_)
    assert cloud.call(f"Delete{kind}Job", **{f"{kind}JobName": "job"}) == {}
    with pytest.raises(ServiceError) as caught:
        cloud.call(f"Delete{kind}Job", **{f"{kind}JobName": "job"})
    assert caught.value.code == "ResourceNotFound"
    assert cloud.listed(f"List{kind}Jobs", f"{kind}JobSummaries") == []
    cloud.host.events.clear()
    assert run(cloud, kind, request_)[f"{kind}JobStatus"] == "Completed"


def test_a_job_that_works_is_not_deleted(cloud: Cloud, images: FakeImages) -> None:
    images.program = go_on
    cloud.call("CreateTrainingJob", **training())
    images.await_start()
    with pytest.raises(ServiceError, match="in status InProgress") as caught:
        cloud.call("DeleteTrainingJob", TrainingJobName="job")
    assert caught.value.code == "ResourceInUse"
    cloud.call("StopTrainingJob", TrainingJobName="job")
    await_end(cloud, "Training")


def test_a_job_that_works_is_profiled_otherwise(cloud: Cloud, images: FakeImages) -> None:
    images.program = go_on
    cloud.call("CreateTrainingJob", **training(ProfilerConfig={"S3OutputPath": "s3://bucket/profile"}))
    images.await_start()
    cloud.call("UpdateTrainingJob", TrainingJobName="job", ProfilerConfig={"DisableProfiler": True})
    job = describe(cloud, "Training")
    assert job["ProfilerConfig"] == {"S3OutputPath": "s3://bucket/profile", "DisableProfiler": True}
    assert job["ProfilingStatus"] == "Disabled"
    for given, message in (
        ({}, "Invalid UpdateTrainingJobRequest, the request cannot be empty"),
        (
            {"ResourceConfig": {"KeepAlivePeriodInSeconds": 60}},
            "ResourceConfig is not supported by the local cloud.",
        ),
        (
            {"RemoteDebugConfig": {"EnableRemoteDebug": True}},
            "RemoteDebugConfig is not supported by the local cloud.",
        ),
    ):
        assert refusal(cloud, "UpdateTrainingJob", {"TrainingJobName": "job", **given}) == message
    cloud.call("StopTrainingJob", TrainingJobName="job")
    await_end(cloud, "Training")
    late = refusal(
        cloud, "UpdateTrainingJob", {"TrainingJobName": "job", "ProfilerConfig": {"DisableProfiler": False}}
    )
    assert late == "The request was rejected because the training job is in status Stopped."
