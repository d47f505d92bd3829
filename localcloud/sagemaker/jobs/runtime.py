"""The thin edge of jobs: threads, containers, the directories of jobs.

A job that runs holds one thread, from its first download to its last upload; while the container runs, that
thread reads on in its log and looks at the time. Further jobs wait as Starting until a thread is free. Tuning
jobs, which wait for other jobs, have threads of their own. A
container is told to stop by whoever asks for it, and killed by the job's thread when the grace is over.

Whatever goes wrong inside a job fails it with a reason: a job never hangs because of an error of ours.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from localcloud.containers.images import Images
from localcloud.errors import ServiceError
from localcloud.ports import Host, Ports
from localcloud.sagemaker.events import StatusChange
from localcloud.sagemaker.jobs.context import Clock, FindModel, JobContext, JobError, Work
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import (
    Ended,
    JobState,
    Stage,
    StageBegun,
    Status,
    StopAsked,
)
from localcloud.sagemaker.jobs.s3 import DataError
from localcloud.sagemaker.jobs.transfer import UploadError
from localcloud.sagemaker.wire.roles import role_of_job, unable_to_assume
from localcloud.sagemaker.workers import Outbox, Workers

LOG = logging.getLogger(__name__)

INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."

_WORKERS = 32  # Jobs that run at once, over all accounts: each means at least one process.
_TUNERS = 100  # Tuning jobs that run at once (SageMaker's quotas).
_MESSENGERS = 2
_SECONDS = 30.0  # such a message is short; a thread that takes longer for one is replaced
_PATIENCE = 5.0  # Seconds that closing waits for killed jobs to end.


@dataclass(frozen=True, slots=True)
class _Publisher:
    """Tells EventBridge of a job's states, in their order."""

    host: Host
    outbox: Outbox
    describe: Callable[[Job, JobState], StatusChange]

    def __call__(self, job: Job, state: JobState) -> None:
        self.outbox.add(lambda: self.describe(job, state).publish(self.host.ports(job.info.caller).events))


class JobRuntime:
    """Runs the jobs of all accounts.

    - `host`: gives each account its ports.
    - `folder`: where each job gets a directory of its own, for as long as it runs.
    - `clock`: gives the time, aware, in UTC.
    """

    def __init__(
        self,
        host: Host,
        images: Images,
        folder: Path,
        clock: Clock,
        *,
        find_model: FindModel = lambda caller, name: None,
    ) -> None:
        self.clock = clock
        self.find_model = find_model
        self._host = host
        self._images = images
        self._folder = folder
        self._workers = Workers("sagemaker-job", _WORKERS)
        self._tuners = Workers("sagemaker-tuning-job", _TUNERS)
        self._messengers = Workers("sagemaker-job-message", _MESSENGERS, _SECONDS)
        self._running: set[Job] = set()

    def create(self, info: JobInfo, describe: Callable[[Job, JobState], StatusChange]) -> Job:
        """Make a job, which does not begin yet. `describe`: makes the event that tells of a state."""
        job = Job(info, self.clock, _Publisher(self._host, Outbox(self._messengers), describe))
        job.publish(job.state)
        return job

    def revive(
        self,
        info: JobInfo,
        describe: Callable[[Job, JobState], StatusChange],
        state: JobState,
        details: dict[str, object],
    ) -> Job:
        """Make a job that an earlier run of the local cloud has saved; what worked for it has ended."""
        return Job(
            info, self.clock, _Publisher(self._host, Outbox(self._messengers), describe), state, details
        )

    def start(self, job: Job, work: Work, deadline: timedelta | None) -> None:
        """Run a job as soon as a thread is free.

        `deadline`: how long it may run; None for as long as it takes.
        """
        workers = self._tuners if job.info.kind is Kind.TUNING else self._workers
        workers.submit(partial(self._run, job, work, deadline))

    def close(self) -> None:
        """Start no further job, and kill all that run."""
        for job in list(self._running):
            job.handle(StopAsked())
            job.kill()
        self._tuners.close(_PATIENCE)
        self._workers.close(_PATIENCE)
        self._messengers.close(_PATIENCE)

    def _run(self, job: Job, work: Work, deadline: timedelta | None) -> None:
        if job.state.status is not Status.IN_PROGRESS:
            return
        self._running.add(job)
        try:
            ended = self._attempt(job, work, deadline)
            for _ in range(_retries(job.info)):
                if ended.failure_reason != INTERNAL_ERROR or not job.is_wanted:
                    break
                job.handle(StageBegun(Stage.STARTING))
                ended = self._attempt(job, work, deadline)
            job.handle(ended)
        finally:
            self._running.discard(job)

    def _attempt(self, job: Job, work: Work, deadline: timedelta | None) -> Ended:
        """Do a job's work in a directory of its own; whatever goes wrong is the reason of its failure."""
        folder: Path | None = None
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{job.info.kind.noun}-", dir=self._folder))
            ports, variables = self._surroundings_of(job.info)
            context = JobContext(
                job=job,
                ports=ports,
                images=self._images,
                find_model=self.find_model,
                folder=folder,
                clock=self.clock,
                variables=variables,
                deadline=deadline,
            )
            return work(context)
        except JobError as error:
            return Ended(str(error))
        except (DataError, UploadError) as error:
            return Ended(f"ClientError: {error}")
        except Exception:  # the boundary between a job and the service: report, and fail the job
            LOG.exception("The job %s met an internal error", job.info.arn)
            return Ended(INTERNAL_ERROR)
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _surroundings_of(self, info: JobInfo) -> tuple[Ports, Mapping[str, str]]:
        """Give the ports of a job's role, and what its container finds in its environment."""
        ports, role_arn = self._host.ports(info.caller), self._role_of(info)
        if role_arn:
            ports = ports.working_as(role_of_job(role_arn, info.arn))
        try:
            return ports, ports.variables()
        except ServiceError as error:  # the role has been changed since the job was made
            raise JobError(f"ClientError: {unable_to_assume(role_arn)}") from error

    def _role_of(self, info: JobInfo) -> str:
        """Give the role that a job works as: its own, or its model's where it has none."""
        if role_arn := info.request.optional_text("RoleArn"):
            return role_arn
        model = self.find_model(info.caller, info.request.optional_text("ModelName") or "")
        return "" if model is None else model.role_arn


def _retries(info: JobInfo) -> int:
    """Give how often a job is tried again after an internal error (service model, RetryStrategy)."""
    strategy = info.request.optional_structure("RetryStrategy")
    return 0 if strategy is None else strategy.optional_number("MaximumRetryAttempts") or 0
