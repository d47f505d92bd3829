"""Failures of what runs again and again: each is told with its traceback, but not ten times a second."""

import logging
import threading
import time
from collections.abc import Callable

SILENCE = 60.0
"""Seconds for which the same failure is not told again."""

_MOST = 1000  # so many are remembered


class Failures:
    """Logs failures. `clock`: seconds that only grow."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()  # guards what follows
        self._told: dict[str, float] = {}

    def tell(self, error: BaseException, message: str, *args: object) -> None:
        """Log an error with its traceback, unless the same was logged within the last minute."""
        if self.is_new(f"{message % args}: {error!r}"):
            self._log.error(message, *args, exc_info=error)

    def is_new(self, text: str) -> bool:
        """Tell whether a failure is to be told now."""
        now = self._clock()
        with self._lock:
            if now - self._told.get(text, -SILENCE) < SILENCE:
                return False
            if len(self._told) >= _MOST:
                self._told.clear()
            self._told[text] = now
            return True
