"""The wait for one task token: the first answer, a missed heartbeat or the end, whichever comes first."""

import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class NoAnswer(Enum):
    """Why a wait ended without one."""

    HEARTBEAT_MISSED = auto()
    TIMED_OUT = auto()
    CLOSED = auto()


class Callback(Generic[Answer]):
    """Takes exactly one answer, from whichever thread comes first and whenever it comes while this is open.

    - `deadline`: when the task times out, by the clock.
    - `clock`: seconds that only grow.
    """

    def __init__(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._deadline = deadline
        self._clock = clock
        self._changed = threading.Condition()
        self._answer: Answer | None = None
        self._closed = False
        self._last_beat = clock()
        self._heartbeat_seconds: float | None = None

    def expect_heartbeats(self, seconds: float) -> None:
        """Close where no heartbeat comes for so long; the first is due so long from now."""
        with self._changed:
            self._heartbeat_seconds = seconds
            self._last_beat = self._clock()

    def answer(self, answer: Answer) -> bool:
        """Give the answer; tell whether it is the one that counts."""
        with self._changed:
            if self._answer is not None or self._why_closed():
                return False
            self._answer = answer
            self._changed.notify_all()
            return True

    def beat(self) -> bool:
        """Tell that the task is alive; False where nobody waits for it any more."""
        with self._changed:
            if self._answer is not None or self._why_closed():
                return False
            self._last_beat = self._clock()
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """Take no answer from now on, and wake who waits for one."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self) -> Answer | NoAnswer:
        """Wait for the answer, or for the reason why there will be none."""
        with self._changed:
            while True:
                if self._answer is not None:
                    return self._answer
                if why := self._why_closed():
                    self._closed = True
                    return why
                self._changed.wait(self._due() - self._clock())

    def _due(self) -> float:
        """Tell when there is a reason to close, unless something happens before."""
        if self._heartbeat_seconds is None:
            return self._deadline
        return min(self._deadline, self._last_beat + self._heartbeat_seconds)

    def _why_closed(self) -> NoAnswer | None:
        if self._closed:
            return NoAnswer.CLOSED
        now = self._clock()
        if now >= self._deadline:
            return NoAnswer.TIMED_OUT
        return NoAnswer.HEARTBEAT_MISSED if now >= self._due() else None
