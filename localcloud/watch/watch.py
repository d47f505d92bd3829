"""The watch: who is watched, and the thread that looks at them."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from localcloud.watch.judging import PATIENCE, Look, Record, State, judge, repaired, tried

LOG = logging.getLogger(__name__)

PERIOD = 1.0
"""Seconds between two looks."""

_NAME = "watch"
_NOTES = 50  # the newest: what repairs itself is told, but not for ever


class Beat:
    """By this a loop tells when its next sign of life is due; used by one thread, read by the watch."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.due: float | None = None

    def expect(self, seconds: float) -> None:
        """Promise a sign of life within so many seconds."""
        self.due = self._clock() + seconds

    def rest(self) -> None:
        """Promise nothing: the loop waits for work, or does work that has a deadline of its own."""
        self.due = None


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A thread that others depend on.

    `is_wanted`: tells whether it still has to run; False before it ends on purpose.
    `due`: gives when its next sign of life is due, by `time.monotonic`; None where it rests.
    `repair`: starts another thread in its place; None where that is impossible.
    """

    name: str
    thread: Callable[[], threading.Thread | None]
    is_wanted: Callable[[], bool]
    due: Callable[[], float | None] = lambda: None
    repair: Callable[[], object] | None = None


class Watch:
    """Looks at all that is watched; may be used from any thread.

    `clock`: seconds that only grow, as those of `Watched.due`.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._now = now
        self._lock = threading.RLock()  # guards everything below
        self._records: dict[Watched, Record] = {}
        self._details: dict[Watched, str] = {}
        self._notes: dict[str, tuple[int, str]] = {}
        self._failures: WeakKeyDictionary[threading.Thread, str] = WeakKeyDictionary()
        self._last_look = clock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def add(self, watched: Watched) -> None:
        """Watch a thread from now on, until it is not wanted any more."""
        with self._lock:
            self._records[watched] = Record()

    def failed(self, thread: threading.Thread, error: BaseException) -> None:
        """Remember what ended a thread."""
        with self._lock:
            self._failures[thread] = "".join(traceback.format_exception_only(error)).strip()

    def note(self, name: str, what: str) -> None:
        """Tell of something that has repaired itself."""
        with self._lock:
            times, _ = self._notes.pop(name, (0, ""))
            self._notes[name] = (times + 1, f"{what} at {self._now():%H:%M:%SZ}")
            while len(self._notes) > _NOTES:
                del self._notes[next(iter(self._notes))]

    def rows(self) -> list[dict[str, str]]:
        """Describe all that is watched, for `/_sagestep/info`; start the watch again if it has ended."""
        with self._lock:
            if self._thread is not None and not self._thread.is_alive() and not self._stopped.is_set():
                LOG.error("The thread that watches the others has ended; it is started again")
                self.note(_NAME, "ended and was started again")
                self._start()
            rows = [
                _row(watched.name, record.state, self._details.get(watched, ""))
                for watched, record in self._records.items()
                if watched.is_wanted()
            ]
            notes = [
                _row(name, State.REPAIRED, what if times == 1 else f"{what}, {times} times in all")
                for name, (times, what) in self._notes.items()
            ]
            return [self._own_row(), *rows, *notes]

    def start(self) -> None:
        """Look once a second from now on."""
        with self._lock:
            self._stopped.clear()
            self._last_look = self._clock()
            self._start()

    def stop(self) -> None:
        """Look no more: what ends from now on ends on purpose."""
        self._stopped.set()

    def look(self) -> None:
        """Look at all that is watched, once."""
        now = self._clock()
        with self._lock:
            # The machine or this process may have been asleep; then the others were asleep, too.
            awake = min(now - self._last_look, 2 * PERIOD)
            self._last_look = now
            watched_threads = list(self._records)
        for watched in watched_threads:
            try:
                self._look_at(watched, now, awake)
            except Exception:  # whatever it is, the others are to be looked at
                LOG.exception("The thread %s cannot be watched", watched.name)

    def _look_at(self, watched: Watched, now: float, awake: float) -> None:
        thread = watched.thread()
        # One that was made and is not started yet has no identity.
        is_alive = thread is not None and (thread.ident is None or thread.is_alive())
        due = watched.due()
        # In this order: what ends on purpose is unwanted first.
        if self._stopped.is_set() or not watched.is_wanted():
            with self._lock:
                self._records.pop(watched, None)
                self._details.pop(watched, None)
            return
        with self._lock:
            before = self._records[watched]
            record = self._records[watched] = judge(before, Look(is_alive, due), now, awake)
        if record.is_faulty and record.may_be_repaired:
            self._mend(watched, thread, record)

    def _mend(self, watched: Watched, thread: threading.Thread | None, record: Record) -> None:
        what, place = self._describe(thread, record)
        action = "it is started again" if watched.repair else "it cannot be started again"
        LOG.error("The thread %s %s; %s%s", watched.name, what, action, place)
        after, detail = tried(record), f"{what}, noticed at {self._now():%H:%M:%SZ}"
        if watched.repair:
            try:
                watched.repair()
            except Exception:  # it is tried again
                LOG.exception("The thread %s cannot be started again", watched.name)
            else:
                after = repaired(record)
                times = f", {after.repairs} times in all" if after.repairs > 1 else ""
                detail = f"{detail}, and was started again{times}"
        with self._lock:
            self._records[watched], self._details[watched] = after, detail

    def _describe(self, thread: threading.Thread | None, record: Record) -> tuple[str, str]:
        """Say what is wrong, and where in its code a blocked thread is."""
        if record.state is State.ENDED:
            failure = self._failures.get(thread) if thread else None
            return f"has ended{f' by {failure}' if failure else ''}", ""
        what = f"has given no sign of life for {record.owing:.0f} s longer than it may"
        frame = sys._current_frames().get(thread.ident or 0) if thread else None
        return what, f"; it is here:\n{''.join(traceback.format_stack(frame)).rstrip()}" if frame else ""

    def _own_row(self) -> dict[str, str]:
        late = self._clock() - self._last_look - PERIOD
        if self._thread is None or self._stopped.is_set():
            return _row(_NAME, State.ENDED, "it was stopped")
        if late > PATIENCE:
            return _row(_NAME, State.OVERDUE, f"the last look at the others was {late:.0f} s ago")
        return _row(_NAME, State.RUNNING, "")

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(PERIOD):
            self.look()


def _row(name: str, state: State, detail: str) -> dict[str, str]:
    return {"name": name, "state": state.value, "detail": detail}


WATCH = Watch()
"""Of everything in this process."""
