"""The metrics of one account and region; safe to use from any thread."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from localcloud.metrics.series import MINUTE, Summary

Dimensions = tuple[tuple[str, str], ...]
"""Name and value of each, in the order of the names."""

Key = tuple[str, str, Dimensions]
"""Namespace, name, dimensions."""

_MINUTES = 24 * 60  # that a metric keeps
_MOST_MINUTES = 50_000  # of all metrics together, some 50 MB; those that were written longest ago go first


class MetricStore:
    """Metrics by their keys, the one that was written last at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._metrics: OrderedDict[Key, dict[tuple[int, str], Summary]] = OrderedDict()
        self._count = 0

    def add(self, key: Key, time: datetime, unit: str, value: float, count: float = 1.0) -> None:
        """Add a value that was measured at a time, so many times."""
        with self._lock:
            self._summary(key, time, unit).add(value, count)

    def add_set(self, key: Key, time: datetime, unit: str, values: Mapping[str, float]) -> None:
        """Add a set of statistics, by the names of the service model (StatisticSet)."""
        with self._lock:
            self._summary(key, time, unit).add_set(
                values["SampleCount"], values["Sum"], values["Minimum"], values["Maximum"]
            )

    def minutes(self, key: Key) -> dict[tuple[int, str], Summary]:
        """Give what a metric keeps; nothing where there is no such metric."""
        with self._lock:
            known = self._metrics.get(key, {})
            copy = {when: Summary() for when in known}
            for when, summary in known.items():
                copy[when].merge(summary)
            return copy

    def keys(self) -> list[tuple[Key, int]]:
        """Give all metrics, each with the last minute that it has."""
        with self._lock:
            return [(key, max(minute for minute, _ in kept)) for key, kept in self._metrics.items()]

    def contents(self) -> list[tuple[Key, dict[tuple[int, str], Summary]]]:
        """Give all that is kept, to be saved."""
        return [(key, self.minutes(key)) for key, _ in self.keys()]

    def fill(self, contents: list[tuple[Key, dict[tuple[int, str], Summary]]]) -> None:
        """Hold what was saved."""
        with self._lock:
            self._metrics = OrderedDict(contents)
            self._count = sum(map(len, self._metrics.values()))

    def _summary(self, key: Key, time: datetime, unit: str) -> Summary:
        second = int(time.timestamp())
        minute = second - second % MINUTE
        kept = self._metrics.setdefault(key, {})
        self._metrics.move_to_end(key)
        if (minute, unit) not in kept:
            kept[minute, unit] = Summary()
            self._count += 1
            self._forget(kept)
        return kept[minute, unit]

    def _forget(self, kept: dict[tuple[int, str], Summary]) -> None:
        """Keep within the limits; what was just added stays."""
        if len(kept) > _MINUTES:
            newest = list(kept)[-1]
            del kept[min(when for when in kept if when != newest)]
            self._count -= 1
        while self._count > _MOST_MINUTES and len(self._metrics) > 1:
            _, gone = self._metrics.popitem(last=False)
            self._count -= len(gone)
