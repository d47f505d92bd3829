"""How long something is waited for, counted in time in which this machine was awake.

A laptop that sleeps, or a command that is stopped by Ctrl-Z, must not find its deadline passed before it has
looked again. Clocks differ in whether they go on meanwhile; this does not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait: by which clock, and with which pause between two looks; all in seconds."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    pause: float

    def rounds(self, seconds: float, longest: float) -> Iterator[float]:
        """Yield the seconds that are left, once for each look, until `seconds` are over.

        A round counts for at most `longest`, the time that a look can take. If the last one took longer (the
        machine slept), there is one more look.
        """
        left = seconds
        took = 0.0
        while left > 0:
            before = self.clock()
            yield left
            self.sleep(self.pause)
            took = self.clock() - before
            left -= min(took, longest + self.pause)
        if took > longest + self.pause:
            yield self.pause

    def until(self, condition: Callable[[], bool], seconds: float, longest: float = 1.0) -> bool:
        """Wait until something is so; returns whether it is."""
        return any(condition() for _ in self.rounds(seconds, longest))
