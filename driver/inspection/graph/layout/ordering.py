"""The order in each layer of a graph, from left to right, so that few lines cross. Pure.

Layer by layer, down and up again, each vertex goes where its neighbours in the layer before are, on average;
then neighbours change places where fewer lines cross that way.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

_SWEEPS = 24  # times that the order of all layers is made anew
_SWAPS = 4  # times that neighbours are tried the other way round, each time


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a line between two neighbouring layers."""

    edge: int
    upper: int
    lower: int
    weight: float


class Start(Enum):
    """In which order the vertices of each layer are at first; what comes of it differs."""

    RIGHTWARDS = (1, 1)
    LEFTWARDS = (-1, -1)
    BOTH_LEFT_FIRST = (0, -1)
    BOTH_RIGHT_FIRST = (0, 1)

    @property
    def side(self) -> int:
        """On which side of the longest way the others go: left (-1), right (1) or both in turn (0)."""
        return self.value[0]

    @property
    def first(self) -> int:
        """On which side the first of the others goes."""
        return self.value[1]


def longest_ways(count: int, whole: int, channels: Sequence[Sequence[Piece]]) -> tuple[list[int], list[int]]:
    """Find how long the longest ways to and from each vertex are, by the heaviest edges alone.

    There are `count` vertices without the bends, which make no way longer, and `whole` with them. `channels`
    are the pieces between each layer and the next.
    """
    above, below = [0] * whole, [0] * whole
    heaviest = max((piece.weight for channel in channels for piece in channel), default=0.0)
    heavy = [[piece for piece in channel if piece.weight == heaviest] for channel in channels]
    for piece in (piece for channel in heavy for piece in channel):
        above[piece.lower] = max(above[piece.lower], above[piece.upper] + (piece.upper < count))
    for piece in (piece for channel in reversed(heavy) for piece in channel):
        below[piece.upper] = max(below[piece.upper], below[piece.lower] + (piece.lower < count))
    return above, below


def ordered(
    count: int, ranks: Sequence[int], channels: Sequence[Sequence[Piece]], start: Start
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Order the vertices of each layer from left to right.

    `ranks` is the layer of each vertex, also of the bends, whose numbers follow the `count` others. Returns
    the layers, and how often pieces cross.
    """
    return _Order(count, ranks, channels, start).best()


class _Order:
    """Orders the vertices in each layer, better from sweep to sweep."""

    def __init__(
        self, count: int, ranks: Sequence[int], channels: Sequence[Sequence[Piece]], start: Start
    ) -> None:
        self._channels = channels
        self._above: list[list[int]] = [[] for _ in ranks]
        self._below: list[list[int]] = [[] for _ in ranks]
        for piece in (piece for channel in channels for piece in channel):
            self._below[piece.upper].append(piece.lower)
            self._above[piece.lower].append(piece.upper)
        _, self._ways = longest_ways(count, len(ranks), channels)
        self._rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
        for vertex, side in self._in_depth(start):
            row = self._rows[ranks[vertex]]
            row.insert(0 if side < 0 else len(row), vertex)
        self._at = [0] * len(ranks)
        for row in self._rows:
            self._number(row)

    def _in_depth(self, start: Start) -> Iterator[tuple[int, int]]:
        """Go through the vertices, the longest way first, and tell on which side of those before each is."""
        seen: set[int] = set()
        roots = [vertex for vertex, above in enumerate(self._above) if not above]
        waiting = [(vertex, start.side) for vertex in reversed(roots)]
        while waiting:
            vertex, side = waiting.pop()
            if vertex in seen:
                continue
            seen.add(vertex)
            yield vertex, side
            waiting += reversed(list(self._following(vertex, side, start)))

    def _following(self, vertex: int, side: int, start: Start) -> Iterator[tuple[int, int]]:
        """Bring what is below a vertex into the order in which it is to be placed, and tell the side."""
        below = list(dict.fromkeys(self._below[vertex]))
        if start.side or not below:
            return iter([(other, side) for other in below])
        longest = max(self._ways[other] for other in below)
        longest_ones = [other for other in below if self._ways[other] == longest]
        middle = longest_ones[len(longest_ones) // 2]
        below.remove(middle)
        half = (len(below) + (start.first < 0)) // 2
        left = [(other, side or -1) for other in reversed(below[:half])]
        right = [(other, side or 1) for other in below[half:]]
        return iter([(middle, side), *left, *right])

    def best(self) -> tuple[tuple[tuple[int, ...], ...], int]:
        """Sweep up and down and keep the best order; return it with its crossings."""
        best, fewest = [row[:] for row in self._rows], self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            is_down = sweep % 2 == 0
            beside = self._above if is_down else self._below
            for row in self._rows if is_down else reversed(self._rows):
                row.sort(key=lambda vertex: self._mean(vertex, beside[vertex]))
                self._number(row)
            for _ in range(_SWAPS):
                swapped = [self._swap(row) for row in self._rows]
                if not any(swapped):
                    break
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [row[:] for row in self._rows], crossings
        return tuple(tuple(row) for row in best), fewest

    def _number(self, row: Sequence[int]) -> None:
        for at, vertex in enumerate(row):
            self._at[vertex] = at

    def _mean(self, vertex: int, beside: Sequence[int]) -> float:
        return sum(self._at[other] for other in beside) / len(beside) if beside else self._at[vertex]

    def _swap(self, row: list[int]) -> bool:
        """Swap neighbours whose lines cross less the other way round."""
        is_better = False
        for at in range(len(row) - 1):
            one, other = row[at], row[at + 1]
            gain = 0
            for beside in (self._above, self._below):
                for here in beside[one]:
                    for there in beside[other]:
                        gain += (self._at[here] > self._at[there]) - (self._at[here] < self._at[there])
            if gain > 0:
                row[at], row[at + 1] = other, one
                self._at[one], self._at[other] = at + 1, at
                is_better = True
        return is_better

    def _crossings(self) -> int:
        count = 0
        for channel in self._channels:
            ends = sorted((self._at[piece.upper], self._at[piece.lower]) for piece in channel)
            seen: list[int] = []
            for _, lower in ends:
                place = bisect.bisect_right(seen, lower)
                count += len(seen) - place
                seen.insert(place, lower)
        return count
