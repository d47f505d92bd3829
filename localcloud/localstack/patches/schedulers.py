"""LocalStack's schedulers: two tasks that are due at once, a task that fails, a clock that is set."""

import itertools
import logging
import threading
import time
from collections.abc import Callable

from localstack.utils.patch import patch
from localstack.utils.scheduler import ScheduledTask, Scheduler
from localstack.utils.threads import start_thread

from localcloud.localstack.failures import Failures
from localcloud.watch import WATCH, Watched

LOG = logging.getLogger(__name__)

_numbers = itertools.count()
_failures = Failures(LOG)


def apply() -> None:
    """Apply all patches of this module."""
    let_tasks_have_an_order()
    let_failures_of_tasks_be_told()
    let_deadlines_be_those_of_a_clock_that_only_grows()
    let_schedulers_be_watched()


def let_tasks_have_an_order() -> None:
    """Defect: of two equal deadlines the tasks are compared; that raises TypeError and ends the thread."""

    @patch(ScheduledTask.__init__)
    def make(original: Callable[..., None], self: ScheduledTask, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.number = next(_numbers)

    ScheduledTask.__lt__ = lambda self, other: self.number < other.number


def let_failures_of_tasks_be_told() -> None:
    """Defect: an exception of a task is lost, unless its scheduler has asked for it."""

    def run(self: ScheduledTask) -> None:
        try:
            self.task(*self.args, **self.kwargs)
        except Exception as error:  # whatever it is, the scheduler has other tasks
            if not self.on_error:
                _failures.tell(error, "a scheduled task failed: %s", self.task)
                return
            try:
                self.on_error(error)
            except Exception as second:
                _failures.tell(second, "what is to be told of failures of %s failed", self.task)

    ScheduledTask.run = run


def let_deadlines_be_those_of_a_clock_that_only_grows() -> None:
    """Defects: a clock that is set back delays all tasks; set forward, it makes up for all missed runs."""

    def schedule_task(self: Scheduler, task: ScheduledTask) -> None:
        task.deadline = time.monotonic() + max(0.0, (task.start or 0.0) - time.time())
        self.add(task)

    def set_next_deadline(self: ScheduledTask) -> None:
        now = time.monotonic()
        self.deadline = max(self.deadline + self.period, now) if self.fixed_rate else now + self.period

    Scheduler.schedule_task = schedule_task
    ScheduledTask.set_next_deadline = set_next_deadline


def let_schedulers_be_watched() -> None:
    """Defect: the thread that runs a scheduler may end or block, and nothing is logged."""

    @patch(Scheduler.__init__)
    def make(original: Callable[..., None], self: Scheduler, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.runner = self.taken = None
        self.is_closed = False

    @patch(Scheduler.close)
    def close(original: Callable[[Scheduler], None], self: Scheduler) -> None:
        self.is_closed = True
        original(self)

    def run(self: Scheduler) -> None:
        is_first, self.runner = self.runner is None, threading.current_thread()
        if is_first:
            name = self.runner.name.partition("-functhread")[0]
            WATCH.add(
                Watched(
                    name,
                    thread=lambda: self.runner,
                    is_wanted=lambda: not self.is_closed,
                    due=lambda: _due(self),
                    repair=lambda: _replace_runner(self, name),
                )
            )
        _run(self)

    Scheduler.run = run


def _run(scheduler: Scheduler) -> None:
    """Run tasks until the scheduler is closed, or another thread has taken this one's place."""
    me = threading.current_thread()
    while scheduler.runner is me:
        with scheduler._condition:
            entry = scheduler._queue.get() if scheduler._queue.queue else None
            if entry is None:
                scheduler._condition.wait()
                continue
            if entry == Scheduler.POISON:
                return
            deadline, task = entry
            if task.is_cancelled:
                continue
            wait = deadline - time.monotonic()
            if wait > 0:
                scheduler._queue.put(entry)  # something with an earlier deadline may come
                scheduler._condition.wait(wait)
                continue
            scheduler.taken = (deadline, task)
        if scheduler.executor:
            scheduler.executor.submit(task.run)
        else:
            task.run()
        with scheduler._condition:
            if scheduler.runner is not me:
                return  # the task is scheduled already, by who took this one's place
            scheduler.taken = None
            _schedule_again(scheduler, task)


def _schedule_again(scheduler: Scheduler, task: ScheduledTask) -> None:
    if task.is_periodic and not task.is_cancelled:
        task.set_next_deadline()
        scheduler._queue.put((task.deadline, task))


def _due(scheduler: Scheduler) -> float | None:
    """Give the deadline of the task that is running, or of the next one."""
    if taken := scheduler.taken:
        return float(taken[0])
    entries = list(scheduler._queue.queue[:1])
    return float(entries[0][0]) if entries and entries[0] != Scheduler.POISON else None


def _replace_runner(scheduler: Scheduler, name: str) -> None:
    with scheduler._condition:
        if taken := scheduler.taken:
            _schedule_again(scheduler, taken[1])
        scheduler.taken = None
        scheduler.runner = start_thread(lambda *_: scheduler.run(), name=name)
