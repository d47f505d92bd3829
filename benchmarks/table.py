"""What was measured, with what it is held against."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Goal:
    """A bound on a figure: at most, or at least, so much."""

    bound: float
    is_lower: bool = False

    def is_met(self, figure: float) -> bool:
        """Tell whether a figure keeps the bound."""
        return figure >= self.bound if self.is_lower else figure <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.is_lower else '≤'} {self.bound:g}"


@dataclass(frozen=True)
class Row:
    """One measure.

    Parameters
    ----------
    what
        What was measured, with its unit.
    figures
        The figures, one a repetition; the median counts.
    reference
        What it is held against: its name and its figures, in the same unit.
    ratio_goal, goal
        What the ratio to the reference, or the median itself, should be.
    """

    what: str
    figures: Sequence[float]
    reference: tuple[str, Sequence[float]] | None = None
    ratio_goal: Goal | None = None
    goal: Goal | None = None

    @property
    def median(self) -> float:
        """The figure that counts."""
        return statistics.median(self.figures)

    @property
    def ratio(self) -> float | None:
        """The median over the reference's median."""
        return self.median / statistics.median(self.reference[1]) if self.reference else None


def show(rows: Iterable[Row], console: Console) -> None:
    """Print the measures as a table."""
    table = Table("measure", "median", "min - max", "reference", "ratio", "goal", "")
    for row in rows:
        reference = (
            f"{row.reference[0]}: {_number(statistics.median(row.reference[1]))}" if row.reference else ""
        )
        goal, figure = (row.ratio_goal, row.ratio) if row.ratio_goal else (row.goal, row.median)
        verdict = (
            "" if goal is None or figure is None else "met" if goal.is_met(figure) else "[bold]missed[/]"
        )
        table.add_row(
            row.what,
            _number(row.median),
            f"{_number(min(row.figures))} - {_number(max(row.figures))}" if len(row.figures) > 1 else "",
            reference,
            f"{row.ratio:.3f}" if row.ratio is not None else "",
            str(goal or ""),
            verdict,
        )
    console.print(table)


def repeated(times: int, measure: Callable[[], float]) -> list[float]:
    """Take a measure several times."""
    return [measure() for _ in range(times)]


def seconds(do: Callable[[], object]) -> float:
    """Give the seconds that something takes."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.2f}"
