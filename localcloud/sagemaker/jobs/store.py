"""The jobs of one account and region, by type and name; guarded by the lock of the account's store."""

from collections.abc import Iterator

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind


class JobStore:
    """All jobs there were and that were not deleted; of them transform jobs cannot be deleted."""

    def __init__(self) -> None:
        self._jobs: dict[Kind, dict[str, Job]] = {kind: {} for kind in Kind}

    def check_is_new(self, info: JobInfo) -> None:
        """Refuse a name that a job of this type has.

        Raises `ServiceError`: ``ResourceInUse``, as AWS words it.
        """
        if info.name in self._jobs[info.kind]:
            training = info.kind is Kind.TRAINING
            names, job = ("Training job names", "a training job") if training else ("Job name", "a job")
            raise ServiceError(
                "ResourceInUse",
                f"{names} must be unique within an AWS account and region, and {job} with this name "
                f"already exists ({info.arn})",
            )

    def add(self, job: Job) -> None:
        """Add a job whose name was checked."""
        self._jobs[job.info.kind][job.info.name] = job

    def delete(self, info: JobInfo) -> None:
        """Delete a job."""
        self._jobs[info.kind].pop(info.name, None)

    def all(self, kind: Kind) -> Iterator[Job]:
        """Give all jobs of a type."""
        return iter(list(self._jobs[kind].values()))

    def find(self, kind: Kind, name: str, missing: str) -> Job:
        """Find a job.

        `missing`: what AWS says where there is none; it differs between operations. Raises `ServiceError`:
        ``ValidationException``, which AWS answers in place of the model's ResourceNotFound.
        """
        job = self._jobs[kind].get(name)
        if job is None:
            raise ValidationError(missing)
        return job
