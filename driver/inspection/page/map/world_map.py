"""The map of a geocoding result: what is drawn where, in the map's own units. Pure.

Nothing is fetched: coasts and borders come with this project, and the places that are named are the result's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from driver.inspection.page.map.coasts import Box, Point, coasts
from driver.inspection.page.map.labels import PHONE, SCREEN, Town, towns_of
from driver.inspection.page.map.projection import HEIGHT, WIDTH, Projection, projection_of
from driver.inspection.page.report import Place

_DETAILED = 120  # degrees of longitude: wider maps are drawn with the coarse outlines
_LEAST_MOVE = 1.0  # units between two points of a line: less is not seen
_LINES = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)  # degrees between two lines of the graticule
_MOST_LINES = 6
_LOCATOR = (168, 84)  # units of the small map of the world
_KILOMETRES = 111.2  # in a degree of latitude


@dataclass(frozen=True, slots=True)
class Dot:
    """A point on the map."""

    x: float
    y: float
    title: str
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the graticule: how far along its side of the map it is, and its degrees."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class WorldMap:
    """Everything drawn on the map; `land`, `coast` and `borders` are the data of SVG paths.

    `coast` is the outline of `land` without the edges where the map is cut, and without the pole.
    `scale` is the length of a bar in units, and what it stands for. `frame` is where the map is in the small
    map of the world: x, y, width, height; None where the map is one of the world itself.
    """

    land: str
    coast: str
    borders: str
    meridians: tuple[Line, ...]
    parallels: tuple[Line, ...]
    dots: tuple[Dot, ...]
    towns: tuple[Town, ...]
    phone_towns: tuple[Town, ...]  # where letters and points are larger
    scale: tuple[float, str]
    locator: str = ""
    frame: tuple[float, float, float, float] | None = None
    width: int = WIDTH
    height: int = HEIGHT


def world_map(places: Sequence[Place]) -> WorldMap | None:
    """Draw places; None where there are none."""
    if not places:
        return None
    projection = projection_of((place.longitude, place.latitude) for place in places)
    box = projection.box
    around = box.wider(0.02)  # what is cut is cut outside of what is seen
    outlines = coasts(in_detail=box.width < _DETAILED)
    rings = [_thinned([projection.xy(point) for point in ring]) for ring in outlines.land_in(around)]
    borders = [_thinned([projection.xy(point) for point in line]) for line in outlines.borders_in(around)]
    pole = projection.xy((0, -90))[1]
    is_wide = box.width > 90
    dots = tuple(_dots(places, projection))
    taken = [(WIDTH - 190.0, 0.0, float(WIDTH), 106.0)] if not is_wide else []  # the small map of the world
    by_town, points = _points_by_town(places, projection), [(dot.x, dot.y) for dot in dots]
    return WorldMap(
        land="".join(f"M{_path(ring)}Z" for ring in rings if len(ring) > 2),
        coast="".join(_coast(ring, pole) for ring in rings if len(ring) > 2),
        borders="".join(f"M{_path(line)}" for line in borders if len(line) > 1),
        meridians=_lines(box.west, box.east, WIDTH, "EW"),
        parallels=_lines(box.south, box.north, HEIGHT, "NS"),
        dots=dots,
        towns=tuple(towns_of(by_town, points, taken, SCREEN)),
        phone_towns=tuple(towns_of(by_town, points, taken, PHONE)),
        scale=_scale(projection),
        locator="" if is_wide else _locator(),
        frame=None if is_wide else _frame(box),
    )


def _dots(places: Iterable[Place], projection: Projection) -> Iterable[Dot]:
    """Place the points; invalid ones come last, so that none is hidden below valid ones."""
    for place in sorted(places, key=lambda place: not place.is_valid):
        x, y = projection.place((place.longitude, place.latitude))
        where = f"{place.latitude:.5f}, {place.longitude:.5f}"
        yield Dot(round(x, 1), round(y, 1), f"{place.label}\n{where}".strip(), place.is_valid)


def _points_by_town(places: Iterable[Place], projection: Projection) -> dict[str, list[Point]]:
    by_name: defaultdict[str, list[Point]] = defaultdict(list)
    for place in places:
        if place.town:
            by_name[place.town].append(projection.place((place.longitude, place.latitude)))
    return by_name


def _lines(first: float, last: float, length: int, signs: str) -> tuple[Line, ...]:
    """Choose the meridians, or the parallels; those at the very edge of the map are left out."""
    span = last - first
    step = next((step for step in _LINES if span / step <= _MOST_LINES), 60)
    numbers = range(math.ceil((first + span * 0.03) / step), math.floor((last - span * 0.03) / step) + 1)
    lines = []
    for number in numbers:
        share = (number * step - first) / span
        at = share if signs == "EW" else 1 - share
        lines.append(Line(round(at * length, 1), _degrees(number * step, signs)))
    return tuple(lines)


def _degrees(value: float, signs: str) -> str:
    turned = round((value + 180) % 360 - 180, 2) if signs == "EW" else round(value, 2)
    sign = "" if turned in {0, -180} else signs[0] if turned > 0 else signs[1]
    return f"{abs(turned):g}°{sign}"


def _scale(projection: Projection) -> tuple[float, str]:
    """Choose a round distance that is about a fifth of the map, measured in its middle."""
    fifth = WIDTH / 5 / projection.scale * _KILOMETRES
    power = 10.0 ** math.floor(math.log10(fifth))
    kilometres = max(base * power for base in (1, 2, 5) if base * power <= fifth)
    return round(kilometres / _KILOMETRES * projection.scale, 1), f"{kilometres:,g} km"


def _locator() -> str:
    """Draw the small map of the world."""
    width, height = _LOCATOR
    scale = width / 360
    rings = coasts(in_detail=False).land_in(Box(-180, -90, 180, 90))
    small = (_thinned([((x + 180) * scale, (90 - y) * height / 180) for x, y in ring]) for ring in rings)
    return "".join(f"M{_path(ring)}Z" for ring in small if len(ring) > 4)


def _frame(box: Box) -> tuple[float, float, float, float]:
    """Find the map in the small map of the world, large enough to be seen."""
    width, height = _LOCATOR
    x = (((box.west + box.east) / 2 + 180) % 360) * width / 360
    y = (90 - (box.south + box.north) / 2) * height / 180
    wide, high = max(box.width * width / 360, 8), max(box.height * height / 180, 8)
    return round(x - wide / 2, 1), round(y - high / 2, 1), round(wide, 1), round(high, 1)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Leave out the points that are too near to the one before to be seen."""
    kept = [points[0]]
    for x, y in points[1:]:
        before = kept[-1]
        if abs(x - before[0]) >= _LEAST_MOVE or abs(y - before[1]) >= _LEAST_MOVE:
            kept.append((x, y))
    return kept


def _path(points: Iterable[Point]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _coast(ring: Sequence[Point], pole: float) -> str:
    """Write the outline of a ring without its edges along the map's own, and along the South Pole."""
    parts, drawing = [], False
    for before, after in zip(ring, [*ring[1:], ring[0]], strict=True):
        if _is_cut(before, after, pole):
            drawing = False
            continue
        parts.append(f"L{_path([after])}" if drawing else f"M{_path([before, after])}")
        drawing = True
    return "".join(parts)


def _is_cut(before: Point, after: Point, pole: float) -> bool:
    outside = before[0] == after[0] and not 0 < before[0] < WIDTH
    return (
        outside
        or (before[1] == after[1] and not 0 < before[1] < HEIGHT)
        or max(before[1], after[1]) >= pole - 1
    )
