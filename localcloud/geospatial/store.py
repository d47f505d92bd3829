"""All jobs there are, of every account and region; safe to use from any thread."""

from collections.abc import Callable
from threading import Lock

from localcloud.errors import ServiceError
from localcloud.geospatial.jobs import Job, token_conflict
from localcloud.ports import Caller

Contents = tuple[dict[str, Job], dict[tuple[Caller, str], str]]


class JobStore:
    """Jobs by their ARN, and what idempotency remembers of their start."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[tuple[Caller, str], str] = {}

    def add(self, job: Job) -> tuple[Job, bool]:
        """Add a job, unless its request repeats the ClientToken of one that is there.

        Returns the job that is now there, and whether it is the new one.

        Raises `ServiceError`: ConflictException: the token came before, with another request.
        """
        token = job.request.get("ClientToken")
        with self._lock:
            if isinstance(token, str):
                known = self._jobs.get(self._tokens.get((job.caller, token), ""))
                if known is not None:
                    if known.request != job.request:
                        raise token_conflict()
                    return known, False
                self._tokens[job.caller, token] = job.arn
            self._jobs[job.arn] = job
            return job, True

    def contents(self) -> Contents:
        """Give all jobs and tokens, to be saved."""
        return dict(self._jobs), dict(self._tokens)

    def fill(self, contents: Contents) -> list[Job]:
        """Hold what was saved; give the jobs."""
        with self._lock:
            self._jobs, self._tokens = contents
            return list(self._jobs.values())

    def is_busy(self) -> bool:
        """Tell whether a job or an export is under way."""
        return any(job.is_under_way for job in list(self._jobs.values()))

    def get(self, caller: Caller, arn: str) -> Job:
        """Find a job of the caller's; ResourceNotFoundException where there is none."""
        job = self.find(arn)
        if job is None or job.caller != caller:
            raise _not_found(arn)
        return job

    def find(self, arn: str) -> Job | None:
        """Find a job, whoever's it is; None where there is none."""
        with self._lock:
            return self._jobs.get(arn)

    def all(self, caller: Caller) -> list[Job]:
        """Give all jobs of a caller's."""
        with self._lock:
            return [job for job in self._jobs.values() if job.caller == caller]

    def change(self, arn: str, change: Callable[[Job], Job]) -> Job:
        """Change a job with no other change in between; ResourceNotFoundException where there is none."""
        with self._lock:
            job = self._jobs.get(arn)
            if job is None:
                raise _not_found(arn)
            self._jobs[arn] = changed = change(job)
            return changed

    def remove(self, arn: str, check: Callable[[Job], None]) -> None:
        """Remove a job, if a check of it does not raise."""
        with self._lock:
            job = self._jobs.get(arn)
            if job is None:
                raise _not_found(arn)
            check(job)
            del self._jobs[arn]
            self._tokens = {key: value for key, value in self._tokens.items() if value != arn}


def _not_found(arn: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"The resource {arn} does not exist.", 404)
