"""Time: what gives it, and what does something later."""

import itertools
import logging
import threading
from collections.abc import Callable
from datetime import datetime

from localcloud.watch import WATCH, Beat, Watch, Watched

Clock = Callable[[], datetime]

LOG = logging.getLogger(__name__)

Cancel = Callable[[], None]
StartTimer = Callable[[float, Callable[[], object]], Cancel]

_PAUSE = 1.0  # seconds until what failed is tried again
_TRIES = 5
_NAME = "timer"


def start_timer(
    seconds: float, action: Callable[[], object], watch: Watch = WATCH, pause: float = _PAUSE
) -> Cancel:
    """Do something after so many seconds, unless cancelled before.

    Somebody depends on it: where it fails it is logged, and done again a few times.

    `action`: what to do: something short, that may be done twice.
    `pause`: seconds before it is tried again.
    """
    timer = _Timer(seconds, action, watch, pause)
    timer.begin()
    return timer.cancel


class _Timer:
    _numbers = itertools.count()

    def __init__(
        self, seconds: float, action: Callable[[], object], watch: Watch, pause: float = _PAUSE
    ) -> None:
        self._seconds = seconds
        self._action = action
        self._watch = watch
        self._pause = pause
        self._beat = Beat()
        self._over = threading.Event()
        self._name = f"{_NAME}-{next(self._numbers)}"
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)

    def begin(self) -> None:
        """Start to wait."""
        self._thread.start()
        self._watch.add(
            Watched(
                self._name,
                thread=lambda: self._thread,
                is_wanted=lambda: not self._over.is_set(),
                due=lambda: self._beat.due,
            )
        )

    def cancel(self) -> None:
        """Do nothing any more; what is being done is not interrupted."""
        self._over.set()

    def _run(self) -> None:
        pause = self._seconds
        for last in (*(False,) * (_TRIES - 1), True):
            if self._over.wait(pause):
                return
            self._beat.expect(0)
            try:
                self._action()
            except BaseException:  # whatever it is: who depends on this would wait for ever
                LOG.exception(
                    "What a timer was to do failed; it is %s", "given up" if last else "tried again"
                )
                self._watch.note(_NAME, "what a timer was to do failed and was tried again")
            else:
                break
            self._beat.rest()
            pause = self._pause
        self._over.set()
