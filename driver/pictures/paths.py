"""The corners of lines, rounded: one geometry for all that paint them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from driver.pictures.scene import Line, Point


@dataclass(frozen=True, slots=True)
class Corner:
    """A bend of a line: it leaves the straight at `enter` and is on the next one at `leave`."""

    enter: Point
    at: Point
    leave: Point


def corners(line: Line) -> Iterator[Corner]:
    """Go through a line's bends; none takes more than half of what it joins."""
    for before, at, after in zip(line.points, line.points[1:], line.points[2:], strict=False):
        radius = min(line.radius, math.dist(before, at) / 2, math.dist(at, after) / 2)
        yield Corner(between(at, before, radius), at, between(at, after, radius))


def between(start: Point, end: Point, by: float) -> Point:
    """Return the point that lies so far from one point on the way to another."""
    part = by / (math.dist(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
