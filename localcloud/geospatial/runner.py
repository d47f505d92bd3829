"""Carries jobs and exports out: download, worker process, upload; records how they end.

As many jobs run at once as there are threads for them; the others wait as INITIALIZING. A job's folder
holds its input while it runs, and its results until it is deleted or the service closes.
"""

import logging
import shutil
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Lock

from localcloud.errors import ServiceError
from localcloud.geospatial.jobs import Blame, Failure, Job, S3Location, Status
from localcloud.geospatial.process import Worker, WorkerError
from localcloud.geospatial.store import JobStore
from localcloud.geospatial.task import Task
from localcloud.ports import Host, Objects, Role

_LOG = logging.getLogger(__name__)
_PIECE = 1024 * 1024
_INPUT = "input.csv"
_RESULTS = "results_0.csv"


class Runner:
    """Runs the jobs and exports of the service.

    `work_directory`: a folder of its own; what an earlier run left there of its jobs is removed, unless
    `keeps_results`.
    `for_jobs`, `for_exports`: their threads limit how many of each run at once. `close` shuts them down.
    """

    def __init__(
        self,
        host: Host,
        store: JobStore,
        work_directory: Path,
        gazetteer_folder: Path,
        *,
        launch: Callable[[Task], Worker],
        for_jobs: Executor,
        for_exports: Executor,
        clock: Callable[[], datetime],
        keeps_results: bool = False,
    ) -> None:
        self._host = host
        self._store = store
        self._folders = work_directory / "jobs"
        self._gazetteer_folder = gazetteer_folder
        self._launch = launch
        self._for_jobs = for_jobs
        self._for_exports = for_exports
        self._clock = clock
        self._keeps_results = keeps_results
        self._lock = Lock()
        self._workers: dict[str, Worker] = {}
        self._has_run = False
        self._is_closed = False

    def start(self, job: Job) -> None:
        """Run a job as soon as a thread is free."""
        with self._lock:
            if not self._has_run and not self._keeps_results:
                shutil.rmtree(self._folders, ignore_errors=True)
            self._has_run = True
        self._for_jobs.submit(self._run, job.arn).add_done_callback(_tell_failure)

    def stop(self, job: Job) -> None:
        """End a job's worker, if it has one; the store says already that the job is not wanted."""
        with self._lock:
            worker = self._workers.get(job.arn)
        if worker:
            worker.kill()

    def discard(self, job: Job) -> None:
        """Forget a job that the store no longer has."""
        self.stop(job)
        shutil.rmtree(self._folder(job), ignore_errors=True)

    def export(self, job: Job) -> None:
        """Upload a job's results as soon as a thread is free."""
        self._for_exports.submit(self._export, job.arn).add_done_callback(_tell_failure)

    def close(self) -> None:
        """End all workers, wait for the threads, remove all results."""
        with self._lock:
            self._is_closed = True
            workers = list(self._workers.values())
        for worker in workers:
            worker.kill()
        for executor in (self._for_jobs, self._for_exports):
            executor.shutdown(wait=True, cancel_futures=True)
        if not self._keeps_results:
            shutil.rmtree(self._folders, ignore_errors=True)

    def _run(self, arn: str) -> None:
        if (job := self._begin(arn)) is None:
            return
        folder = self._folder(job)
        failure = None
        try:
            self._folders.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)  # of a run that ended in the middle
            folder.mkdir(mode=0o700)
            failure = self._download(job, folder / _INPUT)
            if failure is None and self._is_wanted(job):
                failure = self._geocode(job, folder)
            (folder / _INPUT).unlink(missing_ok=True)
        except Exception:
            _LOG.exception("The job %s failed.", arn)
            failure = Failure(
                Blame.SERVER_ERROR, "The job failed for a reason within the service; see its log."
            )
        self._end(job, folder, failure)

    def _begin(self, arn: str) -> Job | None:
        """Give the job if it is still to be run: it may have been stopped or deleted in the queue."""
        try:
            job = self._store.change(arn, Job.begin)
        except ServiceError:
            return None
        return job if job.status is Status.IN_PROGRESS else None

    def _download(self, job: Job, path: Path) -> Failure | None:
        """Copy the input piece by piece, so that its size does not matter."""
        objects = self._objects(job, str(job.request["ExecutionRoleArn"]))
        try:
            with (
                closing(objects.open(job.source.bucket, job.source.key)) as source,
                path.open("wb") as target,
            ):
                while (piece := source.read(_PIECE)) and self._is_wanted(job):
                    target.write(piece)
        except ServiceError as error:
            return _blamed(error, f"The input {job.source} cannot be read")
        return None

    def _geocode(self, job: Job, folder: Path) -> Failure | None:
        worker = self._launch(
            Task(
                input_path=str(folder / _INPUT),
                output_path=str(folder / _RESULTS),
                gazetteer_folder=str(self._gazetteer_folder),
                x_name=job.x_name,
                y_name=job.y_name,
            )
        )
        with self._lock:
            self._workers[job.arn] = worker
        try:
            # Whoever stops the job marks it first and then looks for its worker: one of us sees the other.
            if not self._is_wanted(job):
                worker.kill()
            report = worker.wait()
        except WorkerError:
            if self._is_wanted(job):
                raise
            return None
        finally:
            with self._lock:
                del self._workers[job.arn]
        return Failure(Blame.CLIENT_ERROR, report.complaint) if report.complaint else None

    def _is_wanted(self, job: Job) -> bool:
        now = self._store.find(job.arn)
        return not self._is_closed and now is not None and now.status is Status.IN_PROGRESS

    def _end(self, job: Job, folder: Path, failure: Failure | None) -> None:
        """Record how the job ended; only the results of a completed one are kept."""
        try:
            ended = self._store.change(job.arn, lambda job: job.end(self._clock(), failure))
        except ServiceError:
            ended = None  # Deleted meanwhile.
        if ended is None or ended.status is not Status.COMPLETED:
            shutil.rmtree(folder, ignore_errors=True)

    def _export(self, arn: str) -> None:
        job = self._store.find(arn)
        assert job is not None  # A job whose export is in progress cannot be deleted.
        assert job.export is not None
        target = _results_key(job.export.target, job.id)
        failure = None
        try:
            objects = self._objects(job, job.export.role_arn)
            objects.upload(target.bucket, target.key, self._folder(job) / _RESULTS)
        except ServiceError as error:
            failure = _blamed(error, f"The results cannot be written to {target}")
        except Exception:
            _LOG.exception("The export of %s failed.", arn)
            failure = Failure(
                Blame.SERVER_ERROR, "The export failed for a reason within the service; see its log."
            )
        self._store.change(arn, lambda job: job.end_export(failure))

    def _objects(self, job: Job, role_arn: str) -> Objects:
        """Give S3 as the role calls it that was passed to the job, or to its export."""
        role = Role(role_arn, "SageMaker", job.arn, "sagemaker-geospatial")
        return self._host.ports(job.caller).working_as(role).objects

    def _folder(self, job: Job) -> Path:
        return self._folders / job.id


def _tell_failure(future: Future[None]) -> None:
    """Log what the pool's thread would keep to itself: it does not end by it, but the work is not done."""
    if not future.cancelled() and (error := future.exception()):
        _LOG.error("A job of the service failed.", exc_info=error)


def _results_key(target: S3Location, job_id: str) -> S3Location:
    """Say where the results go: a folder named after the job, under the export's prefix."""
    prefix = target.key.rstrip("/")
    return S3Location(target.bucket, "/".join(filter(None, (prefix, job_id, _RESULTS))))


def _blamed(error: ServiceError, what: str) -> Failure:
    blame = Blame.SERVER_ERROR if error.status >= 500 else Blame.CLIENT_ERROR
    return Failure(blame, f"{what} ({error.code}): {error.message}")
