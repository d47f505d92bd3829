"""Lines from a box to itself: at its side, the first on the right, the second on the left. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from driver.inspection.graph.scene import Point

_OUT = 16.0  # px that such a line stands out
_BESIDE = 5.0  # px from it to its label
_HALF = 14.0  # px that it is high, half of it


@dataclass(frozen=True, slots=True)
class Loop:
    """A line from a node to itself.

    `edges` is the number of its edge; if it has a label, of the two that lead there and back.
    """

    node: str
    edges: tuple[int, ...]
    is_left: bool
    label: str = ""

    def room(self, sizes: Mapping[str, tuple[float, float]]) -> float:
        """Tell how much room it needs beside the node, in px."""
        return _OUT + (_BESIDE + sizes[self.label][0] if self.label else 0.0)

    def route(self, corner: Point, size: tuple[float, float]) -> tuple[Point, ...]:
        """Return its points, the one in its middle among them, from the node's corner and size."""
        side = corner[0] + (0.0 if self.is_left else size[0])
        out = side + (-_OUT if self.is_left else _OUT)
        middle = corner[1] + size[1] / 2
        half = min(_HALF, size[1] / 4)
        return (
            (side, middle - half),
            (out, middle - half),
            (out, middle),
            (out, middle + half),
            (side, middle + half),
        )

    def label_corner(self, route: Sequence[Point], size: tuple[float, float]) -> Point:
        """Return the upper left corner of its label, which has a size; `route` are the line's points."""
        x, y = route[2]
        return (x - _BESIDE - size[0] if self.is_left else x + _BESIDE), y - size[1] / 2


def loops_of(edges: Sequence[tuple[str, str, float]], labels: Container[str]) -> list[Loop]:
    """Find the lines that lead from a node to itself, by way of a label or not."""
    found: list[Loop] = []
    sources = {target: (number, source) for number, (source, target, _) in enumerate(edges)}
    for number, (source, target, _) in enumerate(edges):
        before, origin = sources.get(source, (number, ""))
        if source == target:
            found.append(Loop(source, (number,), any(loop.node == source for loop in found)))
        elif source in labels and origin == target:
            is_left = any(loop.node == target for loop in found)
            found.append(Loop(target, (before, number), is_left, label=source))
    return found
