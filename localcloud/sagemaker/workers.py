"""A bounded set of threads that run jobs in the order they come.

Not `concurrent.futures.ThreadPoolExecutor`: the interpreter joins its threads before it exits, and a
function that runs for minutes would hold up the end of the local cloud. These threads are daemons.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from localcloud.watch import WATCH, Beat, Watch, Watched

LOG = logging.getLogger(__name__)

Job = Callable[[], None]


class Workers:
    """Threads made as they are needed, up to a limit; each is watched.

    `limit`: how many jobs may run at once; further ones wait.
    `seconds`: how long a job may take; a thread that takes longer is replaced. None: any time.
    """

    def __init__(self, name: str, limit: int, seconds: float | None = None, watch: Watch = WATCH) -> None:
        self._name = name
        self._limit = limit
        self._seconds = seconds
        self._watch = watch
        self._wake = threading.Condition()  # guards everything below
        self._jobs: deque[Job] = deque()
        self._threads: list[_Worker] = []
        self._idle = 0
        self._closed = False

    def submit(self, job: Job) -> None:
        """Run a job as soon as a thread is free; after `close`, forget it."""
        with self._wake:
            if self._closed:
                return
            self._jobs.append(job)
            if self._idle < len(self._jobs) and len(self._threads) < self._limit:
                self._add_worker()
            self._wake.notify()

    def close(self, patience: float) -> None:
        """Begin no further job, and wait so many seconds at most for those that run."""
        with self._wake:
            self._closed = True
            self._jobs.clear()
            self._wake.notify_all()
        deadline = time.monotonic() + patience
        for worker in self._threads:
            if worker.thread is not threading.current_thread():
                worker.thread.join(max(0.0, deadline - time.monotonic()))

    def _add_worker(self) -> None:
        worker = _Worker(f"{self._name}-{len(self._threads)}", self._work)
        self._threads.append(worker)
        self._watch.add(
            Watched(
                worker.name,
                thread=lambda: worker.thread,
                is_wanted=lambda: not self._closed,
                due=lambda: worker.beat.due,
                repair=worker.begin,
            )
        )

    def _work(self, worker: "_Worker") -> None:
        while worker.is_current() and (job := self._next(worker)) is not None:
            try:
                job()
            except Exception:  # the boundary of the thread: report, and go on with the next job
                LOG.exception("A job of %s failed", self._name)
            if worker.is_current():
                worker.beat.rest()

    def _next(self, worker: "_Worker") -> Job | None:
        """Wait for a job; None when closed."""
        with self._wake:
            self._idle += 1
            try:
                while not self._jobs and not self._closed:
                    self._wake.wait()
            finally:
                self._idle -= 1
            if self._closed:
                return None
            if self._seconds is not None:
                worker.beat.expect(self._seconds)
            return self._jobs.popleft()


class _Worker:
    """One of the threads, and those that take its place."""

    def __init__(self, name: str, work: "Callable[[_Worker], None]") -> None:
        self.name = name
        self.beat = Beat()
        self._work = work
        self.begin()

    def begin(self) -> None:
        """Start a thread; the one before, if it is only blocked, ends after its job."""
        self.beat.rest()
        self.thread = threading.Thread(target=self._work, args=(self,), name=self.name, daemon=True)
        self.thread.start()

    def is_current(self) -> bool:
        """Tell whether the calling thread is the one that works now."""
        return self.thread is threading.current_thread()


class Outbox:
    """Jobs that must run one after the other, in order, on threads shared with other outboxes."""

    __slots__ = ("_draining", "_jobs", "_lock", "_workers")

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._lock = threading.Lock()  # guards everything below
        self._jobs: list[Job] = []  # few; an empty deque takes 600 bytes
        self._draining = False

    def add(self, job: Job) -> None:
        """Run a job after those that were added before."""
        with self._lock:
            self._jobs.append(job)
            if self._draining:
                return
            self._draining = True
        self._workers.submit(self._drain)

    def _drain(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:  # a lost event must not keep those behind it from going out
                LOG.exception("An event could not be published")
            except BaseException:  # this thread ends, but not the outbox
                self._workers.submit(self._drain)
                raise

    def _next(self) -> Job | None:
        with self._lock:
            if not self._jobs:
                self._draining = False
                return None
            return self._jobs.pop(0)
