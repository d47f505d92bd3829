"""The table of metrics, with a small chart where there are several values. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from driver.inspection.training import TrainingJob

WIDTH, HEIGHT = 160, 28  # of a chart, in its own units
_MARGIN = 3
_MOST_POINTS = 160  # of a line: one for each unit of its width


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: a line through values, or a bar beside those of other jobs; `title` says it in words."""

    title: str
    line: str = ""  # points of an SVG polyline
    bar: float = 0.0  # units long
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric of a job."""

    job: str
    place: str
    name: str
    value: str
    number: float
    chart: Chart | None


def metric_rows(jobs: Sequence[TrainingJob]) -> tuple[MetricRow, ...]:
    """Make a row of each metric of each job; those of the same name come together."""
    rows = []
    by_name: defaultdict[str, list[float]] = defaultdict(list)
    for found in jobs:
        for metric in found.job.metrics:
            by_name[metric.name].append(metric.value)
    for found in jobs:
        series = {each.name: each.values for each in found.series}
        for metric in found.job.metrics:
            line = _line(metric.name, series.get(metric.name, ()))
            chart = line or _bar(metric.value, by_name[metric.name])
            row = MetricRow(
                found.job.name, found.place, metric.name, f"{metric.value:.6g}", metric.value, chart
            )
            rows.append(row)
    order = list(by_name)
    return tuple(sorted(rows, key=lambda row: order.index(row.name)))


def _line(name: str, values: Sequence[float]) -> Chart | None:
    """Draw the values of a metric from left to right, the least at the bottom."""
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return None
    every = math.ceil(len(finite) / _MOST_POINTS)
    kept = [*finite[:-1:every], finite[-1]]
    low, high = min(kept), max(kept)
    across = (WIDTH - 2 * _MARGIN) / (len(kept) - 1)
    span, tall = high - low, HEIGHT - 2 * _MARGIN
    shares = [(value - low) / span if 0 < span < math.inf else 0.5 for value in kept]
    points = [
        (_MARGIN + number * across, HEIGHT - _MARGIN - share * tall) for number, share in enumerate(shares)
    ]
    title = f"{name}: {len(values)} values, from {values[0]:.6g} to {values[-1]:.6g}"
    return Chart(title, line=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))


def _bar(value: float, all_values: Sequence[float]) -> Chart | None:
    """Draw a value beside those of other jobs; only what begins at 0 can be compared by its length."""
    highest = max(all_values)
    if len(all_values) < 2 or min(all_values) < 0 or not 0 < highest < math.inf or math.isnan(value):
        return None
    return Chart(f"{value:.6g} of at most {highest:.6g}", bar=round(max(value / highest * WIDTH, 1), 1))
