"""The service's operations: what a request may ask, what it is answered.

Members, patterns and error codes are those of the service model (botocore, sagemaker-geospatial
2020-05-27). Map matching, Earth observation jobs and raster data are not carried by the local cloud.
"""

import os
import secrets
import string
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, cast

from localcloud.errors import CLOUD_STOPPED, ValidationError
from localcloud.geospatial.jobs import Blame, Export, ExportStatus, Failure, Job, S3Location, Status
from localcloud.geospatial.listing import page
from localcloud.geospatial.process import Worker, WorkerProcess
from localcloud.geospatial.runner import Runner
from localcloud.geospatial.store import Contents, JobStore
from localcloud.geospatial.task import Task
from localcloud.ports import Caller, Host
from localcloud.validation import validate

_ID_LETTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 12

Request = Mapping[str, object]
Answer = dict[str, object]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Geospatial:
    """SageMaker geospatial, as far as it enriches vectors by reverse geocoding.

    `work_directory`: a folder for inputs and results that nothing else uses.
    `gazetteer_folder`: where the prepared gazetteer is kept, for the next service too; unless given, in
    `work_directory`.
    `keeps_results`: whether results stay there when the service ends: its jobs are saved.
    `executor`: runs jobs and exports; unless given, as many jobs at once as there are processors.
    """

    def __init__(
        self,
        host: Host,
        work_directory: Path,
        *,
        gazetteer_folder: Path | None = None,
        launch: Callable[[Task], Worker] = WorkerProcess,
        executor: Executor | None = None,
        clock: Callable[[], datetime] = _utc_now,
        keeps_results: bool = False,
    ) -> None:
        self._clock = clock
        self._store = JobStore()
        self._runner = Runner(
            host,
            self._store,
            work_directory,
            gazetteer_folder or work_directory / "gazetteer",
            launch=launch,
            for_jobs=executor or ThreadPoolExecutor(os.cpu_count(), "geospatial-job"),
            for_exports=executor or ThreadPoolExecutor(4, "geospatial-export"),
            clock=clock,
            keeps_results=keeps_results,
        )

    def call(self, operation: str, caller: Caller, request: Request) -> Answer:
        """Carry out an operation.

        `caller`: whose request it is; callers do not see each other's jobs.
        `request`: the operation's members; None counts as absent.

        Returns the members of the operation's output; times are `datetime.datetime`.

        Raises `ServiceError` as AWS would answer: ValidationException, ResourceNotFoundException,
        ConflictException.
        """
        validate("sagemaker-geospatial", operation, request)
        given = {name: value for name, value in request.items() if value is not None}
        return self._OPERATIONS[operation](self, caller, given)

    def contents(self) -> Contents:
        """Give what the service holds, to be saved."""
        return self._store.contents()

    def fill(self, contents: Contents) -> None:
        """Hold what was saved."""
        self._store.fill(contents)

    def resume(self) -> None:
        """Let what was saved go on: a job at work has ended with its process; a queued one begins."""
        for job in self._store.fill(self._store.contents()):
            match job.status:
                case Status.INITIALIZING:
                    self._runner.start(job)
                case Status.IN_PROGRESS | Status.STOPPING:
                    failure = Failure(Blame.SERVER_ERROR, CLOUD_STOPPED)
                    self._store.change(job.arn, lambda job: job.end(self._clock(), failure))  # noqa: B023
            if job.export is not None and job.export.status is ExportStatus.IN_PROGRESS:
                self._runner.export(job)

    def is_busy(self) -> bool:
        """Tell whether what the service holds may change without a request."""
        return self._store.is_busy()

    def close(self) -> None:
        """End what runs and remove what it wrote."""
        self._runner.close()

    def _start(self, caller: Caller, request: Request) -> Answer:
        columns = _reverse_geocoding(request)
        job, is_new = self._store.add(
            Job(
                caller=caller,
                arn=_new_arn(caller),
                request=request,
                source=_input_location(request),
                x_name=str(columns["XAttributeName"]),
                y_name=str(columns["YAttributeName"]),
                created=self._clock(),
                tags=cast("Mapping[str, str]", request.get("Tags", {})),
            )
        )
        answer = job.describe(self._clock())
        if is_new:
            self._runner.start(job)
        return answer

    def _get(self, caller: Caller, request: Request) -> Answer:
        return self._job(caller, request).describe(self._clock())

    def _list(self, caller: Caller, request: Request) -> Answer:
        jobs, next_token = page(self._store.all(caller), request)
        answer: Answer = {"VectorEnrichmentJobSummaries": [job.summarize(self._clock()) for job in jobs]}
        return {**answer, "NextToken": next_token} if next_token else answer

    def _stop(self, caller: Caller, request: Request) -> Answer:
        arn = self._job(caller, request).arn
        self._runner.stop(self._store.change(arn, lambda job: job.stop(self._clock())))
        return {}

    def _delete(self, caller: Caller, request: Request) -> Answer:
        job = self._job(caller, request)
        self._store.remove(job.arn, Job.check_deletable)
        self._runner.discard(job)
        return {}

    def _export(self, caller: Caller, request: Request) -> Answer:
        output_config = _members(request, "OutputConfig")
        export = Export(
            role_arn=str(request["ExecutionRoleArn"]),
            output_config=output_config,
            target=S3Location.parse(str(_members(output_config, "S3Data")["S3Uri"])),
            created=self._clock(),
            client_token=cast("str | None", request.get("ClientToken")),
        )
        job = self._store.change(self._job(caller, request).arn, lambda job: job.begin_export(export))
        assert job.export is not None
        if job.export is export:
            self._runner.export(job)
        return job.export.describe(job.arn)

    def _list_tags(self, caller: Caller, request: Request) -> Answer:
        return {"Tags": dict(self._job(caller, request, "ResourceArn").tags)}

    def _tag(self, caller: Caller, request: Request) -> Answer:
        added = cast("Mapping[str, str]", request["Tags"])
        arn = self._job(caller, request, "ResourceArn").arn
        self._store.change(arn, lambda job: job.with_tags({**job.tags, **added}))
        return {}

    def _untag(self, caller: Caller, request: Request) -> Answer:
        gone = set(cast("list[str]", request["TagKeys"]))
        arn = self._job(caller, request, "ResourceArn").arn
        self._store.change(
            arn, lambda job: job.with_tags({key: value for key, value in job.tags.items() if key not in gone})
        )
        return {}

    def _job(self, caller: Caller, request: Request, member: str = "Arn") -> Job:
        return self._store.get(caller, str(request[member]))

    _OPERATIONS: ClassVar = {
        "DeleteVectorEnrichmentJob": _delete,
        "ExportVectorEnrichmentJob": _export,
        "GetVectorEnrichmentJob": _get,
        "ListTagsForResource": _list_tags,
        "ListVectorEnrichmentJobs": _list,
        "StartVectorEnrichmentJob": _start,
        "StopVectorEnrichmentJob": _stop,
        "TagResource": _tag,
        "UntagResource": _untag,
    }
    OPERATIONS = frozenset(_OPERATIONS)
    """What `call` can carry out."""


