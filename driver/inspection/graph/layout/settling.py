"""Moves columns until their lines are short: none passes another, and each is pulled by its lines. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from driver.inspection.graph.layout.layers import topological

_HARDLY = 1e-6  # px: nothing
_FAR = float("inf")
_ROUNDS = 40  # in which columns move at most

Pull = tuple[int, int, float, float]
"""Two columns, how far right of the second the first should be, and how much that matters."""


def settled(count: int, apart: Mapping[tuple[int, int], float], pulls: Sequence[Pull]) -> list[float]:
    """Find where columns are, in px.

    The columns are 0, 1, … `apart` tells how far right of the first of two columns the second must be at
    least. `pulls` are two columns each: a line has its upper end in the first and its lower end in the
    second.
    """
    return _Columns(count, apart, pulls).settled()


class _Columns:
    """Columns that move, each pulled by its lines, and none past another."""

    def __init__(self, count: int, apart: Mapping[tuple[int, int], float], pulls: Sequence[Pull]) -> None:
        self._right: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        self._left: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for (one, other), room in apart.items():
            self._right[one].append((other, room))
            self._left[other].append((one, room))
        self._pulls: list[list[tuple[int, float, float, bool]]] = [[] for _ in range(count)]
        for one, other, offset, weight in pulls:
            self._pulls[one].append((other, offset, weight, False))
            self._pulls[other].append((one, -offset, weight, True))
        self._order = topological(count, list(apart))
        self._x = [0.0] * count
        for each in self._order:
            self._x[each] = max((self._x[other] + room for other, room in self._left[each]), default=0.0)

    def settled(self) -> list[float]:
        for _ in range(_ROUNDS):
            moves = [self._moves(each, 1.0) for each in reversed(self._order)]
            moves += [self._moves(each, -1.0) for each in self._order]
            if not any(moves):
                break
        for _ in range(2):
            for each in self._order:
                if self._pulls[each]:
                    self._even_out(each)
        return self._x

    def _moves(self, column: int, way: float) -> bool:
        """Move a column, and those it pushes, to the right (1) or left (-1) while lines get shorter by it."""
        has_moved = False
        while (far := self._gain(column, way)) > _HARDLY:
            for each in self._pushed:
                self._x[each] += way * far
            has_moved = True
        return has_moved

    def _gain(self, column: int, way: float) -> float:
        """Tell how far it is good to move, and note what is pushed."""
        self._pushed = {column}
        far, waiting = _FAR, [column]
        beside = self._right if way > 0 else self._left
        while waiting:
            each = waiting.pop()
            for other, room in beside[each]:
                free = way * (self._x[other] - self._x[each]) - room
                if other in self._pushed:
                    continue
                if free < _HARDLY:
                    self._pushed.add(other)
                    waiting.append(other)
        gain = 0.0
        for each in self._pushed:
            for other, room in beside[each]:
                if other not in self._pushed:
                    far = min(far, way * (self._x[other] - self._x[each]) - room)
            for other, offset, weight, _ in self._pulls[each]:
                if other not in self._pushed:
                    wanted = way * (self._x[other] + offset - self._x[each])
                    gain += weight if wanted > _HARDLY else -weight
                    if wanted > _HARDLY:
                        far = min(far, wanted)
        return far if gain > _HARDLY else 0.0

    def _even_out(self, column: int) -> None:
        """Of places where lines are equally short, choose the middle, or one where a line is straight."""
        pulls = sorted(
            (self._x[other] + offset, weight, above) for other, offset, weight, above in self._pulls[column]
        )
        low, high = _medians([(place, weight) for place, weight, _ in pulls])
        lowest = max((self._x[other] + room for other, room in self._left[column]), default=-_FAR)
        highest = min((self._x[other] - room for other, room in self._right[column]), default=_FAR)
        if len({above for *_, above in pulls}) == 1:
            self._x[column] = max(lowest, min(highest, (low + high) / 2))
        else:
            fitting = [place for place in (low, high) if lowest <= place <= highest]
            self._x[column] = min(
                fitting, key=lambda place: abs(place - self._x[column]), default=self._x[column]
            )


def _medians(weighted: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Find the least and the greatest of the weighted medians of sorted values."""
    half = sum(weight for _, weight in weighted) / 2
    sums = list(itertools.accumulate(weight for _, weight in weighted))
    low = next(value for (value, _), before in zip(weighted, sums, strict=True) if before > half - _HARDLY)
    high = next(value for (value, _), before in zip(weighted, sums, strict=True) if before > half + _HARDLY)
    return low, high
