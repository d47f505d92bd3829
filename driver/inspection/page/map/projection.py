"""Which part of the world a map shows, and where on the map a place is. Pure.

The projection is the equirectangular one with the map's own middle as its standard parallel: true to shape
there, and able to show the poles.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from driver.inspection.page.map.coasts import Box, Point

WIDTH, HEIGHT = 960, 560  # of a map, in its own units
_MARGIN = 0.14  # of the sides of the box around the points
_LEAST_HEIGHT = 1.2  # degrees of latitude, about 130 km: less shows no coast to know the place by
_STEEPEST = 72.0  # the standard parallel; beyond it a map would be all width


@dataclass(frozen=True, slots=True)
class Projection:
    """A part of the world on a map of `WIDTH` by `HEIGHT`."""

    box: Box

    @property
    def scale(self) -> float:
        """Units of the map in a degree of latitude."""
        return HEIGHT / self.box.height

    @property
    def shrink(self) -> float:
        """How long a degree of longitude is, in degrees of latitude."""
        return WIDTH / self.box.width / self.scale

    def place(self, point: Point) -> Point:
        """Find where a place is on the map, whether its longitude is 190 or -170."""
        longitude, latitude = point
        middle = self.box.west + self.box.width / 2
        return self.xy((middle + (longitude - middle + 180) % 360 - 180, latitude))

    def xy(self, point: Point) -> Point:
        """Project a point whose longitude counts as the box's do."""
        longitude, latitude = point
        return (longitude - self.box.west) * self.shrink * self.scale, (
            self.box.north - latitude
        ) * self.scale


def projection_of(points: Iterable[Point]) -> Projection:
    """Choose the part of the world that shows all points (at least one), with a margin around them."""
    known = list(points)
    west, east = _shortest_stretch([longitude for longitude, _ in known])
    south, north = min(y for _, y in known), max(y for _, y in known)
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    shrink = math.cos(math.radians(min(abs(middle_y), _STEEPEST)))
    ratio = WIDTH / HEIGHT
    grown = 1 + 2 * _MARGIN
    height = max((north - south) * grown, (east - west) * grown * shrink / ratio, _LEAST_HEIGHT)
    width = height * ratio / shrink
    if width >= 360 or height >= 180:
        return Projection(Box(middle_x - 180, -90, middle_x + 180, 90))
    bottom = min(max(middle_y - height / 2, -90 - height * 0.05), 90 + height * 0.05 - height)
    return Projection(Box(middle_x - width / 2, bottom, middle_x + width / 2, bottom + height))


def _shortest_stretch(longitudes: Sequence[float]) -> tuple[float, float]:
    """Find the shortest arc around the world that holds all longitudes: all but the widest gap."""
    ordered = sorted({(longitude + 180) % 360 - 180 for longitude in longitudes})
    # Of each gap between neighbours: how wide it is, and where it begins.
    gaps = [(after - before, number) for number, (before, after) in enumerate(itertools.pairwise(ordered))]
    gaps.append((ordered[0] + 360 - ordered[-1], len(ordered) - 1))
    number = max(gaps)[1]
    west, east = ordered[(number + 1) % len(ordered)], ordered[number]
    return west, east if east >= west else east + 360
