"""What surrounds the service in its tests: S3 in memory, a clock, workers and threads under control."""

import io
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO, cast

from localcloud.errors import ServiceError
from localcloud.geospatial.process import WorkerError
from localcloud.geospatial.task import Report, Task
from localcloud.ports import Caller, Events, Functions, Ports, Queues


class Objects:
    """S3 in memory: buckets and what they hold."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {"bucket": {}}
        self.trouble: Exception | None = None

    def open(self, bucket: str, key: str, version_id: str | None = None) -> BinaryIO:
        if self.trouble:
            raise self.trouble
        try:
            return io.BytesIO(self._bucket(bucket)[key])
        except KeyError:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404) from None

    def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for key in self._bucket(bucket) if key.startswith(prefix))

    def upload(self, bucket: str, key: str, path: Path, kms_key_id: str | None = None) -> None:
        if self.trouble:
            raise self.trouble
        self._bucket(bucket)[key] = path.read_bytes()

    def delete(self, bucket: str, key: str) -> None:
        self._bucket(bucket).pop(key, None)

    def _bucket(self, name: str) -> dict[str, bytes]:
        try:
            return self.buckets[name]
        except KeyError:
            raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404) from None


class Host:
    """A host that has nothing but S3, the same for every caller."""

    def __init__(self) -> None:
        self.objects = Objects()

    def ports(self, _caller: Caller) -> Ports:
        return Ports(
            functions=cast("Functions", None),
            queues=cast("Queues", None),
            objects=self.objects,
            events=cast("Events", None),
        )


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Queue(Executor):
    """Threads that work when told to, in the test's own thread."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        self._waiting.append(lambda: function(*args, **options))
        return Future()

    def run(self) -> None:
        """Do everything that waits."""
        while self._waiting:
            self._waiting.popleft()()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            self._waiting.clear()


class Workers:
    """Starts workers that copy their input; `report` and `trouble` say how they end."""

    def __init__(self) -> None:
        self.report = Report(rows=1)
        self.trouble: Exception | None = None
        self.meanwhile: Callable[[], object] = lambda: None
        self.tasks: list[Task] = []
        self.killed = 0

    def __call__(self, task: Task) -> "CopyingWorker":
        self.tasks.append(task)
        return CopyingWorker(self, task)


class CopyingWorker:
    def __init__(self, workers: Workers, task: Task) -> None:
        self._workers = workers
        self._task = task
        self._is_killed = False

    def wait(self) -> Report:
        self._workers.meanwhile()
        if self._is_killed:
            raise WorkerError("The worker ended with code -9")
        if self._workers.trouble:
            raise self._workers.trouble
        Path(self._task.output_path).write_bytes(Path(self._task.input_path).read_bytes())
        return self._workers.report

    def kill(self) -> None:
        self._is_killed = True
        self._workers.killed += 1


class PatientWorkers:
    """Starts workers that end only when they are killed."""

    def __init__(self) -> None:
        self.started = Event()

    def __call__(self, _task: Task) -> "PatientWorker":
        self.started.set()
        return PatientWorker()


class PatientWorker:
    def __init__(self) -> None:
        self._killed = Event()

    def wait(self) -> Report:
        self._killed.wait(timeout=60)
        raise WorkerError("The worker ended with code -9")

    def kill(self) -> None:
        self._killed.set()