def _reverse_geocoding(request: Request) -> Request:
    """Read the job's configuration, a union of which one member must be there."""
    config = _members(request, "JobConfig")
    if "MapMatchingConfig" in config:
        raise ValidationError(
            "MapMatchingConfig is not carried by the local cloud; it carries ReverseGeocodingConfig."
        )
    if "ReverseGeocodingConfig" not in config:
        raise ValidationError("JobConfig must hold one of ReverseGeocodingConfig and MapMatchingConfig.")
    return _members(config, "ReverseGeocodingConfig")


def _input_location(request: Request) -> S3Location:
    source = _members(_members(request, "InputConfig"), "DataSourceConfig")
    if "S3Data" not in source:
        raise ValidationError("DataSourceConfig must hold S3Data.")
    uri = str(_members(source, "S3Data")["S3Uri"])
    location = S3Location.parse(uri)
    if not location.key or location.key.endswith("/"):
        raise ValidationError(f"The S3Uri '{uri}' names a folder; it must name one CSV object.")
    return location


def _members(structure: Request, name: str) -> Request:
    """Give a member that is a structure, as validation has made sure."""
    return cast("Request", structure[name])


def _new_arn(caller: Caller) -> str:
    job_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    return f"arn:aws:sagemaker-geospatial:{caller.region}:{caller.account_id}:vector-enrichment-job/{job_id}"
