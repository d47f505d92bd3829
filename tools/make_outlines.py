"""Makes the outlines that a report's map is drawn with, out of the npm package world-atlas.

See driver/inspection/page/map/outlines/README.md, the folder that the two files are written to.

    npm pack world-atlas@2.0.2 && tar -xzf world-atlas-2.0.2.tgz
    python tools/make_outlines.py package
"""

from __future__ import annotations

import gzip
import itertools
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Point = tuple[float, float]

_OUTLINES = Path(__file__).resolve().parents[1] / "driver/inspection/page/map/outlines"
# Name of the file made, the file it is made of, how far a line may be off and how wide the smallest island
# is, both in degrees of latitude, and how many units of the numbers written a degree has.
_LEVELS = (
    ("world.json.gz", "countries-110m.json", 0.03, 0.0, 100),
    ("detail.json.gz", "countries-10m.json", 0.015, 0.06, 150),
)


def main(folder: Path) -> None:
    """Write both files, and say how large they are."""
    for name, source, tolerance, smallest, units in _LEVELS:
        topology = json.loads((folder / source).read_text())
        made = json.dumps(outlines(topology, tolerance, smallest, units), separators=(",", ":")).encode()
        path = _OUTLINES / name
        path.write_bytes(gzip.compress(made, 9, mtime=0))
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


def outlines(topology: dict[str, Any], tolerance: float, smallest: float, units: int) -> dict[str, object]:
    """Simplify the arcs of a topology, and put them together: rings of land, lines between countries."""
    arcs = [_simplified(_unrolled(arc), tolerance) for arc in _arcs(topology)]
    rings = [_closed(_joined(ring, arcs)) for ring in _rings(topology["objects"]["land"])]
    uses = Counter(
        number if number >= 0 else ~number
        for ring in _rings(topology["objects"]["countries"])
        for number in ring
    )
    borders = [arcs[number] for number, times in uses.items() if times > 1]
    large = [ring for ring in rings if len(ring) > 3 and _width(ring) >= smallest]
    return {
        "units_in_a_degree": units,
        "land": [_written(ring, units) for ring in large],
        "borders": [_written(line, units) for line in borders],
    }


def _arcs(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """Decode the arcs: each point but the first is the way from the one before, in units of a scale."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + left, y * scale_y + bottom))
        yield points


def _rings(geometry: dict[str, Any]) -> Iterator[list[int]]:
    """Find the rings of a geometry, whatever it is; a ring is a list of arcs."""
    match geometry["type"]:
        case "GeometryCollection":
            for part in geometry["geometries"]:
                yield from _rings(part)
        case "MultiPolygon":
            for polygon in geometry["arcs"]:
                yield from polygon
        case "Polygon":
            yield from geometry["arcs"]


def _joined(ring: list[int], arcs: list[list[Point]]) -> list[Point]:
    """Join the arcs of a ring; a number below zero is the arc of its complement, backwards."""
    points: list[Point] = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        turn = 360 * round((points[-1][0] - arc[0][0]) / 360) if points else 0
        points += [(x + turn, y) for x, y in arc[1 if points else 0 :]]
    return points


def _unrolled(points: list[Point]) -> list[Point]:
    """Let a line run on over the antimeridian, where the source jumps to the other side of the world."""
    turn, unrolled = 0, [points[0]]
    for (before, _), (longitude, latitude) in itertools.pairwise(points):
        turn -= 360 * round((longitude - before) / 360)
        unrolled.append((longitude + turn, latitude))
    return unrolled


def _closed(ring: list[Point]) -> list[Point]:
    """Lead a ring that goes all around the world, Antarctica's, back along the pole it surrounds."""
    (first, _), (last, latitude) = ring[0], ring[-1]
    if abs(last - first) < 180:
        return ring
    pole = math.copysign(90, latitude)
    return [*ring, (last, pole), (first, pole)]


def _simplified(points: list[Point], tolerance: float) -> list[Point]:
    """Leave out points that are nearly on the line between others (Douglas and Peucker's way).

    A degree of longitude counts as long as it is at the first point.
    """
    shrink = max(math.cos(math.radians(points[0][1])), 0.05)
    kept = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        far, distance = 0, tolerance
        for number in range(first + 1, last):
            off = _off(points[number], points[first], points[last], shrink)
            if off > distance:
                far, distance = number, off
        if far:
            kept.add(far)
            spans += [(first, far), (far, last)]
    return [points[number] for number in sorted(kept)]


def _off(point: Point, first: Point, last: Point, shrink: float) -> float:
    """Measure how far a point is from a line, in degrees of latitude."""
    dx, dy = (last[0] - first[0]) * shrink, last[1] - first[1]
    px, py = (point[0] - first[0]) * shrink, point[1] - first[1]
    length = dx * dx + dy * dy
    along = min(max((px * dx + py * dy) / length, 0), 1) if length else 0
    return math.hypot(px - along * dx, py - along * dy)


def _width(ring: list[Point]) -> float:
    """Measure a ring: the longer side of the box around it, in degrees of latitude."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    shrink = math.cos(math.radians(ys[0]))
    return max((max(xs) - min(xs)) * shrink, max(ys) - min(ys))


def _written(points: list[Point], units: int) -> list[int]:
    """Write a line as whole numbers: its first point, then the way from each to the next."""
    numbers: list[int] = []
    x = y = 0
    for longitude, latitude in points:
        next_x, next_y = round(longitude * units), round(latitude * units)
        if not numbers or (next_x, next_y) != (x, y):
            numbers += [next_x - x, next_y - y]
        x, y = next_x, next_y
    return numbers


if __name__ == "__main__":
    main(Path(sys.argv[1]))
