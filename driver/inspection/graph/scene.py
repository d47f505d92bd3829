"""A picture as plain shapes and texts, whatever it is written with: pure data. Lengths are in CSS pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]


class Role(StrEnum):
    """What a shape or a text stands for; the palette knows its colour."""

    SURFACE = "surface"
    INK = "ink"
    MUTED = "muted"
    NODE = "node"
    CONTAINER = "container"
    LINE = "line"
    CATCH = "catch"
    TAKEN = "taken"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CAUGHT = "caught"
    STOPPED = "stopped"
    RUNNING = "running"
    CACHED = "cached"
    IDLE = "idle"  # the execution did not come to it


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled and outlined in the colours of its role."""

    x: float
    y: float
    width: float
    height: float
    role: Role
    radius: float = 0.0
    is_dashed: bool = False
    is_outlined: bool = True


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle in the stroke colour of its role; filled, or a ring."""

    x: float
    y: float
    radius: float
    role: Role
    is_filled: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, its corners rounded; `width` is its thickness."""

    points: tuple[Point, ...]
    role: Role
    width: float = 1.5
    is_dashed: bool = False
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon in the stroke colour of its role."""

    points: tuple[Point, ...]
    role: Role


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `y` is its baseline, `x` its middle or, if it is not centred, its beginning."""

    x: float
    y: float
    text: str
    size: float
    role: Role
    is_centred: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that are one thing, and what is told of it to who points at it or cannot see it."""

    title: str
    items: tuple[Item, ...]


Item = Box | Circle | Line | Shape | Words | Group


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture.

    Parameters
    ----------
    width, height
        Its size.
    title, description
        What it shows, in a line and in a few sentences.
    items
        From the back to the front.
    """

    width: float
    height: float
    title: str
    description: str
    items: tuple[Item, ...]

    def texts(self) -> Iterator[str]:
        """Go through all that is written in it."""
        return _texts(self.items)


def _texts(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Words):
            yield item.text
        elif isinstance(item, Group):
            yield from _texts(item.items)


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
