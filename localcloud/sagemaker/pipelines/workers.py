"""A bounded set of threads that run jobs in the order they come.

Not `concurrent.futures.ThreadPoolExecutor`: the interpreter joins its threads before it exits, and a
function that runs for minutes would hold up the end of the local cloud. These threads are daemons.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

LOG = logging.getLogger(__name__)

Job = Callable[[], None]


class Workers:
    """Threads made as they are needed, up to a limit.

    Parameters
    ----------
    name
        Names the threads.
    limit
        How many jobs may run at once; further ones wait.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._wake = threading.Condition()  # guards everything below
        self._jobs: deque[Job] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False

    def submit(self, job: Job) -> None:
        """Run a job as soon as a thread is free; after `close`, forget it."""
        with self._wake:
            if self._closed:
                return
            self._jobs.append(job)
            if self._idle < len(self._jobs) and len(self._threads) < self._limit:
                thread = threading.Thread(
                    target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
            self._wake.notify()

    def close(self, patience: float) -> None:
        """Begin no further job, and wait so many seconds at most for those that run."""
        with self._wake:
            self._closed = True
            self._jobs.clear()
            self._wake.notify_all()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:  # the boundary of the thread: report, and go on with the next job
                LOG.exception("A job of %s failed", self._name)

    def _next(self) -> Job | None:
        """Wait for a job; None when closed."""
        with self._wake:
            self._idle += 1
            while not self._jobs and not self._closed:
                self._wake.wait()
            self._idle -= 1
            return None if self._closed else self._jobs.popleft()


class Outbox:
    """Jobs that must run one after the other, in order, on threads shared with other outboxes."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._lock = threading.Lock()  # guards everything below
        self._jobs: deque[Job] = deque()
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

    def _next(self) -> Job | None:
        with self._lock:
            if not self._jobs:
                self._draining = False
                return None
            return self._jobs.popleft()
