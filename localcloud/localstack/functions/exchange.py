"""Where an invocation changes hands: from the thread that invokes a function to its process and back.

One exchange serves one process and one invocation at a time, as one execution environment of Lambda does.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the function is asked: Lambda's headers and the event's bytes; the time-out is in seconds."""

    request_id: str
    function_arn: str
    payload: bytes
    timeout: float
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An invocation on its way to the process, with the moment it must be answered by (epoch, ms)."""

    invocation: Invocation
    deadline_ms: int


class Ending(Enum):
    """How an invocation, or the process in the middle of it, came to an end."""

    RESPONSE = "response"
    ERROR = "error"
    INIT_ERROR = "init error"
    EXIT = "exit"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An ending with what the process sent along, and how long it took.

    - `payload`: the bytes that the process sent; for ``EXIT`` the reason it ended, for ``TIMEOUT`` nothing.
    - `seconds`: from the moment the process took the invocation until the ending.
    - `init_seconds`: how long the process needed to get ready: told with its first invocation only.
    """

    ending: Ending
    payload: bytes
    seconds: float
    init_seconds: float | None = None


class Exchange:
    """The meeting point of one function process and the threads that invoke it.

    - `clock`: wall clock, in seconds since the epoch: the deadline is told to the function.
    - `monotonic`: the clock that durations are measured with, in seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._offered: Invocation | None = None
        self._taken: Invocation | None = None
        self._taken_at = 0.0
        self._answer: tuple[Ending, bytes] | None = None
        self._end: tuple[Ending, bytes] | None = None
        self._opened_at = monotonic()
        self._init_seconds: float | None = None
        self._is_first = True

    def invoke(self, invocation: Invocation, init_timeout: float) -> Outcome:
        """Offer an invocation to the process and wait for its ending.

        - `invocation`: the invocation; its time-out runs from the moment the process takes it.
        - `init_timeout`: how many seconds the process may need until it takes the invocation.
        """
        with self._changed:
            self._offer(invocation)
            asked_at = self._monotonic()
            self._changed.wait_for(lambda: self._taken is not None or self._end is not None, init_timeout)
            if self._taken is not None:
                self._changed.wait_for(
                    lambda: self._answer is not None or self._end is not None, invocation.timeout
                )
            # An answer counts even where the process died right after it.
            ending, payload = self._answer or self._end or (Ending.TIMEOUT, b"")
            started_at = self._taken_at if self._taken is not None else asked_at
            init_seconds = self._init_seconds if self._is_first else None
            self._offer(None)
            self._is_first = False
            return Outcome(ending, payload, self._monotonic() - started_at, init_seconds)

    def take(self) -> Delivery | None:
        """Wait for the next invocation, as the process does; None once the exchange has ended."""
        with self._changed:
            if self._init_seconds is None:
                self._init_seconds = self._monotonic() - self._opened_at
            self._changed.wait_for(lambda: self._offered is not None or self._end is not None)
            if self._end is not None or self._offered is None:
                return None
            self._taken, self._offered = self._offered, None
            self._taken_at = self._monotonic()
            self._changed.notify_all()
            return Delivery(self._taken, int((self._clock() + self._taken.timeout) * 1000))

    def answer(self, request_id: str, ending: Ending, payload: bytes) -> bool:
        """Take the process's answer; False where that invocation is not the one under way."""
        with self._changed:
            if self._taken is None or self._taken.request_id != request_id or self._answer is not None:
                return False
            self._answer = (ending, payload)
            self._changed.notify_all()
            return True

    def end(self, ending: Ending, payload: bytes = b"") -> None:
        """Note that the process will take no further invocation; the first reason given stays."""
        with self._changed:
            if self._end is None:
                self._end = (ending, payload)
                self._changed.notify_all()

    def _offer(self, invocation: Invocation | None) -> None:
        self._offered, self._taken, self._answer = invocation, None, None
        self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether the process takes no further invocation."""
        with self._changed:
            return self._end is not None
