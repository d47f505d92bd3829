"""One Vector Enrichment Job: what it was asked, where it stands, which step may follow; no IO.

Statuses, members and limits are those of the service model (botocore, sagemaker-geospatial
2020-05-27). AWS documents no texts for a refused transition; those here say what stands in the way.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from localcloud.errors import ServiceError
from localcloud.ports import Caller


class Status(StrEnum):
    """Where a job stands: VectorEnrichmentJobStatus.

    DELETED is not among them: a deleted job is gone, and asking for it answers that it is not found.
    """

    INITIALIZING = "INITIALIZING"
    IN_PROGRESS = "IN_PROGRESS"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ExportStatus(StrEnum):
    """Where the export of a job's results stands: VectorEnrichmentJobExportStatus."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Blame(StrEnum):
    """Whose fault an error is: VectorEnrichmentJobErrorType."""

    CLIENT_ERROR = "CLIENT_ERROR"
    SERVER_ERROR = "SERVER_ERROR"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job or an export failed."""

    blame: Blame
    message: str


@dataclass(frozen=True, slots=True)
class S3Location:
    """A bucket and a key or a prefix in it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read a URI that the model's pattern ``^s3://([^/]+)/?(.*)$`` has let pass."""
        match = re.fullmatch(r"s3://([^/]+)/?(.*)", uri, re.DOTALL)
        assert match is not None
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Export:
    """An export of a job's results."""

    role_arn: str
    output_config: Mapping[str, object]
    target: S3Location
    created: datetime
    client_token: str | None
    status: ExportStatus = ExportStatus.IN_PROGRESS
    failure: Failure | None = None

    def describe(self, arn: str) -> dict[str, object]:
        """Give the members of ExportVectorEnrichmentJobOutput."""
        return {
            "Arn": arn,
            "CreationTime": self.created,
            "ExecutionRoleArn": self.role_arn,
            "ExportStatus": self.status.value,
            "OutputConfig": self.output_config,
        }

    def check_is_same_request(self, other: "Export") -> None:
        """Refuse a repeated ClientToken with another request."""
        if (self.role_arn, self.output_config) != (other.role_arn, other.output_config):
            raise token_conflict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A reverse geocoding job.

    `request`: StartVectorEnrichmentJob's members, as they came.
    `source`: the input file.
    `x_name`, `y_name`: the columns that hold longitude and latitude.
    `ended`: when it completed, failed or stopped.
    """

    caller: Caller
    arn: str
    request: Mapping[str, object]
    source: S3Location
    x_name: str
    y_name: str
    created: datetime
    status: Status = Status.INITIALIZING
    ended: datetime | None = None
    failure: Failure | None = None
    export: Export | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The last part of the ARN, which also names the folder of an export."""
        return self.arn.rpartition("/")[2]

    @property
    def name(self) -> str:
        """The name the job was given."""
        return str(self.request["Name"])

    @property
    def is_under_way(self) -> bool:
        """Whether it, or the export of its results, has not ended."""
        ended = self.status in {Status.STOPPED, Status.COMPLETED, Status.FAILED}
        return not ended or (self.export is not None and self.export.status is ExportStatus.IN_PROGRESS)

    def begin(self) -> Self:
        """Pass from the queue to work; a job that was stopped in the queue stays as it is."""
        return replace(self, status=Status.IN_PROGRESS) if self.status is Status.INITIALIZING else self

    def stop(self, now: datetime) -> Self:
        """Stop at once in the queue, in a while at work; to stop twice is to stop once."""
        match self.status:
            case Status.INITIALIZING:
                return replace(self, status=Status.STOPPED, ended=now)
            case Status.IN_PROGRESS:
                return replace(self, status=Status.STOPPING)
            case Status.COMPLETED | Status.FAILED:
                raise self._conflict("it cannot be stopped")
        return self

    def end(self, now: datetime, failure: Failure | None) -> Self:
        """Complete or, with a failure, fail; a job that was to stop has stopped, whatever else it did."""
        if self.status is Status.STOPPING:
            return replace(self, status=Status.STOPPED, ended=now)
        status = Status.FAILED if failure else Status.COMPLETED
        return replace(self, status=status, ended=now, failure=failure)

    def begin_export(self, export: Export) -> Self:
        """Begin to export: the results must be there, and no other export under way.

        A request that repeats the last export's ClientToken begins nothing.
        """
        if self.export and export.client_token and self.export.client_token == export.client_token:
            self.export.check_is_same_request(export)
            return self
        if self.status is not Status.COMPLETED:
            raise self._conflict("its results cannot be exported")
        if self.export and self.export.status is ExportStatus.IN_PROGRESS:
            raise ServiceError("ConflictException", f"An export of the job {self.arn} is in progress.", 409)
        return replace(self, export=export)

    def end_export(self, failure: Failure | None) -> Self:
        """End the export."""
        assert self.export is not None
        status = ExportStatus.FAILED if failure else ExportStatus.SUCCEEDED
        return replace(self, export=replace(self.export, status=status, failure=failure))

    def check_deletable(self) -> None:
        """Refuse while an export reads the results."""
        if self.export and self.export.status is ExportStatus.IN_PROGRESS:
            raise self._conflict("it cannot be deleted while an export is in progress")

    def with_tags(self, tags: Mapping[str, str]) -> Self:
        """Give the job other tags."""
        return replace(self, tags=tags)

    def describe(self, now: datetime) -> dict[str, object]:
        """Give the members of GetVectorEnrichmentJobOutput; what is not there yet is left out."""
        description: dict[str, object] = {
            **self.summarize(now),
            "ExecutionRoleArn": self.request["ExecutionRoleArn"],
            "InputConfig": self.request["InputConfig"],
            "JobConfig": self.request["JobConfig"],
        }
        if key := self.request.get("KmsKeyId"):
            description["KmsKeyId"] = key
        if self.failure:
            description["ErrorDetails"] = {
                "ErrorType": self.failure.blame.value,
                "ErrorMessage": self.failure.message,
            }
        if self.export:
            description["ExportStatus"] = self.export.status.value
            if failure := self.export.failure:
                description["ExportErrorDetails"] = {"Type": failure.blame.value, "Message": failure.message}
        return description

    def summarize(self, now: datetime) -> dict[str, object]:
        """Give the members of a job in ListVectorEnrichmentJobs' answer."""
        return {
            "Arn": self.arn,
            "CreationTime": self.created,
            "DurationInSeconds": int(((self.ended or now) - self.created).total_seconds()),
            "Name": self.name,
            "Status": self.status.value,
            "Tags": dict(self.tags),
            "Type": "REVERSE_GEOCODING",
        }

    def _conflict(self, consequence: str) -> ServiceError:
        message = f"The status of the job {self.arn} is {self.status.value}: {consequence}."
        return ServiceError("ConflictException", message, 409)


def token_conflict() -> ServiceError:
    """Give the answer to a ClientToken that comes again with another request."""
    message = "The ClientToken was used before, for a request with other parameters."
    return ServiceError("ConflictException", message, 409)
