"""Where the names of towns stand on a map: near their points, and on none. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from driver.inspection.page.map.coasts import Point
from driver.inspection.page.map.projection import HEIGHT, WIDTH

_TRIED = 60  # towns for which a place is looked for
_CELL = 32.0  # units, of the grid in which points are found
Area = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Town:
    """A name on the map, by the middle of its line."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Size:
    """Units of a map: how wide a letter is, how high a line, how far a point reaches; and how many names."""

    letter: float
    line: float
    dot: float
    most: int


SCREEN = Size(letter=8.8, line=16, dot=6, most=8)  # as in page.css, as the next
PHONE = Size(letter=17, line=30, dot=10, most=3)


def towns_of(
    by_name: Mapping[str, Sequence[Point]], dots: Iterable[Point], taken: Sequence[Area], size: Size
) -> Iterator[Town]:
    """Name the towns with the most points, where a name covers no point, no other name and nothing taken.

    If no town has a place free of points, the first is named where it covers the fewest.
    """
    grid, areas, named = _Grid(dots), list(taken), 0
    ordered = sorted(by_name.items(), key=lambda item: (-len(item[1]), item[0]))[:_TRIED]
    for name, points in ordered:
        found = _free(name, points, size, grid, areas)
        if found:
            x, y, area = found
            areas.append(area)
            named += 1
            yield Town(round(x, 1), round(y, 1), name)
        if named == size.most:
            return
    if ordered and not named:
        name, points = ordered[0]
        x, y, _ = min(_places(name, points, size), key=lambda place: grid.count(place[2], size.dot))
        yield Town(round(x, 1), round(y, 1), name)


def _free(
    name: str, points: Sequence[Point], size: Size, grid: _Grid, areas: Sequence[Area]
) -> tuple[float, float, Area] | None:
    return next(
        (
            place
            for place in _places(name, points, size)
            if not any(_meet(place[2], area) for area in areas) and not grid.count(place[2], size.dot)
        ),
        None,
    )


def _places(name: str, points: Sequence[Point], size: Size) -> Iterator[tuple[float, float, Area]]:
    """Give places of a name, the best first: beside its middlemost point, then around all its points.

    Each is the middle of the line that the letters stand on, and the area that they cover.
    """
    middle = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
    x, y = min(points, key=lambda point: math.dist(point, middle))
    around = (
        min(x for x, _ in points),
        min(y for _, y in points),
        max(x for x, _ in points),
        max(y for _, y in points),
    )
    half, gap = len(name) * size.letter / 2, size.dot + 2
    for left, top, right, bottom in ((x, y, x, y), around):
        across, along = (left + right) / 2, (top + bottom) / 2 + size.line * 0.3
        below = bottom + gap + size.line * 0.75
        for at, lower in (
            (across, top - gap - size.line * 0.2),
            (across, below),
            (right + gap + half, along),
            (left - gap - half, along),
            (right + half, top - gap),
            (left - half, top - gap),
            (right + half, below),
            (left - half, below),
        ):
            inside = min(max(at, half + 4), WIDTH - half - 4)
            base = min(max(lower, size.line), HEIGHT - size.line * 0.4)
            area = (inside - half, base - size.line * 0.8, inside + half, base + size.line * 0.25)
            yield inside, base, area


class _Grid:
    """Points, found by where they are."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._cells: defaultdict[tuple[int, int], list[Point]] = defaultdict(list)
        for x, y in points:
            self._cells[int(x // _CELL), int(y // _CELL)].append((x, y))

    def count(self, area: Area, reach: float) -> int:
        """Count the points of this radius that meet an area."""
        left, top, right, bottom = area
        columns = range(int((left - reach) // _CELL), int((right + reach) // _CELL) + 1)
        rows = range(int((top - reach) // _CELL), int((bottom + reach) // _CELL) + 1)
        return sum(
            math.dist((x, y), (min(max(x, left), right), min(max(y, top), bottom))) < reach
            for column in columns
            for row in rows
            for x, y in self._cells.get((column, row), ())
        )


def _meet(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
