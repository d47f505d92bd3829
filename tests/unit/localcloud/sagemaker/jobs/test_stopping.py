"""Jobs that are stopped, run out of time, wait for a thread, or end with the service."""

import threading
from pathlib import Path

from tests.unit.localcloud.sagemaker.cloud import Cloud, running_cloud
from tests.unit.localcloud.sagemaker.jobs.containers import DEADLINE, FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import (
    BUCKET,
    await_end,
    describe,
    processing,
    refusal,
    run,
    statuses,
    training,
    unpacked,
)


def go_on(container: FakeContainer) -> None:
    """Leave a model, and run until told to end."""
    container.write("model/model.txt", "half")


def test_a_stopped_training_job_keeps_its_model(cloud: Cloud, images: FakeImages) -> None:
    images.program = go_on
    cloud.call("CreateTrainingJob", **training())
    container = images.await_start()
    assert cloud.call("StopTrainingJob", TrainingJobName="job") == {}
    job = await_end(cloud, "Training")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert job.get("FailureReason") is None
    assert container.signals == ["TERM"]
    assert unpacked(cloud, "out/job/output/model.tar.gz") == {"model.txt": b"half"}
    assert statuses(cloud, "Training", "SecondaryStatus")[-3:] == ["Stopping", "Uploading", "Stopped"]
    assert refusal(cloud, "StopTrainingJob", {"TrainingJobName": "job"}) == (
        "The request was rejected because the training job is in status Stopped."
    )


def test_a_container_that_ignores_sigterm_is_killed_after_the_grace(cloud: Cloud, images: FakeImages) -> None:
    images.program, images.ignores_term = go_on, True
    cloud.call("CreateTrainingJob", **training())
    container = images.await_start()
    cloud.call("StopTrainingJob", TrainingJobName="job")
    cloud.call("StopTrainingJob", TrainingJobName="job")
    assert await_end(cloud, "Training")["TrainingJobStatus"] == "Stopped"
    assert container.signals == ["TERM", "KILL"]


def test_a_job_that_runs_too_long_is_stopped(cloud: Cloud, images: FakeImages) -> None:
    images.program = go_on
    job = run(cloud, "Training", training(StoppingCondition={"MaxRuntimeInSeconds": 30}))
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert (BUCKET, "out/job/output/model.tar.gz") in cloud.host.objects


def test_a_processing_job_that_runs_too_long_is_stopped(cloud: Cloud, images: FakeImages) -> None:
    images.program = go_on
    job = run(cloud, "Processing", processing(StoppingCondition={"MaxRuntimeInSeconds": 30}))
    assert job["ProcessingJobStatus"] == "Stopped"
    assert statuses(cloud, "Processing") == ["InProgress", "Stopping", "Stopped"]


def test_a_job_that_is_stopped_while_it_downloads_starts_no_container(
    cloud: Cloud, images: FakeImages
) -> None:
    def stop() -> None:
        cloud.call("StopProcessingJob", ProcessingJobName="job")

    cloud.host.on_open = stop
    assert run(cloud, "Processing", processing())["ProcessingJobStatus"] == "Stopped"
    assert images.containers == []


def test_a_job_that_waits_for_a_thread_stops_at_once(cloud: Cloud, images: FakeImages) -> None:
    gate = threading.Event()

    def program(container: FakeContainer) -> int:
        assert gate.wait(DEADLINE)
        return 0

    images.program = program
    for number in range(40):
        cloud.call("CreateTrainingJob", **training(f"job-{number}"))
    assert describe(cloud, "Training", "job-39")["SecondaryStatus"] == "Starting"
    cloud.call("StopTrainingJob", TrainingJobName="job-39")
    job = describe(cloud, "Training", "job-39")
    assert job["TrainingJobStatus"] == "Stopped"
    assert "TrainingEndTime" not in job
    gate.set()
    for number in range(39):
        assert await_end(cloud, "Training", f"job-{number}")["TrainingJobStatus"] == "Completed"
    assert len(images.containers) == 39


def test_the_end_of_the_service_kills_what_runs(images: FakeImages, tmp_path: Path) -> None:
    images.program, images.ignores_term = go_on, True
    with running_cloud(images=images, folder=tmp_path) as cloud:
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n"
        cloud.call("CreateTrainingJob", **training())
        container = images.await_start()
    assert container.signals[-1] == "KILL"
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_ours_fails_the_job(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        raise RuntimeError("a defect")

    images.program = program
    job = run(cloud, "Training", training())
    assert job["FailureReason"] == "InternalServerError: We encountered an internal error. Please try again."
