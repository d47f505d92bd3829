"""The layers of a flat graph: which layer each box is in, and in which order, so that few lines cross. Pure.

After K. Sugiyama: a line that passes a layer has a vertex of its own there, a bend, so that every piece of
every line leads from one layer to the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from driver.inspection.graph.layout.ordering import Piece, Start, ordered

_RANKINGS = 4  # times that boxes are moved closer to what they lead to and come from

Edge = tuple[int, int, float]
"""From a higher vertex to a lower one, and its weight."""


@dataclass(frozen=True, slots=True)
class Layers:
    """A graph in layers.

    It has `count` vertices; the numbers behind theirs are the bends'. `rows` are the vertices of each layer
    from left to right, `paths` the vertices of each edge, one in each layer, `channels` the pieces of edges
    between each layer and the next, and `crossings` how often pieces cross.
    """

    count: int
    rows: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int, ...], ...]
    channels: tuple[tuple[Piece, ...], ...]
    crossings: int


def in_layers(count: int, edges: Sequence[Edge], start: Start) -> Layers:
    """Bring a graph of the vertices 0, 1, … into layers; its edges close no loop."""
    ranks = _ranks(count, edges)
    paths: list[tuple[int, ...]] = []
    for source, target, _ in edges:
        bends = range(len(ranks), len(ranks) + ranks[target] - ranks[source] - 1)
        paths.append((source, *bends, target))
        ranks += range(ranks[source] + 1, ranks[target])
    channels: list[list[Piece]] = [[] for _ in range(max(ranks))]
    for number, path in enumerate(paths):
        for upper, lower in itertools.pairwise(path):
            channels[ranks[upper]].append(Piece(number, upper, lower, edges[number][2]))
    rows, crossings = ordered(count, ranks, channels, start)
    return Layers(count, rows, tuple(paths), tuple(tuple(channel) for channel in channels), crossings)


def _ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    """Give each vertex its layer, so that the lines are short and the heavy ones shortest."""
    into: list[list[Edge]] = [[] for _ in range(count)]
    out: list[list[Edge]] = [[] for _ in range(count)]
    for edge in edges:
        out[edge[0]].append(edge)
        into[edge[1]].append(edge)
    order = topological(count, [(source, target) for source, target, _ in edges])
    ranks = [0] * count

    def highest(vertex: int) -> int:
        return max((ranks[source] + 1 for source, _, _ in into[vertex]), default=0)

    for vertex in order:
        ranks[vertex] = highest(vertex)
    is_pulled_down = [
        sum(weight for *_, weight in out[vertex]) > sum(weight for *_, weight in into[vertex])
        for vertex in range(count)
    ]
    for _ in range(_RANKINGS):
        for vertex in reversed(order):
            if is_pulled_down[vertex]:
                ranks[vertex] = min(ranks[target] for _, target, _ in out[vertex]) - 1
        for vertex in order:
            if not is_pulled_down[vertex]:
                ranks[vertex] = highest(vertex)
    first = min(ranks)
    return [rank - first for rank in ranks]


def topological(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Order what pairs of first and later things relate, so that each comes after all that come before it."""
    later: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for one, other in pairs:
        later[one].append(other)
        missing[other] += 1
    order = [each for each in range(count) if not missing[each]]
    for each in order:  # it grows meanwhile
        for other in later[each]:
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    return order
