"""The plot of an objective by trial: what `tune` and `train_many` put out, as points of a picture. Pure.

Nothing depends on the workflow's name: trials are the first list of the execution's output whose items are
objects with a number `value`. A line shows the best so far: the greatest or the least, as `objective` says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driver.inspection.page.wording import cut

WIDTH, HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 20, 24, 44
_TICKS = 4
_MOST_LABELS = 12  # below the picture
_LONGEST = 120  # characters of what a point says


@dataclass(frozen=True, slots=True)
class Point:
    """A trial with a value, in the picture."""

    x: float
    y: float
    title: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The picture. `line` is the path of the best value so far; `missing` counts trials without a value."""

    metric: str
    best: str
    points: tuple[Point, ...]
    line: str
    levels: tuple[Tick, ...]
    numbers: tuple[Tick, ...]
    missing: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    bottom: int = HEIGHT - _BOTTOM


def plot_of(output: str) -> Plot | None:
    """Lay out the trials of an output; None where it has fewer than two with a value."""
    try:
        found = json.loads(output or "null")
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    trials = next((items for items in found.values() if len(_measured(items)) > 1), None)
    return None if trials is None else _plot(found, trials)


def _measured(items: object) -> list[tuple[int, Mapping[str, Any]]]:
    """Give the objects of a list that have a finite value, with their places from 1."""
    if not isinstance(items, list):
        return []
    return [
        (number, item)
        for number, item in enumerate(items, 1)
        if isinstance(item, dict) and _is_number(item.get("value"))
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _plot(output: Mapping[str, Any], trials: Sequence[Any]) -> Plot:
    measured = _measured(trials)
    values = [float(item["value"]) for _, item in measured]
    choose = min if _objective(output, values) == "Minimize" else max
    metric = str(output.get("metric") or measured[0][1].get("metric") or "value")
    low, high = min(values), max(values)
    margin = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin

    def across(number: int) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (number - 0.5) / len(trials), 1)

    def down(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low), 1)

    winner = choose(values)
    first_winner = values.index(winner)
    points = tuple(
        Point(across(number), down(value), _title(item, metric, value), place == first_winner)
        for place, ((number, item), value) in enumerate(zip(measured, values, strict=True))
    )
    so_far = [choose(values[: place + 1]) for place in range(len(values))]
    line = "".join(
        f"{'H' if place else 'M'}{point.x}{'V' if place else ' '}{down(level)}"
        for place, (point, level) in enumerate(zip(points, so_far, strict=True))
    )
    step = max(1, math.ceil(len(trials) / _MOST_LABELS))
    return Plot(
        metric=cut(metric, 60),
        best=_number(winner),
        points=points,
        line=line,
        levels=tuple(
            Tick(down(level), f"{level:.3g}")
            for level in (
                low + margin + (high - low - 2 * margin) * part / _TICKS for part in range(_TICKS + 1)
            )
        ),
        numbers=tuple(Tick(across(number), str(number)) for number in range(1, len(trials) + 1, step)),
        missing=len(trials) - len(values),
    )


def _objective(output: Mapping[str, Any], values: Sequence[float]) -> str:
    """Tell whether less is better: as the output says, or by its best."""
    if "objective" in output:
        return str(output["objective"])
    best = output.get("best")
    value = best.get("value") if isinstance(best, dict) else None
    return "Minimize" if value == min(values) != max(values) else "Maximize"


def _title(item: Mapping[str, Any], metric: str, value: float) -> str:
    settings = item.get("hyperparameters")
    parts = [
        str(item.get("name", "")),
        f"{metric} {_number(value)}",
        settings if isinstance(settings, str) else "",
    ]
    return cut(": ".join(part for part in parts if part), _LONGEST)


def _number(value: float) -> str:
    return f"{value:.5g}"
