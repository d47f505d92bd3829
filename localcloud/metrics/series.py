"""The values of one metric, summed up by the minute; pure.

Source: CloudWatch user guide, "Metrics" (resolution, statistics, percentiles) and "Statistics definitions".
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MINUTE = 60
STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")

_DISTINCT = 200  # values that a minute keeps apart; more are rounded
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(slots=True)
class Summary:
    """What was measured within some time.

    - `values`: how often each value came, for percentiles; rounded to `digits` where there are many.
    - `is_whole`: whether `values` has all of them; sets of statistics tell no values.
    """

    count: float = 0.0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    values: dict[float, float] = field(default_factory=dict)
    digits: int = 17
    is_whole: bool = True

    def add(self, value: float, count: float = 1.0) -> None:
        """Add a value that came so many times."""
        self._count_in(count, value * count, value, value)
        self._keep(value, count)

    def add_set(self, count: float, total: float, least: float, most: float) -> None:
        """Add a set of statistics."""
        self._count_in(count, total, least, most)
        self.is_whole = self.is_whole and least == most
        if least == most:
            self._keep(least, count)

    def merge(self, other: "Summary") -> None:
        """Add all that another summary holds."""
        self._count_in(other.count, other.total, other.least, other.most)
        self.is_whole = self.is_whole and other.is_whole
        for value, count in other.values.items():
            self._keep(value, count)

    def statistic(self, name: str) -> float | None:
        """Give a statistic or a percentile; None where it is not known."""
        match name:
            case "SampleCount":
                return self.count
            case "Sum":
                return self.total
            case "Average":
                return self.total / self.count if self.count else None
            case "Minimum":
                return self.least
            case "Maximum":
                return self.most
        return self._percentile(float(name[1:])) if self.is_whole and is_percentile(name) else None

    def _percentile(self, percent: float) -> float | None:
        """Give the least value that so many percent of all do not exceed."""
        wanted, seen = sum(self.values.values()) * percent / 100, 0.0
        found = None
        for found in sorted(self.values):
            seen += self.values[found]
            if seen >= wanted:
                break
        return found

    def _count_in(self, count: float, total: float, least: float, most: float) -> None:
        self.count += count
        self.total += total
        self.least = min(self.least, least)
        self.most = max(self.most, most)

    def _keep(self, value: float, count: float) -> None:
        value = _rounded(value, self.digits)
        self.values[value] = self.values.get(value, 0.0) + count
        while len(self.values) > _DISTINCT and self.digits > 1:
            self.digits = 3 if self.digits > 3 else self.digits - 1
            before, self.values = self.values, {}
            for known, number in before.items():
                rounded = _rounded(known, self.digits)
                self.values[rounded] = self.values.get(rounded, 0.0) + number


def is_percentile(name: str) -> bool:
    """Tell whether a statistic is a percentile, such as ``p99.9``."""
    return _PERCENTILE.fullmatch(name) is not None


def _rounded(value: float, digits: int) -> float:
    return (
        value if digits > 15 or not value else round(value, digits - 1 - math.floor(math.log10(abs(value))))
    )


Minutes = Mapping[tuple[int, str], Summary]
"""By the minute's second since 1970, and the unit."""


def periods(
    minutes: Minutes, start: int, end: int, period: int, unit: str | None
) -> dict[tuple[int, str], Summary]:
    """Sum up what was measured from `start` to `end`, by period and unit; in the order of time.

    `period`: in seconds, a multiple of a minute. `unit`: the only one that counts, unless None.
    """
    found: dict[tuple[int, str], Summary] = {}
    for (second, its), summary in sorted(minutes.items()):
        if start <= second < end and unit in {None, its}:
            begin = second - second % period
            found.setdefault((begin, its), Summary()).merge(summary)
    return found


def unknown_statistic(names: Iterable[str]) -> str | None:
    """Give the first name that is no statistic; None where all are."""
    return next((name for name in names if name not in STATISTICS and not is_percentile(name)), None)
