"""Vector Enrichment Jobs on the wire: real objects, real workers."""

import csv
import io
from functools import partial

import pytest

from tests.integration.processes import linux, processes
from tests.integration.wire import Cloud, eventually, refused

pytestmark = pytest.mark.integration

ARNS = "arn:aws:sagemaker:us-west-2:000000000000:pipeline"
EVENT = "SageMaker Model Building Pipeline Execution"


def test_a_job_geocodes_an_object_and_exports_the_addresses(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    rows = 'Name,Longitude,Latitude\nFjällräven,-149.8997,61.2176\n"No, where",north,12\n'
    cloud.s3.put_object(Bucket=bucket, Key="in/places.csv", Body=rows.encode())
    job = cloud.start_job(bucket, "in/places.csv")
    assert eventually(lambda: cloud.job_status(job), {"COMPLETED", "FAILED"}.__contains__) == "COMPLETED"
    cloud.export(job, f"s3://{bucket}/out/")
    describe = partial(cloud.geospatial.get_vector_enrichment_job, Arn=job)
    eventually(lambda: describe()["ExportStatus"], "SUCCEEDED".__eq__)
    [written] = cloud.s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    assert written["Key"] == f"out/{job.rpartition('/')[2]}/results_0.csv"
    content = cloud.s3.get_object(Bucket=bucket, Key=written["Key"])["Body"].read().decode()
    found, bad = csv.DictReader(io.StringIO(content))
    assert [*found.values()][:3] == ["Fjällräven", "-149.8997", "61.2176"]
    assert (found["reverse_geo.municipality"], found["reverse_geo.country"]) == ("Anchorage", "USA")
    assert found["reverse_geo.status"] == "Valid Data"
    assert [*bad.values()][:3] == ["No, where", "north", "12"]
    assert "longitude" in bad["reverse_geo.status"]


def test_a_job_without_its_object_fails_and_says_why(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    job = cloud.start_job(bucket, "not/there.csv")
    eventually(lambda: cloud.job_status(job), "FAILED".__eq__)
    details = cloud.geospatial.get_vector_enrichment_job(Arn=job)["ErrorDetails"]
    assert details["ErrorType"] == "CLIENT_ERROR"
    assert f"s3://{bucket}/not/there.csv" in details["ErrorMessage"]


@linux
def test_a_job_is_stopped_while_it_runs_and_leaves_no_process(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    rows = "".join(f"{number % 360 - 180},{number % 1201 / 10 - 60}\n" for number in range(300_000))
    cloud.s3.put_object(Bucket=bucket, Key="in/many.csv", Body=f"Longitude,Latitude\n{rows}".encode())
    job = cloud.start_job(bucket, "in/many.csv")

    def workers() -> list[str]:
        return [command for command in processes(cloud.folder).values() if job.rpartition("/")[2] in command]

    eventually(workers)
    cloud.geospatial.stop_vector_enrichment_job(Arn=job)
    eventually(lambda: cloud.job_status(job), "STOPPED".__eq__)
    assert workers() == []
    with refused("ConflictException", "STOPPED"):
        cloud.export(job, f"s3://{bucket}/stopped/")
