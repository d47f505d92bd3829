"""Threads of LocalStack: what ends them is told, with its traceback."""

import logging
import sys
import threading
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from localstack.runtime.events import infra_stopping
from localstack.utils import common
from localstack.utils import threads as localstack_threads
from localstack.utils.patch import patch
from localstack.utils.threads import FuncThread

from localcloud.localstack.failures import Failures
from localcloud.watch import WATCH

LOG = logging.getLogger(__name__)

LOOPS = (
    "localstack.services.lambda_.event_source_mapping.esm_worker",
    "localstack.services.lambda_.invocation.event_manager",
    "localstack.services.s3.notifications",
    "localstack.services.sns.executor",
    "localstack.services.sns.publisher",
    "localstack.services.sqs.provider",
)
"""The loggers of loops and of jobs of pools that write what was raised, but not where."""


def apply() -> None:
    """Apply all patches of this module."""
    let_failures_of_threads_be_told()
    let_ends_of_threads_be_told()
    let_failures_of_loops_show_where()
    let_ended_threads_be_forgotten()


def let_failures_of_threads_be_told() -> None:
    """Defect: an exception that ends a thread is logged at a level that is not shown."""

    @patch(FuncThread.__init__)
    def make(
        original: Callable[..., None],
        self: FuncThread,
        func: Callable[..., object],
        *args: object,
        **kwargs: object,
    ) -> None:
        def run(*given: object) -> object:
            try:
                return func(*given)
            except Exception as error:
                WATCH.failed(self, error)
                if not (self.quiet or infra_stopping.is_set()):
                    LOG.exception("The thread %s has failed", self.name)
                raise

        original(self, run, *args, **kwargs)


def let_ends_of_threads_be_told() -> None:
    """Defect: an exception that ends any other thread is printed and not logged."""

    def tell(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is None or isinstance(ended.exc_value, SystemExit):
            return
        name = ended.thread.name if ended.thread else "that nobody knows"
        if ended.thread:
            WATCH.failed(ended.thread, ended.exc_value)
        LOG.error("The thread %s has failed", name, exc_info=ended.exc_value)

    threading.excepthook = tell


def let_failures_of_loops_show_where() -> None:
    """Defect: loops log exceptions without the traceback, and the same one ten times a second.

    What AWS itself would refuse, such as a queue that is gone, needs no traceback.
    """
    for name in LOOPS:
        log = logging.getLogger(name)
        log.addFilter(ShowWhere(log))


class Threads(list[threading.Thread]):
    """Threads to end with the process, without those that have ended already."""

    _limit = 100

    def append(self, thread: threading.Thread) -> None:
        """Add a thread; each time their number has doubled, those that have ended go."""
        if len(self) >= self._limit:
            self[:] = [one for one in self if not _has_ended(one)]
            self._limit = max(100, 2 * len(self))
        super().append(thread)


def _has_ended(one: object) -> bool:
    """Tell whether this is a thread that ran; LocalStack puts pools there, too."""
    return isinstance(one, threading.Thread) and one.ident is not None and not one.is_alive()


def let_ended_threads_be_forgotten() -> None:
    """Defect: each thread of a state machine's execution is remembered for ever."""
    localstack_threads.TMP_THREADS = common.TMP_THREADS = Threads(localstack_threads.TMP_THREADS)


class ShowWhere(logging.Filter):
    """Adds the traceback to errors, and drops those that were logged within the last minute."""

    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self._failures = Failures(log)

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to log a record."""
        error = sys.exc_info()[1]
        if record.levelno < logging.ERROR or error is None or record.exc_info:
            return True
        if not isinstance(error, ClientError | BotoCoreError):
            record.exc_info = sys.exc_info()
        return self._failures.is_new(f"{record.getMessage()} {error!r}")
