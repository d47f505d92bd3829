"""What the operations accept, refuse and answer."""

from typing import cast

import pytest
from botocore.loaders import Loader

from localcloud.errors import ServiceError
from localcloud.geospatial.api import Geospatial
from localcloud.ports import Caller
from tests.unit.localcloud.geospatial.service import MISSING, Answer, Service, start_request


def test_it_carries_the_operations_of_vector_enrichment_jobs() -> None:
    model = Loader().load_service_model("sagemaker-geospatial", "service-2")
    tagging = {"ListTagsForResource", "TagResource", "UntagResource"}
    assert {
        name for name in model["operations"] if "VectorEnrichment" in name
    } | tagging == Geospatial.OPERATIONS


def test_a_repeated_start_gives_the_job_that_runs_already(service: Service) -> None:
    token = "t" * 64
    first = service.start(ClientToken=token)
    service.queue.run()
    again = service.call("StartVectorEnrichmentJob", **start_request(ClientToken=token))
    assert (again["Arn"], again["Status"]) == (first, "COMPLETED")
    assert len(service.workers.tasks) == 1
    other = service.refusal("StartVectorEnrichmentJob", **start_request(ClientToken=token, Name="other"))
    assert (other.code, other.status) == ("ConflictException", 409)


def test_a_token_is_each_caller_s_own_and_ends_with_its_job(service: Service) -> None:
    request = start_request(ClientToken="t" * 36)
    first = service.call("StartVectorEnrichmentJob", **request)["Arn"]
    elsewhere = service.call("StartVectorEnrichmentJob", Caller("000000000000", "eu-west-1"), **request)
    service.call("DeleteVectorEnrichmentJob", Arn=first)
    assert len({first, elsewhere["Arn"], service.call("StartVectorEnrichmentJob", **request)["Arn"]}) == 3


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"JobConfig": {}}, "one of ReverseGeocodingConfig and MapMatchingConfig"),
        (
            {
                "JobConfig": {
                    "MapMatchingConfig": {
                        "IdAttributeName": "i",
                        "TimestampAttributeName": "t",
                        "XAttributeName": "x",
                        "YAttributeName": "y",
                    }
                }
            },
            "MapMatchingConfig is not carried by the local cloud",
        ),
        ({"JobConfig": {"ReverseGeocodingConfig": {"XAttributeName": "x"}}}, "(?i)yAttributeName"),
        ({"InputConfig": {"DataSourceConfig": {}, "DocumentType": "CSV"}}, "S3Data"),
        (
            {"InputConfig": {"DataSourceConfig": {"S3Data": {"S3Uri": "s3://b/c"}}, "DocumentType": "XML"}},
            "XML",
        ),
        ({"ExecutionRoleArn": "role"}, "(?i)executionRoleArn"),
        ({"Name": None}, "(?i)name"),
        ({"ClientToken": "short"}, "(?i)clientToken"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(
    service: Service, more: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ServiceError, match=complaint) as caught:
        service.start(**more)
    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)


@pytest.mark.parametrize(
    ("uri", "complaint"),
    [("s3://bucket", "names a folder"), ("s3://bucket/in/", "names a folder"), ("/in.csv", "(?i)s3Uri")],
)
def test_an_input_that_is_no_object_is_refused(service: Service, uri: str, complaint: str) -> None:
    with pytest.raises(ServiceError, match=complaint) as caught:
        service.start(uri)
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize(
    "operation", ["GetVectorEnrichmentJob", "StopVectorEnrichmentJob", "DeleteVectorEnrichmentJob"]
)
def test_a_job_there_is_not_is_not_found(service: Service, operation: str) -> None:
    error = service.refusal(operation, Arn=MISSING)
    assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    assert service.refusal(operation, Arn="job").code == "ValidationException"


def test_callers_do_not_see_each_other_s_jobs(service: Service) -> None:
    arn = service.start()
    for stranger in (Caller("111111111111", "us-west-2"), Caller("000000000000", "eu-west-1")):
        assert service.call("ListVectorEnrichmentJobs", stranger)["VectorEnrichmentJobSummaries"] == []
        with pytest.raises(ServiceError, match="does not exist"):
            service.call("GetVectorEnrichmentJob", stranger, Arn=arn)


def test_jobs_are_listed_in_pages(service: Service) -> None:
    arns = []
    for _ in range(3):
        arns.append(service.start())
        service.clock.move(1)
    first = service.call("ListVectorEnrichmentJobs", MaxResults=2)
    second = service.call("ListVectorEnrichmentJobs", MaxResults=2, NextToken=first["NextToken"])
    listed = [
        cast("Answer", job)["Arn"] for part in (first, second) for job in part["VectorEnrichmentJobSummaries"]
    ]
    assert listed == arns[::-1]
    assert "NextToken" not in second
    assert service.refusal("ListVectorEnrichmentJobs", MaxResults=21).code == "ValidationException"


def test_tags_come_and_go(service: Service) -> None:
    arn = service.start(Tags={"a": "1", "b": "2"})
    service.call("TagResource", ResourceArn=arn, Tags={"b": "3", "c": "4"})
    service.call("UntagResource", ResourceArn=arn, TagKeys=["a", "unknown"])
    assert service.call("ListTagsForResource", ResourceArn=arn) == {"Tags": {"b": "3", "c": "4"}}
    assert service.get(arn)["Tags"] == {"b": "3", "c": "4"}
