"""Lays out a flat graph: boxes in layers, from the top to the bottom, and lines at right angles between them.

No line can run through a box or along its side. Between two layers a line runs down, or across in a track
of its own; within a layer it only runs down, in the column of its own box or of a bend, which stands in the
layer like a box. Containers, and which way a loop goes, are left to
driver/inspection/graph/layout/containers.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from driver.inspection.graph.layout.channels import crossings
from driver.inspection.graph.layout.columns import Columns, Extent, in_columns
from driver.inspection.graph.layout.layers import Layers, in_layers
from driver.inspection.graph.layout.loops import loops_of
from driver.inspection.graph.layout.ordering import Start
from driver.inspection.graph.scene import Point

_BOX = 14.0  # px that a box keeps off what is beside it; twice that between two of them
_SMALL = 8.0  # px that what is no box does
_BEND = 7.0
_APART = 28.0  # px between parts of the graph that no line joins
_TRACK = 10.0  # px from one track to the next
_TO_TRACKS, _TO_BOX = (
    14.0,
    18.0,
)  # px from boxes to the tracks below, and from tracks down to the tips of arrows
_SHORT = 10.0  # px, the same where there is no box, so that no line has a tip
_BENT = 40.0  # px that lines may be longer if one of them runs straight instead
_CROSSING = 100.0  # px that a line may be longer if it crosses one less


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything of a flat graph is, from (0, 0) on.

    `corners` are the upper left ones of the nodes; `routes` are the points of each edge from source to
    target, both on the borders of their nodes.
    """

    width: float
    height: float
    corners: Mapping[str, Point]
    routes: tuple[tuple[Point, ...], ...]


def arrange(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str, float]],
    labels: Container[str] = (),
) -> Arrangement:
    """Lay out a flat graph of at least one node.

    Edges are source, target and weight: a heavy one is kept short and straight before a light one is. They
    close no loop, but that an edge may lead from a node to itself, or two by way of a label: two such loops
    at a node at most. `labels` are nodes that are no boxes but written on a line: no line ends there.
    """
    corners: dict[str, Point] = {}
    routes: dict[int, tuple[Point, ...]] = {}
    width = height = 0.0
    for names in _parts(sizes, edges):
        own = [number for number, (source, _, _) in enumerate(edges) if source in names]
        part = _arranged(
            {name: sizes[name] for name in sizes if name in names}, [edges[number] for number in own], labels
        )
        left = width + _APART if width else 0.0
        corners |= {name: (x + left, y) for name, (x, y) in part.corners.items()}
        for number, route in zip(own, part.routes, strict=True):
            routes[number] = tuple((x + left, y) for x, y in route)
        width, height = left + part.width, max(height, part.height)
    return Arrangement(width, height, corners, tuple(routes[number] for number in range(len(edges))))


def _parts(sizes: Mapping[str, object], edges: Sequence[tuple[str, str, float]]) -> list[set[str]]:
    """Find which nodes lines join, in one way or another."""
    beside: dict[str, list[str]] = {name: [] for name in sizes}
    for source, target, _ in edges:
        beside[source].append(target)
        beside[target].append(source)
    parts: list[set[str]] = []
    seen: set[str] = set()
    for name in sizes:
        part, waiting = set[str](), [name]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                part.add(each)
                waiting += beside[each]
        if part:
            parts.append(part)
    return parts


def _arranged(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str, float]],
    labels: Container[str],
) -> Arrangement:
    """Lay out what is connected."""
    loops = loops_of(edges, labels)
    beside = {loop.label for loop in loops if loop.label}
    names = [name for name in sizes if name not in beside]
    numbers = {name: number for number, name in enumerate(names)}
    looping = {number for loop in loops for number in loop.edges}
    lines = [number for number in range(len(edges)) if number not in looping]
    flat = [(numbers[edges[n][0]], numbers[edges[n][1]], edges[n][2]) for n in lines]
    extents = [
        Extent(
            *sizes[name],
            margin=_SMALL if name in labels else _BOX,
            left=sum(loop.room(sizes) for loop in loops if loop.node == name and loop.is_left),
            right=sum(loop.room(sizes) for loop in loops if loop.node == name and not loop.is_left),
            around=max(
                (sizes[loop.label][1] for loop in loops if loop.node == name and loop.label), default=0
            ),
        )
        for name in names
    ]
    tried = [in_layers(len(names), flat, start) for start in Start]
    extents += [Extent(margin=_BEND)] * (sum(map(len, tried[0].rows)) - len(names))
    layers, columns = min(((layers, in_columns(layers, extents)) for layers in tried), key=_cost)
    tops, bends, height = _stacked(
        layers, columns, extents, {number for name, number in numbers.items() if name not in labels}
    )
    corners = {
        name: (columns.middles[number] - sizes[name][0] / 2 - columns.left, tops[number])
        for name, number in numbers.items()
    }
    routes: dict[int, tuple[Point, ...]] = {}
    for own, (number, path) in enumerate(zip(lines, layers.paths, strict=True)):
        begin = columns.ends[own, path[0]][0], tops[path[0]] + extents[path[0]].height
        end = columns.ends[own, path[-2]][1], tops[path[-1]]
        routes[number] = tuple((x - columns.left, y) for x, y in (begin, *bends[own], end))
    for loop in loops:
        route = loop.route(corners[loop.node], sizes[loop.node])
        if loop.label:
            corners[loop.label] = loop.label_corner(route, sizes[loop.label])
            routes |= zip(loop.edges, (route[:3], route[2:]), strict=True)
        else:
            routes[loop.edges[0]] = route
    return Arrangement(columns.width, height, corners, tuple(routes[n] for n in range(len(edges))))


def _cost(placed: tuple[Layers, Columns]) -> float:
    """Tell how far from a good picture it is, in px."""
    layers, columns = placed
    bent = sum(begin != end for begin, end in columns.ends.values())
    return layers.crossings * _CROSSING + bent * _BENT + columns.across + columns.width


def _stacked(
    layers: Layers, columns: Columns, extents: Sequence[Extent], boxes: Container[int]
) -> tuple[dict[int, float], list[list[Point]], float]:
    """Put the layers below each other; returns tops of vertices, turns of lines, and the height."""
    tops: dict[int, float] = {}
    bends: list[list[Point]] = [[] for _ in layers.paths]
    y = 0.0
    for row, channel in itertools.zip_longest(layers.rows, layers.channels, fillvalue=()):
        high = max(max(extents[vertex].height, extents[vertex].around) for vertex in row)
        tops |= {vertex: y + (high - extents[vertex].height) / 2 for vertex in row}
        y += high
        if not channel:
            break
        found, tracks = crossings([columns.ends[piece.edge, piece.upper] for piece in channel])
        y += _TO_TRACKS if any(piece.upper in boxes for piece in channel) else _SHORT
        for piece, crossing in zip(channel, found, strict=True):
            x = columns.ends[piece.edge, piece.upper][0]
            for track, to_x in crossing.turns:
                bends[piece.edge] += [(x, y + track * _TRACK), (to_x, y + track * _TRACK)]
                x = to_x
        y += max(tracks - 1, 0) * _TRACK
        y += _TO_BOX if any(piece.lower in boxes for piece in channel) else _SHORT
    return tops, bends, y
