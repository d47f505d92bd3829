"""The service as the tests call it, with workers, threads and time under their control."""

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import ServiceError
from localcloud.geospatial.api import Geospatial
from localcloud.ports import Caller
from tests.unit.localcloud.geospatial.surroundings import Clock, Host, Queue, Workers

CALLER = Caller("000000000000", "us-west-2")
ROLE = "arn:aws:iam::000000000000:role/sagestep-sagemaker"
SOURCE = "s3://bucket/samplefiles/run/in.csv"
INPUT = b"Longitude,Latitude\n8.5,47.4\n"
MISSING = "arn:aws:sagemaker-geospatial:us-west-2:000000000000:vector-enrichment-job/abcdefghijkl"
JOB_CONFIG = {"ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}}
Answer = dict[str, Any]


def start_request(uri: str = SOURCE, /, **more: object) -> dict[str, object]:
    return {
        "Name": "job",
        "ExecutionRoleArn": ROLE,
        "InputConfig": {"DataSourceConfig": {"S3Data": {"S3Uri": uri}}, "DocumentType": "CSV"},
        "JobConfig": JOB_CONFIG,
        **more,
    }


class Service:
    """The service and all that surrounds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = Host()
        self.host.objects.buckets["bucket"]["samplefiles/run/in.csv"] = INPUT
        self.clock, self.queue, self.workers = Clock(), Queue(), Workers()
        self.geospatial = Geospatial(
            self.host, folder, launch=self.workers, executor=self.queue, clock=self.clock
        )

    def call(self, operation: str, caller: Caller = CALLER, /, **request: object) -> Answer:
        return self.geospatial.call(operation, caller, request)

    def start(self, uri: str = SOURCE, /, **more: object) -> str:
        return str(self.call("StartVectorEnrichmentJob", **start_request(uri, **more))["Arn"])

    def completed(self) -> str:
        arn = self.start()
        self.queue.run()
        return arn

    def get(self, arn: str) -> Answer:
        return self.call("GetVectorEnrichmentJob", Arn=arn)

    def export(self, arn: str, uri: str = "s3://bucket/outputfiles/run/", **more: object) -> Answer:
        config = {"S3Data": {"S3Uri": uri}}
        return self.call(
            "ExportVectorEnrichmentJob", Arn=arn, ExecutionRoleArn=ROLE, OutputConfig=config, **more
        )

    @property
    def stored(self) -> dict[str, bytes]:
        return self.host.objects.buckets["bucket"]

    @property
    def left_on_disk(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def refusal(self, operation: str, **request: object) -> ServiceError:
        """Call what must be refused, and give the refusal."""
        with pytest.raises(ServiceError) as caught:
            self.call(operation, **request)
        return caught.value
