"""Coasts and borders of the world, read from the files beside this package. Pure once they are read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

Point = tuple[float, float]  # degrees, east and north
_FOLDER = Path(__file__).with_name("outlines")


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the world in degrees; `east` is more than 180 where it reaches over the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """How many degrees of longitude it has."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """How many degrees of latitude it has."""
        return self.north - self.south

    def wider(self, share: float) -> Box:
        """Return a box that reaches beyond this one by a share of its sides."""
        dx, dy = self.width * share, self.height * share
        return Box(self.west - dx, self.south - dy, self.east + dx, self.north + dy)


@dataclass(frozen=True, slots=True)
class Coasts:
    """Rings of land and lines between countries."""

    land: tuple[tuple[Point, ...], ...]
    borders: tuple[tuple[Point, ...], ...]

    def land_in(self, box: Box) -> Iterator[list[Point]]:
        """Give the land within a box, cut where the box ends."""
        for ring in _moved_into(self.land, box):
            cut = _clipped(ring, box)
            if len(cut) > 2:
                yield cut

    def borders_in(self, box: Box) -> Iterator[list[Point]]:
        """Give the parts of borders that are in a box, with a point beyond it at each end."""
        for line in _moved_into(self.borders, box):
            inside = [box.west <= x <= box.east and box.south <= y <= box.north for x, y in line]
            part: list[Point] = []
            for number, point in enumerate(line):
                if any(inside[max(number - 1, 0) : number + 2]):
                    part.append(point)
                elif part:
                    yield part
                    part = []
            if len(part) > 1:
                yield part


@cache
def coasts(*, in_detail: bool) -> Coasts:
    """Read the outlines: in detail for a map of a country or less, coarse for a map of the world."""
    name = "detail" if in_detail else "world"
    read = json.loads(gzip.decompress((_FOLDER / f"{name}.json.gz").read_bytes()))
    units = read["units_in_a_degree"]
    return Coasts(*(tuple(_points(line, units) for line in read[kind]) for kind in ("land", "borders")))


def _points(numbers: Sequence[int], units: int) -> tuple[Point, ...]:
    """Decode a line: each point but the first is the way from the one before."""
    xs, ys = accumulate(numbers[::2]), accumulate(numbers[1::2])
    return tuple((x / units, y / units) for x, y in zip(xs, ys, strict=True))


def _moved_into(lines: Iterable[Sequence[Point]], box: Box) -> Iterator[Sequence[Point]]:
    """Give the lines that may be in a box, each with longitudes that count as the box's do."""
    for line in lines:
        west, east = min(line)[0], max(line)[0]
        south, north = min(y for _, y in line), max(y for _, y in line)
        if north < box.south or south > box.north:
            continue
        for degrees in (-360, 0, 360):
            if west + degrees <= box.east and east + degrees >= box.west:
                yield [(x + degrees, y) for x, y in line] if degrees else line


def _clipped(ring: Sequence[Point], box: Box) -> list[Point]:
    """Cut a ring at the four sides of a box, one after the other (Sutherland and Hodgman's way)."""
    points = list(ring)
    for axis, bound, keeps_above in (
        (0, box.west, True),
        (0, box.east, False),
        (1, box.south, True),
        (1, box.north, False),
    ):
        if points:
            points = list(_cut_at(points, axis, bound, keeps_above=keeps_above))
    return points


def _cut_at(points: list[Point], axis: int, bound: float, *, keeps_above: bool) -> Iterator[Point]:
    before = points[-1]
    was_inside = (before[axis] >= bound) is keeps_above
    for point in points:
        is_inside = (point[axis] >= bound) is keeps_above
        if is_inside != was_inside:
            share = (bound - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            yield (bound, other) if axis == 0 else (other, bound)
        if is_inside:
            yield point
        before, was_inside = point, is_inside
