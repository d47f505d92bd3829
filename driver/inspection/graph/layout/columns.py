"""How far to the right each vertex of the layers is, and where on its sides the lines end. Pure.

Pieces of lines that are to be straight are chosen first, those of the longest way through the graph before
all others; what they join stands in one column. Then the columns move until the other lines are as short as
they get.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from driver.inspection.graph.layout.layers import Layers
from driver.inspection.graph.layout.ordering import Piece, longest_ways
from driver.inspection.graph.layout.settling import settled

_PORTS = 16.0  # px between two lines on one side of a box, if it is wide enough
_RIM = 6.0  # px from a box's corner to the first line
_MOST_APART = 12  # lines on one side that are kept apart; more leave it, or come to it, as one


@dataclass(frozen=True, slots=True)
class Columns:
    """Where vertices and lines are, from left to right, in px.

    `left` and `width` are of all of them; `across` is how far all lines run across, by their weights;
    `middles` are those of the vertices; `ends` tells of each piece, by its edge and its upper vertex, where
    it begins and ends.
    """

    left: float
    width: float
    across: float
    middles: tuple[float, ...]
    ends: Mapping[tuple[int, int], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a vertex is, in px.

    Others keep `margin` off. It needs room beside it, `left` and `right`, that is `around` high.
    """

    width: float = 0.0
    height: float = 0.0
    margin: float = 0.0
    left: float = 0.0
    right: float = 0.0
    around: float = 0.0

    @property
    def leftwards(self) -> float:
        """How far it goes from its middle to the left."""
        return self.width / 2 + self.left

    @property
    def rightwards(self) -> float:
        """How far it goes from its middle to the right."""
        return self.width / 2 + self.right


def in_columns(layers: Layers, extents: Sequence[Extent]) -> Columns:
    """Place the vertices of connected layers; each has an extent, the bends among them."""
    at = {vertex: number for row in layers.rows for number, vertex in enumerate(row)}
    straight = _straight(layers, at)
    column = _joined(layers, straight)
    ports = _ports(layers, at, straight, [extent.width / 2 for extent in extents])
    apart: dict[tuple[int, int], float] = {}
    for row in layers.rows:
        for one, other in itertools.pairwise(row):
            pair = column[one], column[other]
            room = extents[one].rightwards + extents[other].leftwards
            room += extents[one].margin + extents[other].margin
            apart[pair] = max(apart.get(pair, 0.0), room)
    pulls = []
    for piece in (piece for channel in layers.channels for piece in channel):
        begin, end = ports[piece.edge, piece.upper]
        one, other = column[piece.upper], column[piece.lower]
        if one != other:
            pulls.append((one, other, end - begin, piece.weight))
    places = settled(len(set(column)), apart, pulls)
    middles = tuple(places[each] for each in column)
    left = min(x - extent.leftwards for x, extent in zip(middles, extents, strict=True))
    right = max(x + extent.rightwards for x, extent in zip(middles, extents, strict=True))
    across = 0.0
    ends = {}
    for piece in (piece for channel in layers.channels for piece in channel):
        begin, end = ports[piece.edge, piece.upper]
        begin, end = round(middles[piece.upper] + begin, 3), round(middles[piece.lower] + end, 3)
        ends[piece.edge, piece.upper] = begin, end
        across += abs(begin - end) * piece.weight
    return Columns(left, right - left, across, middles, ends)


def _straight(layers: Layers, at: Mapping[int, int]) -> set[Piece]:
    """Choose pieces that do not cross, at most one on each side of a vertex."""
    above, below = longest_ways(layers.count, len(at), layers.channels)

    def way(piece: Piece) -> int:
        ends = (piece.upper < layers.count) + (piece.lower < layers.count)
        return above[piece.upper] + ends + below[piece.lower]

    chosen: set[Piece] = set()
    for channel in layers.channels:
        aside = _aside(channel, at)
        taken: list[tuple[int, int]] = []
        for piece in sorted(channel, key=lambda each: (-each.weight, -way(each), aside[each])):
            one, other = at[piece.upper], at[piece.lower]
            if all((one - upper) * (other - lower) > 0 for upper, lower in taken):
                taken.append((one, other))
                chosen.add(piece)
    return chosen


def _aside(channel: Sequence[Piece], at: Mapping[int, int]) -> dict[Piece, float]:
    """Tell how far each piece is from the middle of those that begin, or end, at the same vertex."""
    lowers: dict[int, list[int]] = {}
    uppers: dict[int, list[int]] = {}
    for piece in channel:
        lowers.setdefault(piece.upper, []).append(at[piece.lower])
        uppers.setdefault(piece.lower, []).append(at[piece.upper])
    found = {}
    for piece in channel:
        below, above = lowers[piece.upper], uppers[piece.lower]
        found[piece] = abs(at[piece.lower] - sum(below) / len(below))
        found[piece] += abs(at[piece.upper] - sum(above) / len(above))
    return found


def _joined(layers: Layers, straight: set[Piece]) -> list[int]:
    """Give the vertices that straight pieces join the same number, counted from 0."""
    above = {piece.lower: piece.upper for piece in straight}
    column: dict[int, int] = {}
    count = 0
    for vertex in (vertex for row in layers.rows for vertex in row):
        if vertex in above:
            column[vertex] = column[above[vertex]]
        else:
            column[vertex], count = count, count + 1
    return [column[vertex] for vertex in range(len(column))]


def _ports(
    layers: Layers, at: Mapping[int, int], straight: set[Piece], halves: Sequence[float]
) -> dict[tuple[int, int], tuple[float, float]]:
    """Find how far from the middle of its vertices each piece begins and ends; a straight one does not."""
    begins: dict[tuple[int, int], float] = {}
    ends: dict[tuple[int, int], float] = {}
    for channel in layers.channels:
        leaving: dict[int, list[Piece]] = {}
        coming: dict[int, list[Piece]] = {}
        for piece in channel:
            leaving.setdefault(piece.upper, []).append(piece)
            coming.setdefault(piece.lower, []).append(piece)
        for vertex, pieces in leaving.items():
            pieces.sort(key=lambda piece: (at[piece.lower], piece.edge))
            for piece, offset in zip(pieces, _spread(pieces, straight, halves[vertex]), strict=True):
                begins[piece.edge, piece.upper] = offset
        for vertex, pieces in coming.items():
            pieces.sort(key=lambda piece: (at[piece.upper], piece.edge))
            for piece, offset in zip(pieces, _spread(pieces, straight, halves[vertex]), strict=True):
                ends[piece.edge, piece.upper] = offset
    return {key: (begin, ends[key]) for key, begin in begins.items()}


def _spread(pieces: Sequence[Piece], straight: set[Piece], half: float) -> list[float]:
    """Keep the lines on one side of a vertex apart, with the straight one in the middle."""
    if len(pieces) > _MOST_APART:
        return [0.0] * len(pieces)
    middle = next((float(n) for n, piece in enumerate(pieces) if piece in straight), (len(pieces) - 1) / 2)
    room = max(half - _RIM, half / 2)
    to_left = min(_PORTS, room / middle) if middle else 0.0
    to_right = min(_PORTS, room / (len(pieces) - 1 - middle)) if middle < len(pieces) - 1 else 0.0
    return [(n - middle) * (to_left if n < middle else to_right) for n in range(len(pieces))]
