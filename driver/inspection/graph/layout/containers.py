"""Where each box, line and label of a graph is: layers from top to bottom, containers within containers.

Every container is laid out by itself and then is one box of what is around it: no edge of the Amazon States
Language crosses its border. A label is laid out as a box that its line runs through, so that nothing else can
be where it is. Which edges lead back, in a loop, is decided by the order of the definition: they are laid out
the other way round, and their lines run upwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from driver.inspection.graph.content import MARK_SIZE, Content, Label, content_of, label_of
from driver.inspection.graph.graph import Edge, EdgeKind, Graph, Node, leaving_order
from driver.inspection.graph.layout.engine import arrange
from driver.inspection.graph.runs import Runs
from driver.inspection.graph.scene import Point

_INSIDE = 18.0  # px between a container's border and what is in it
_BETWEEN = 24.0  # px between the branches of a Parallel
_OF_SIDEWAYS = 0.8  # the weight of a line that may go round about; of the others it is 1
_MARGIN = 20.0  # px around the picture


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place; `x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, right: float, down: float) -> Rectangle:
        """Return it at another place."""
        return Rectangle(self.x + right, self.y + down, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Route:
    """The line that stands for one edge, or for several with the same ends.

    Either all its edges are Catch edges or none is. `points` run from the border of the source to that of the
    target; `label` and `place` are what is written on it and where.
    """

    edges: tuple[Edge, ...]
    points: tuple[Point, ...]
    label: Label | None = None
    place: Rectangle | None = None

    def moved(self, right: float, down: float) -> Route:
        """Return it at another place."""
        points = tuple((x + right, y + down) for x, y in self.points)
        return Route(self.edges, points, self.label, self.place and self.place.moved(right, down))


@dataclass(slots=True)
class Layout:
    """A graph laid out; boxes of nodes by id, and the contents they were made for."""

    width: float = 0.0
    height: float = 0.0
    boxes: dict[str, Rectangle] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)

    def take_in(self, other: Layout, right: float, down: float) -> None:
        """Put another layout into this one."""
        self.boxes |= {name: box.moved(right, down) for name, box in other.boxes.items()}
        self.contents |= other.contents
        self.routes += [route.moved(right, down) for route in other.routes]


def lay_out(graph: Graph, runs: Runs | None = None) -> Layout:
    """Lay out a graph.

    The outcomes of `runs` are to be written in the boxes, which takes room.
    """
    inner = _lay_out_inside(graph, "", runs)
    whole = Layout(inner.width + 2 * _MARGIN, inner.height + 2 * _MARGIN)
    whole.take_in(inner, _MARGIN, _MARGIN)
    return whole


def _lay_out_inside(graph: Graph, parent: str, runs: Runs | None) -> Layout:
    """Lay out the branches in a container, side by side."""
    whole = Layout()
    for nodes in graph.branches(parent):
        branch = _lay_out_branch(graph, nodes, runs)
        left = whole.width + _BETWEEN if whole.width else 0.0
        whole.take_in(branch, left, 0)
        whole.width, whole.height = left + branch.width, max(whole.height, branch.height)
    return whole


def _lay_out_branch(graph: Graph, nodes: Sequence[Node], runs: Runs | None) -> Layout:
    insides: dict[str, Layout] = {}
    sizes: dict[str, tuple[float, float]] = {}
    branch = Layout()
    for node in nodes:
        if node.is_mark:
            sizes[node.id] = MARK_SIZE
            continue
        content = branch.contents[node.id] = content_of(node, runs)
        sizes[node.id] = (content.width, content.height)
        if graph.branches(node.id):
            inside = insides[node.id] = _lay_out_inside(graph, node.id, runs)
            width = max(content.width, inside.width + 2 * _INSIDE)
            sizes[node.id] = (width, content.height + inside.height + 2 * _INSIDE)
    _place(branch, sizes, _lines(graph, nodes), _order(graph, nodes))
    for name, inside in insides.items():
        box = branch.boxes[name]
        top = box.y + branch.contents[name].height + _INSIDE
        branch.take_in(inside, box.x + (box.width - inside.width) / 2, top)
    return branch


def _place(
    branch: Layout,
    sizes: Mapping[str, tuple[float, float]],
    lines: Iterable[Sequence[Edge]],
    order: Mapping[str, int],
) -> None:
    """Place boxes and lines of the branch; all lines run downwards here, those that lead back are turned."""
    laid: list[tuple[str, str, float]] = []
    labels: dict[str, Label] = {}
    plans: list[tuple[Sequence[Edge], bool, str]] = []
    for edges in lines:
        source, target = edges[0].source, edges[0].target
        is_back = order[target] <= order[source]
        first, last = (target, source) if is_back else (source, target)
        label, weight = label_of(edges), _weight(edges, is_back=is_back)
        name = f"label {len(laid)}\n" if label else ""  # no state's name has a line feed
        if label:
            labels[name] = label
            laid += [(first, name, weight), (name, last, weight)]
        else:
            laid.append((first, last, weight))
        plans.append((edges, is_back, name))
    found = arrange(
        {**sizes} | {name: (label.width, label.height) for name, label in labels.items()}, laid, labels
    )
    branch.width, branch.height = found.width, found.height
    for name, size in sizes.items():
        branch.boxes[name] = Rectangle(*found.corners[name], *size)
    pieces = iter(found.routes)
    for edges, is_back, name in plans:
        points = next(pieces)
        label, place = labels.get(name), None
        if label:
            place = Rectangle(*found.corners[name], label.width, label.height)
            points += next(pieces)
        branch.routes.append(Route(tuple(edges), points[::-1] if is_back else points, label, place))


def _weight(edges: Sequence[Edge], *, is_back: bool) -> float:
    """Tell how much a line is of the picture's backbone: the ways of errors and of loops are none of it."""
    return _OF_SIDEWAYS if is_back or edges[0].kind is EdgeKind.CATCH else 1.0


def _lines(graph: Graph, nodes: Sequence[Node]) -> list[list[Edge]]:
    """Gather the edges that are drawn as one line, and leave out those that others imply."""
    lines: dict[tuple[str, str, bool], list[Edge]] = {}
    after = _all_after(graph, nodes)
    for node in nodes:
        for edge in graph.ways_from(node.id):
            others = (target for target in graph.targets(node.id) if target != edge.target)
            if edge.kind is EdgeKind.REFERENCE and any(edge.target in after[other] for other in others):
                continue
            key = edge.source, edge.target, edge.kind is EdgeKind.CATCH
            lines.setdefault(key, []).append(edge)
    return list(lines.values())


def _all_after(graph: Graph, nodes: Sequence[Node]) -> dict[str, frozenset[str]]:
    """Find for each step all that come after it; a pipeline has no loops."""
    after: dict[str, frozenset[str]] = {}
    for name in leaving_order((node.id for node in nodes), graph.targets):
        targets = graph.targets(name)
        after[name] = frozenset(targets).union(*(after.get(target, ()) for target in targets))
    return after


def _order(graph: Graph, nodes: Sequence[Node]) -> dict[str, int]:
    """Give each node a number: an edge leads to a lower one, or to its own, only where it closes a loop."""
    left = leaving_order((node.id for node in nodes), graph.targets)
    return {name: number for number, name in enumerate(reversed(left))}
