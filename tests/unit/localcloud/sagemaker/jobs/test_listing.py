"""ListTrainingJobs, ListProcessingJobs, ListTransformJobs."""

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import describe, processing, refusal, run, training


@pytest.fixture
def three(cloud: Cloud, images: FakeImages) -> Cloud:
    """Three training jobs, of which the second failed."""
    for number, name in enumerate(("b-one", "c-two", "a-three")):
        images.program = lambda _, code=number % 2: code  # type: ignore[misc]
        run(cloud, "Training", training(name))
    return cloud


def names(cloud: Cloud, **request: object) -> list[object]:
    return [
        job["TrainingJobName"] for job in cloud.listed("ListTrainingJobs", "TrainingJobSummaries", **request)
    ]


def test_the_newest_comes_first(three: Cloud) -> None:
    assert names(three) == ["a-three", "c-two", "b-one"]
    assert names(three, SortOrder="Ascending") == ["b-one", "c-two", "a-three"]
    assert names(three, SortBy="Name", SortOrder="Ascending") == ["a-three", "b-one", "c-two"]
    assert names(three, SortBy="Status", SortOrder="Ascending") == ["a-three", "b-one", "c-two"]


def test_filters(three: Cloud) -> None:
    created = describe(three, "Training", "c-two")["CreationTime"]
    assert names(three, StatusEquals="Failed") == ["c-two"]
    assert names(three, NameContains="t") == ["a-three", "c-two"]
    assert names(three, CreationTimeAfter=created) == ["a-three"]
    assert names(three, CreationTimeBefore=created) == ["b-one"]
    assert names(three, LastModifiedTimeAfter=created) == ["a-three", "c-two"]


def test_pages(three: Cloud) -> None:
    first = three.call("ListTrainingJobs", MaxResults=2)
    assert names(three, MaxResults=2) == ["a-three", "c-two"]
    assert names(three, MaxResults=2, NextToken=first["NextToken"]) == ["b-one"]


def test_the_status_filters_each_page(three: Cloud) -> None:
    """As documented: MaxResults jobs are taken first, whatever their status, and filtered then."""
    first = three.call("ListTrainingJobs", MaxResults=1, StatusEquals="Failed")
    assert first["TrainingJobSummaries"] == []
    assert names(three, MaxResults=1, StatusEquals="Failed", NextToken=first["NextToken"]) == ["c-two"]


def test_processing_jobs_come_oldest_first(cloud: Cloud) -> None:
    for name in ("b", "a"):
        run(cloud, "Processing", processing(name))
    jobs = cloud.listed("ListProcessingJobs", "ProcessingJobSummaries")
    assert [job["ProcessingJobName"] for job in jobs] == ["b", "a"]
    (newest,) = cloud.listed(
        "ListProcessingJobs", "ProcessingJobSummaries", SortOrder="Descending", MaxResults=1
    )
    assert newest["ProcessingJobName"] == "a"


def test_a_summary(three: Cloud) -> None:
    (job,) = three.listed("ListTrainingJobs", "TrainingJobSummaries", StatusEquals="Failed")
    assert set(job) == {
        "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime",
        "TrainingJobStatus", "SecondaryStatus",
    }  # fmt: skip


def test_types_do_not_mix(three: Cloud) -> None:
    run(three, "Processing", processing("b-one"))
    (job,) = three.listed("ListProcessingJobs", "ProcessingJobSummaries")
    assert (job["ProcessingJobName"], job["ProcessingJobStatus"]) == ("b-one", "Completed")
    assert three.listed("ListTransformJobs", "TransformJobSummaries") == []


def test_filters_that_are_not_carried(cloud: Cloud) -> None:
    message = refusal(cloud, "ListTrainingJobs", {"WarmPoolStatusEquals": "Available"})
    assert message == "WarmPoolStatusEquals is not supported by the local cloud."
