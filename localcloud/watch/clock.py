"""The time of day, as a clock that only grows."""

import time
from collections.abc import Callable


def since_boot() -> float:
    """Tell the seconds since the machine was started, those it was asleep included; they only grow."""
    # On macOS the clock that is called monotonic counts them; on Linux it does not.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SteadyClock:
    """Tells the time as `time.time` does, but never jumps: it looks at the time of day once, when it is made.

    It stands in for the module `time` where deadlines are computed: a clock that is set back by an hour would
    otherwise make them an hour late.
    """

    def __init__(
        self,
        time_of_day: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = since_boot,
    ) -> None:
        self._monotonic = monotonic
        self._offset = time_of_day() - monotonic()

    def time(self) -> float:
        """Tell the seconds since 1970."""
        return self._monotonic() + self._offset
