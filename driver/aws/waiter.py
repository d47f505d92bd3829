"""The one place that polls: look, wait a growing while, look again, until done or until the deadline."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Observation = TypeVar("Observation")


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait between requests, in seconds.

    The n-th wait without news is `first * factor ** n`, at most `longest`, and up to `jitter` of it more, so
    that several waiters do not look in step. News starts it anew. `first` is the shortest wait there ever is.
    """

    first: float
    longest: float
    factor: float = 1.3
    jitter: float = 0.2

    def delay(self, looks_without_news: int, chance: float) -> float:
        """Compute one wait; `chance` in [0, 1) places it within the jitter."""
        base = min(self.longest, self.first * self.factor ** min(looks_without_news, 100))
        return base * (1 + self.jitter * chance)


# At most one look a second, anywhere: AWS limits calls per account, and what the local cloud spends on
# answering it does not spend on working. Jitter is for limits that many share, which it has none of.
LOCAL_BACKOFF = Backoff(first=1, longest=5, factor=1.1, jitter=0)
AWS_BACKOFF = Backoff(first=1, longest=15)


@dataclass(frozen=True, slots=True)
class Waited(Generic[Observation]):
    """How a wait ended: with what was seen last, and whether that was what was waited for."""

    last: Observation
    is_done: bool


@dataclass(frozen=True, slots=True)
class Waiter:
    """Polls with a backoff.

    - `clock`: monotonic time in seconds.
    - `sleep`: blocks for so many seconds.
    - `chance`: a random number in [0, 1).
    """

    backoff: Backoff
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def wait_for(
        self,
        look: Callable[[], Observation],
        is_done: Callable[[Observation], bool],
        timeout: float,
        on_news: Callable[[Observation], None] = lambda _: None,
        *,
        look_at_once: bool = True,
    ) -> Waited[Observation]:
        """Poll until it is done, or until the deadline.

        - `look`: observes; it is called at least once, and once more at the deadline.
        - `is_done`: whether an observation is the last one needed.
        - `on_news`: told of every observation that differs from the one before.
        - `look_at_once`: False if something was asked just now: the first look then comes after the shortest
          wait.

        Returns the last observation; `is_done` is False if the deadline came first.
        """
        deadline = self.clock() + timeout
        before: Observation | None = None
        quiet = 0
        if not look_at_once:
            self.sleep(self.backoff.first)
        while True:
            seen = look()
            if seen != before:
                on_news(seen)
                quiet = 0
            if is_done(seen):
                return Waited(seen, is_done=True)
            left = deadline - self.clock()
            if left <= 0:
                return Waited(seen, is_done=False)
            # The last wait ends at the deadline, unless that would be a look too soon.
            self.sleep(max(self.backoff.first, min(left, self.backoff.delay(quiet, self.chance()))))
            before, quiet = seen, quiet + 1
