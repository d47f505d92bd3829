"""Loops of LocalStack that take work off a queue, or look for it once a minute, are watched."""

import logging
import queue
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial

from localstack.services.events.scheduler import Job, JobScheduler
from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler
from localstack.services.sns import executor
from localstack.services.sns.executor import TopicPartitionedThreadPoolExecutor
from localstack.utils.bootstrap import is_api_enabled
from localstack.utils.patch import patch
from localstack.utils.threads import FuncThread, start_worker_thread

from localcloud.localstack.failures import Failures
from localcloud.watch import WATCH, Beat, Watched

LOG = logging.getLogger(__name__)

RULES = "events-jobscheduler-loop"

RULES_SECONDS = 59.9
"""Between two looks at the scheduled rules, as LocalStack has it."""

LOG_SECONDS = 5.0
"""For so long a log handler may write what one invocation has printed, beside what the watch allows."""

NOTIFICATION_SECONDS = 30.0
"""For so long the delivery of one message of a FIFO topic may take: the subscriber may be an HTTP server."""

_failures = Failures(LOG)
_log_handlers: "weakref.WeakSet[LogHandler]" = weakref.WeakSet()


class WatchedQueue(queue.Queue[object]):
    """A queue with one thread that takes from it, and handles each item before it takes the next.

    - `pill`: what ends that thread.
    - `seconds`: how long it may take over one item.
    """

    def __init__(self, pill: object, seconds: float) -> None:
        super().__init__()
        self.beat = Beat()
        self.consumer: threading.Thread | None = None
        self._pill = pill
        self._seconds = seconds
        self._is_at_work = False

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        """Wait for an item; a thread that another one has replaced gets the pill."""
        me = threading.current_thread()
        if self.consumer is not me:
            return self._pill
        self.beat.rest()
        if self._is_at_work:
            self._is_at_work = False
            self.task_done()
        item = super().get(block, timeout)
        self._is_at_work = True
        self.beat.expect(self._seconds)
        return item

    def watch(self, name: str, work: Callable[..., object], is_wanted: Callable[[], bool]) -> None:
        """Start the thread that takes from this queue, and have it watched."""

        def begin() -> None:
            self.beat.rest()
            is_known.clear()
            self.consumer = start_worker_thread(run, name=name)
            is_known.set()

        def run(*_: object) -> None:
            is_known.wait()
            work()

        is_known = threading.Event()
        begin()
        WATCH.add(
            Watched(
                name,
                thread=lambda: self.consumer,
                is_wanted=is_wanted,
                due=lambda: self.beat.due,
                repair=begin,
            )
        )


def apply() -> None:
    """Apply all patches of this module."""
    let_log_handlers_be_watched()
    let_fifo_topics_be_watched()
    let_scheduled_rules_be_watched()


def let_log_handlers_be_watched() -> None:
    """Defect: a log handler may end or block. Its function's output is then lost."""

    @patch(LogHandler.__init__)
    def make(original: Callable[..., None], self: LogHandler, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.log_queue = WatchedQueue(QUEUE_SHUTDOWN, LOG_SECONDS)

    def start_subscriber(self: LogHandler) -> None:
        if is_api_enabled("logs"):
            _log_handlers.add(self)
            self.log_queue.watch("log_handler", self.run_log_loop, lambda: not self._shutdown_event.is_set())

    LogHandler.start_subscriber = start_subscriber

    @patch(LogHandler.stop)
    def stop(original: Callable[[LogHandler], None], self: LogHandler) -> None:
        self._thread = self.log_queue.consumer
        original(self)
        _log_handlers.discard(self)


def await_logs(seconds: float) -> None:
    """Wait until all that functions have printed is in their logs, or until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(one.log_queue.unfinished_tasks for one in list(_log_handlers)):
        time.sleep(0.01)


def let_fifo_topics_be_watched() -> None:
    """Defect: the worker of a FIFO topic may end or block, and nothing is logged."""

    def _add_worker(self: TopicPartitionedThreadPoolExecutor) -> None:
        work = WatchedQueue(None, NOTIFICATION_SECONDS)
        self._work_queues.append(work)
        name = f"{self._thread_name_prefix}_{len(self._threads)}"
        work.watch(name, partial(executor._worker, work), lambda: not self._shutdown)
        self._threads.add(work.consumer)

    TopicPartitionedThreadPoolExecutor._add_worker = _add_worker


def let_scheduled_rules_be_watched() -> None:
    """Defect: the loop that starts scheduled rules logs no failures, and may block."""

    def run(self: Job) -> None:
        try:
            if self.is_enabled and self.should_run_now():
                self.do_run()
        except Exception as error:  # other rules are to come
            _failures.tell(error, "the rule with the schedule %s cannot be run", self.schedule)

    def loop(self: JobScheduler, *_: object) -> None:
        me = threading.current_thread()
        while self.thread is me and not self._stop_event.is_set():
            self.beat.expect(0)
            for job in list(self.jobs):
                job.run()
            if self.thread is me:
                self.beat.expect(RULES_SECONDS)
                self._stop_event.wait(RULES_SECONDS)

    def start_loop(self: JobScheduler) -> None:
        def begin() -> None:
            self.beat.rest()
            self.thread = FuncThread(self.loop, name=RULES)
            self.thread.start()

        self.beat = Beat()
        begin()
        WATCH.add(
            Watched(
                RULES,
                thread=lambda: self.thread,
                is_wanted=lambda: not self._stop_event.is_set(),
                due=lambda: self.beat.due,
                repair=begin,
            )
        )

    Job.run = run
    JobScheduler.loop = loop
    JobScheduler.start_loop = start_loop
