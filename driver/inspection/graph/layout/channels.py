"""The tracks between two layers, in which lines run across: none lies on another. Pure.

A line comes down its column, runs across in a track, and goes on down in another column. Where one ends in
the column in which another begins, the track of the one that begins is the higher one.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_CLEAR = 3.0  # px: columns that are closer are one
_NEVER = 1000.0  # crossings that one would rather have


@dataclass(frozen=True, slots=True)
class Crossing:
    """How a piece of a line gets through a channel.

    `turns` are the tracks it runs across in, counted from the top, and to where; none if it is straight.
    """

    turns: tuple[tuple[int, float], ...]


@dataclass(slots=True, eq=False)
class _Net:
    """Pieces that run across in one track: those with one common end, or one alone."""

    tops: set[float] = field(default_factory=set)
    bottoms: set[float] = field(default_factory=set)
    rest: _Net | None = None  # where it goes on, if it runs across in two tracks
    track: int = 0

    @property
    def left(self) -> float:
        return min(self.tops | self.bottoms)

    @property
    def right(self) -> float:
        return max(self.tops | self.bottoms)

    def meets(self, other: _Net) -> bool:
        return self.left < other.right + _CLEAR and other.left < self.right + _CLEAR

    def cost_above(self, other: _Net) -> float:
        """Tell how often this crosses the other if its track is higher."""
        down = sum(other.left < x < other.right for x in self.bottoms)
        up = sum(self.left < x < self.right for x in other.tops)
        shared = self.rest is not other and any(abs(x - y) < _CLEAR for x in self.bottoms for y in other.tops)
        return down + up + (_NEVER if shared else 0.0)


def crossings(pieces: Sequence[tuple[float, float]]) -> tuple[tuple[Crossing, ...], int]:
    """Find how each piece gets through a channel, and how many tracks that takes.

    A piece is where it begins, above, and where it ends, below.
    """
    nets = _nets(pieces)
    every = list(dict.fromkeys(nets.values()))
    used = {x for piece in pieces for x in piece}
    while (order := _ordered(every)) is None:
        _split_one(every, used)
    for number, net in enumerate(order):
        net.track = 1 + max((other.track for other in order[:number] if net.meets(other)), default=-1)
    return (
        tuple(_crossing(nets.get(piece), piece) for piece in pieces),
        max((net.track + 1 for net in order), default=0),
    )


def _nets(pieces: Sequence[tuple[float, float]]) -> dict[tuple[float, float], _Net]:
    """Gather the pieces that are bent."""
    tops, bottoms = Counter(top for top, _ in pieces), Counter(bottom for _, bottom in pieces)
    nets: dict[tuple[float, float], _Net] = {}
    shared: dict[tuple[bool, float], _Net] = {}
    for top, bottom in pieces:
        if top == bottom:
            continue
        net = _Net()
        if tops[top] > 1:
            net = shared.setdefault((True, top), net)
        elif bottoms[bottom] > 1:
            net = shared.setdefault((False, bottom), net)
        net.tops.add(top)
        net.bottoms.add(bottom)
        nets[top, bottom] = net
    return nets


def _ordered(nets: Sequence[_Net]) -> list[_Net] | None:
    """Order nets from the top to the bottom so that few lines cross; None if each must be above another."""
    costs = {
        net: {other: net.cost_above(other) for other in nets if other is not net and net.meets(other)}
        for net in nets
    }
    scores = {
        net: sum(cost - costs[other][net] for other, cost in above.items()) for net, above in costs.items()
    }
    waits = {net: sum(cost >= _NEVER for cost in above.values()) for net, above in costs.items()}
    order: list[_Net] = []
    while scores:
        net = min(scores, key=lambda each: (waits[each], scores[each]))
        if waits[net]:
            return None
        del scores[net]
        order.append(net)
        for other, cost in costs[net].items():
            if other in scores:
                scores[other] -= costs[other][net] - cost
                waits[other] -= costs[other][net] >= _NEVER
    return order


def _split_one(nets: list[_Net], used: set[float]) -> None:
    """Let a net that keeps others waiting, and waits for them, run across in two tracks, not in one."""
    net = next(net for net in nets if net.rest is None and _waits_for_itself(net, nets))
    columns = sorted(x for x in used if net.left <= x <= net.right)
    left, right = max(itertools.pairwise(columns), key=lambda pair: pair[1] - pair[0])
    between = (left + right) / 2
    used.add(between)
    net.rest = _Net(tops={between}, bottoms=net.bottoms)
    net.bottoms = {between}
    nets.append(net.rest)


def _waits_for_itself(net: _Net, nets: Sequence[_Net]) -> bool:
    waiting, seen = [net], set()
    while waiting:
        each = waiting.pop()
        for other in nets:
            if other not in seen and other is not each and each.cost_above(other) >= _NEVER:
                if other is net:
                    return True
                seen.add(other)
                waiting.append(other)
    return False


def _crossing(net: _Net | None, piece: tuple[float, float]) -> Crossing:
    if net is None:
        return Crossing(())
    if net.rest is None:
        return Crossing(((net.track, piece[1]),))
    (between,) = net.bottoms
    return Crossing(((net.track, between), (net.rest.track, piece[1])))
