"""A job's life: it waits, works, ends, and what it leaves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from localcloud.geospatial.api import Geospatial
from localcloud.geospatial.task import Report
from tests.unit.localcloud.geospatial.service import (
    CALLER,
    INPUT,
    JOB_CONFIG,
    ROLE,
    Answer,
    Service,
    start_request,
)
from tests.unit.localcloud.geospatial.surroundings import Host, PatientWorkers


def test_a_job_starts_and_waits_for_its_turn(service: Service) -> None:
    answer = service.call("StartVectorEnrichmentJob", **start_request(Tags={"team": "maps"}))
    assert answer == {
        "Arn": answer["Arn"],
        "CreationTime": service.clock.now,
        "DurationInSeconds": 0,
        "ExecutionRoleArn": ROLE,
        "InputConfig": start_request()["InputConfig"],
        "JobConfig": JOB_CONFIG,
        "Name": "job",
        "Status": "INITIALIZING",
        "Tags": {"team": "maps"},
        "Type": "REVERSE_GEOCODING",
    }


def test_a_job_completes_with_its_duration(service: Service) -> None:
    arn = service.start()
    service.workers.meanwhile = lambda: service.clock.move(12.9)
    service.queue.run()
    service.clock.move(1000)
    job = service.get(arn)
    assert (job["Status"], job["DurationInSeconds"]) == ("COMPLETED", 12)
    assert "ErrorDetails" not in job
    assert "ExportStatus" not in job


def test_a_job_at_work_is_in_progress_and_counts_its_seconds(service: Service) -> None:
    arn = service.start()
    seen: list[Answer] = []

    def look() -> None:
        service.clock.move(3)
        seen.append(service.get(arn))

    service.workers.meanwhile = look
    service.queue.run()
    assert [(job["Status"], job["DurationInSeconds"]) for job in seen] == [("IN_PROGRESS", 3)]


def test_the_worker_gets_the_input_and_the_names_of_its_columns(service: Service) -> None:
    service.completed()
    (task,) = service.workers.tasks
    assert (task.x_name, task.y_name) == ("Longitude", "Latitude")
    assert Path(task.output_path).read_bytes() == INPUT


def test_only_the_results_of_a_completed_job_are_kept(service: Service) -> None:
    service.completed()
    assert service.left_on_disk == ["results_0.csv"]


@pytest.mark.parametrize(
    ("uri", "code"), [("s3://bucket/none.csv", "NoSuchKey"), ("s3://none/in.csv", "NoSuchBucket")]
)
def test_a_missing_input_fails_the_job_by_name(service: Service, uri: str, code: str) -> None:
    arn = service.start(uri)
    service.queue.run()
    job = service.get(arn)
    assert job["Status"] == "FAILED"
    assert job["ErrorDetails"]["ErrorType"] == "CLIENT_ERROR"
    assert job["ErrorDetails"]["ErrorMessage"].startswith(f"The input {uri} cannot be read ({code}): ")


def test_an_input_that_is_no_table_fails_the_job(service: Service) -> None:
    service.workers.report = Report(complaint="The file has no column 'Latitude'.")
    job = service.get(service.completed())
    assert job["Status"] == "FAILED"
    assert job["ErrorDetails"] == {
        "ErrorType": "CLIENT_ERROR",
        "ErrorMessage": "The file has no column 'Latitude'.",
    }
    assert service.left_on_disk == []


@pytest.mark.parametrize("trouble", [OSError("disk full"), RuntimeError("a bug")])
def test_trouble_of_the_service_s_own_fails_the_job_as_such(service: Service, trouble: Exception) -> None:
    service.workers.trouble = trouble
    job = service.get(service.completed())
    assert (job["Status"], job["ErrorDetails"]["ErrorType"]) == ("FAILED", "SERVER_ERROR")


def test_trouble_of_s3_is_not_the_caller_s(service: Service) -> None:
    service.host.objects.trouble = ServiceError("InternalError", "We are sorry.", 500)
    assert service.get(service.completed())["ErrorDetails"]["ErrorType"] == "SERVER_ERROR"


def test_a_job_that_waits_stops_at_once_and_never_runs(service: Service) -> None:
    arn = service.start()
    service.call("StopVectorEnrichmentJob", Arn=arn)
    assert service.get(arn)["Status"] == "STOPPED"
    service.queue.run()
    assert service.get(arn)["Status"] == "STOPPED"
    assert service.workers.tasks == []


def test_a_job_at_work_is_stopping_until_its_worker_is_gone(service: Service) -> None:
    arn = service.start()
    seen: list[str] = []

    def stop() -> None:
        service.call("StopVectorEnrichmentJob", Arn=arn)
        service.call("StopVectorEnrichmentJob", Arn=arn)
        seen.append(service.get(arn)["Status"])

    service.workers.meanwhile = stop
    service.queue.run()
    assert seen == ["STOPPING"]
    assert service.get(arn)["Status"] == "STOPPED"
    assert service.workers.killed
    assert service.left_on_disk == []


def test_a_job_that_ended_cannot_be_stopped(service: Service) -> None:
    error = service.refusal("StopVectorEnrichmentJob", Arn=service.completed())
    assert (error.code, error.status) == ("ConflictException", 409)
    assert "COMPLETED" in error.message


def test_a_deleted_job_is_gone_with_its_results(service: Service) -> None:
    arn = service.completed()
    service.call("DeleteVectorEnrichmentJob", Arn=arn)
    error = service.refusal("GetVectorEnrichmentJob", Arn=arn)
    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    assert service.left_on_disk == []


def test_a_job_deleted_in_the_queue_never_runs(service: Service) -> None:
    service.call("DeleteVectorEnrichmentJob", Arn=service.start())
    service.queue.run()
    assert service.workers.tasks == []


def test_a_job_deleted_at_work_leaves_nothing(service: Service) -> None:
    arn = service.start()
    service.workers.meanwhile = lambda: service.call("DeleteVectorEnrichmentJob", Arn=arn)
    service.queue.run()
    assert service.workers.killed
    assert service.left_on_disk == []
    assert service.call("ListVectorEnrichmentJobs")["VectorEnrichmentJobSummaries"] == []


def test_what_a_killed_service_left_behind_is_removed(service: Service) -> None:
    remains = service.folder / "jobs" / "abcdefghijkl" / "results_0.csv"
    remains.parent.mkdir(parents=True)
    remains.touch()
    service.completed()
    assert not remains.exists()


def test_a_closed_service_leaves_no_job_on_disk(service: Service) -> None:
    service.completed()
    service.start()
    service.geospatial.close()
    assert service.left_on_disk == []


def test_closing_ends_a_worker_that_would_run_on(tmp_path: Path) -> None:
    host, workers = Host(), PatientWorkers()
    host.objects.buckets["bucket"]["samplefiles/run/in.csv"] = INPUT
    geospatial = Geospatial(host, tmp_path, launch=workers, executor=ThreadPoolExecutor(1))
    arn = geospatial.call("StartVectorEnrichmentJob", CALLER, start_request())["Arn"]
    assert workers.started.wait(timeout=60)
    assert geospatial.call("GetVectorEnrichmentJob", CALLER, {"Arn": arn})["Status"] == "IN_PROGRESS"
    geospatial.close()
    assert list(tmp_path.iterdir()) == []
