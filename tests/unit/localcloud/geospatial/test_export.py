"""The export of a job's results."""

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.geospatial.service import INPUT, ROLE, Service


@pytest.mark.parametrize(
    ("prefix", "folder"),
    [
        ("s3://bucket/outputfiles/run/", "outputfiles/run/"),
        ("s3://bucket/outputfiles/run", "outputfiles/run/"),
        ("s3://bucket/", ""),
        ("s3://bucket", ""),
    ],
)
def test_an_export_writes_the_results_under_the_job_s_id(service: Service, prefix: str, folder: str) -> None:
    arn = service.completed()
    answer = service.export(arn, prefix)
    assert answer == {
        "Arn": arn,
        "CreationTime": service.clock.now,
        "ExecutionRoleArn": ROLE,
        "ExportStatus": "IN_PROGRESS",
        "OutputConfig": {"S3Data": {"S3Uri": prefix}},
    }
    assert service.get(arn)["ExportStatus"] == "IN_PROGRESS"
    service.queue.run()
    assert service.get(arn)["ExportStatus"] == "SUCCEEDED"
    assert service.stored[f"{folder}{arn.rpartition('/')[2]}/results_0.csv"] == INPUT


def test_an_export_to_nowhere_fails_and_can_be_tried_again(service: Service) -> None:
    arn = service.completed()
    service.export(arn, "s3://none/out")
    service.queue.run()
    job = service.get(arn)
    assert (job["Status"], job["ExportStatus"]) == ("COMPLETED", "FAILED")
    assert job["ExportErrorDetails"]["Type"] == "CLIENT_ERROR"
    assert "NoSuchBucket" in job["ExportErrorDetails"]["Message"]
    service.export(arn)
    service.queue.run()
    job = service.get(arn)
    assert job["ExportStatus"] == "SUCCEEDED"
    assert "ExportErrorDetails" not in job


def test_an_export_that_breaks_is_the_service_s_fault(service: Service) -> None:
    arn = service.completed()
    service.export(arn)
    service.host.objects.trouble = RuntimeError("a bug")
    service.queue.run()
    assert service.get(arn)["ExportErrorDetails"]["Type"] == "SERVER_ERROR"


def test_only_a_completed_job_is_exported(service: Service) -> None:
    arn = service.start()
    for status in ("INITIALIZING", "STOPPED"):
        with pytest.raises(ServiceError, match=status) as caught:
            service.export(arn)
        assert (caught.value.code, caught.value.status) == ("ConflictException", 409)
        if status == "INITIALIZING":
            service.call("StopVectorEnrichmentJob", Arn=arn)


def test_a_job_is_exported_once_at_a_time_and_not_deleted_meanwhile(service: Service) -> None:
    arn = service.completed()
    service.export(arn)
    with pytest.raises(ServiceError, match="in progress") as caught:
        service.export(arn, "s3://bucket/elsewhere")
    assert caught.value.code == "ConflictException"
    assert service.refusal("DeleteVectorEnrichmentJob", Arn=arn).code == "ConflictException"


def test_a_repeated_export_exports_once(service: Service) -> None:
    arn = service.completed()
    token = "t" * 64
    service.export(arn, ClientToken=token)
    service.queue.run()
    assert service.export(arn, ClientToken=token)["ExportStatus"] == "SUCCEEDED"
    with pytest.raises(ServiceError, match="ClientToken") as caught:
        service.export(arn, "s3://bucket/elsewhere", ClientToken=token)
    assert caught.value.code == "ConflictException"
