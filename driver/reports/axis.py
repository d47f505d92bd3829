"""A time axis: from when to when, and where its ticks are. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from driver.reports.wording import duration

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# Seconds between two ticks: what a person counts in.
_STEPS = (
    *(base * 10.0**power for power in (-3, -2, -1, 0) for base in (1, 2, 5)),
    *(10, 15, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY),
)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: where, in per cent of its length, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is; never nothing, so that there are places on it."""
        return max((self.end - self.start) / timedelta(seconds=1), 0.01)

    def place(self, time: datetime) -> float:
        """Return where a time is, in per cent."""
        share = (time - self.start) / timedelta(seconds=1) / self.seconds
        return round(min(max(share, 0.0), 1.0) * 100, 3)

    def ticks(self) -> tuple[Tick, ...]:
        """Return at most seven marks at round distances from the start."""
        long_enough = (step for step in _STEPS if self.seconds / step <= _MOST_TICKS)
        step = next(long_enough, _DAY * math.ceil(self.seconds / _DAY / _MOST_TICKS))
        marks = range(int(self.seconds / step) + 1)
        return tuple(
            Tick(round(mark * step / self.seconds * 100, 3), duration(mark * step)) for mark in marks
        )
