"""From a graph and its layout to the scene that is painted. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from driver.inspection.graph.content import MARK, NAME, PAD_Y, SMALL, Content, Label, status_of
from driver.inspection.graph.graph import EdgeKind, Graph, Node
from driver.inspection.graph.layout.containers import Rectangle, Route, lay_out
from driver.inspection.graph.runs import Ran, Runs
from driver.inspection.graph.scene import Box, Circle, Group, Item, Line, Point, Role, Scene, Shape, Words
from driver.inspection.graph.text import LINE, cut, width

_THICK = 1.8  # px


def mark_of(role: Role, x: float, y: float) -> tuple[Item, ...]:
    """Draw an outcome's mark, 8 px wide, around a middle."""
    match role:
        case Role.SUCCEEDED:
            return (Line(((x - 4, y), (x - 1, y + 3), (x + 4, y - 3.5)), role, _THICK),)
        case Role.FAILED:
            down, up = ((x - 3.5, y - 3.5), (x + 3.5, y + 3.5)), ((x - 3.5, y + 3.5), (x + 3.5, y - 3.5))
            return Line(down, role, _THICK), Line(up, role, _THICK)
        case Role.CAUGHT:
            return (Shape(((x, y - 4), (x + 4.5, y + 4), (x - 4.5, y + 4)), role),)
        case Role.STOPPED:
            return (
                Shape(((x - 3.5, y - 3.5), (x + 3.5, y - 3.5), (x + 3.5, y + 3.5), (x - 3.5, y + 3.5)), role),
            )
        case Role.RUNNING:
            return (Shape(((x - 3, y - 4.5), (x + 4.5, y), (x - 3, y + 4.5)), role),)
        case _:
            return Circle(x, y, 3.8, role, is_filled=False), Circle(x, y, 1.4, role)


_ARROW, _ARROW_WIDTH = 8.0, 8.0  # px
_CORNER = 7.0
_BASELINE = 0.36  # of the font's size, from the middle of a line down to its baseline
_TITLE = 17.0
_HEADER = 58.0  # px above the picture, for its title
_LEFT = 20.0
_WIDEST_TITLE = 640.0  # px that a picture is widened to for its title


def draw(graph: Graph, runs: Runs | None = None, *, is_titled: bool = True) -> Scene:
    """Draw a definition, coloured by an execution if there is one, and with its title if wanted."""
    layout = lay_out(graph, runs)
    top = _HEADER if is_titled else 0.0
    wide = max(layout.width, _title_width(graph, runs) if is_titled else 0.0)
    right = (wide - layout.width) / 2
    boxes = {name: box.moved(right, top) for name, box in layout.boxes.items()}
    routes = [route.moved(right, top) for route in layout.routes]
    items: list[Item] = [Box(0, 0, wide, layout.height + top, Role.SURFACE, is_outlined=False)]
    if is_titled:
        items += _title(graph, runs, wide - 2 * _LEFT)
    # Containers first, then lines, boxes and labels: what is further down in the list lies on top.
    held = [node for node in graph.nodes if graph.branches(node.id)]
    rest = [node for node in graph.nodes if not graph.branches(node.id)]
    items += [_node(node, boxes[node.id], layout.contents.get(node.id), runs, is_held=True) for node in held]
    items += [_route(graph, route, runs) for route in routes]
    items += [_node(node, boxes[node.id], layout.contents.get(node.id), runs) for node in rest]
    for route in routes:
        if route.label and route.place:
            items += _label(route.label, route.place, _role(route, runs))
    return Scene(wide, layout.height + top, _headline(graph, runs), describe(graph, runs), tuple(items))


def describe(graph: Graph, runs: Runs | None) -> str:
    """Write what a picture shows, for those who cannot see it."""
    told = []
    for node in graph.states():
        ran = runs.by_name.get(node.name) if runs else None
        status = f", {status_of(ran)}" if ran else ", not reached" if runs else ""
        inside = f" in {graph.by_id[node.parent].name}" if node.parent else ""
        told.append(f"{node.name}{inside} ({node.type}{status})")
    what = "states" if graph.kind != "pipeline" else "steps"
    return f"The {graph.kind} {graph.subject} with {len(told)} {what}: {'; '.join(told)}."


def _headline(graph: Graph, runs: Runs | None) -> str:
    return f"{graph.kind} {graph.subject}{f', {runs.title}' if runs else ''}"


def _title_width(graph: Graph, runs: Runs | None) -> float:
    widths = width(graph.subject, _TITLE), width(_subtitle(graph, runs), SMALL)
    return min(max(widths) + 2 * _LEFT, _WIDEST_TITLE)


def _subtitle(graph: Graph, runs: Runs | None) -> str:
    return f"{graph.kind}{f', execution {runs.title}' if runs else ''}"


def _title(graph: Graph, runs: Runs | None, most: float) -> Iterator[Item]:
    yield Words(_LEFT, 30, cut(graph.subject, _TITLE, most), _TITLE, Role.INK, is_centred=False)
    yield Words(_LEFT, 49, cut(_subtitle(graph, runs), SMALL, most), SMALL, Role.MUTED, is_centred=False)


def _node(
    node: Node, box: Rectangle, content: Content | None, runs: Runs | None, *, is_held: bool = False
) -> Group:
    middle = box.x + box.width / 2
    if content is None:
        is_idle = runs is not None and not any(node.id in {way.source, way.target} for way in runs.taken)
        pill = Box(box.x, box.y, box.width, box.height, Role.IDLE if is_idle else Role.INK, box.height / 2)
        ink = Role.MUTED if is_idle else Role.SURFACE
        word = Words(middle, _base(box.y + box.height / 2, SMALL), node.name, SMALL, ink)
        return Group(node.name, (pill, word))
    ran = runs.by_name.get(node.name) if runs else None
    role = Role(ran.outcome) if ran else Role.IDLE if runs else Role.NODE
    if is_held and not ran:
        role = Role.IDLE if runs else Role.CONTAINER
    frame = Box(box.x, box.y, box.width, box.height, role, 8.0, is_dashed=role is Role.IDLE)
    items: list[Item] = [frame]
    y = box.y + PAD_Y
    if is_held:
        # What is inside has the colours of its own outcomes, so that it stands on the plain ground.
        y_inside = box.y + content.height
        inner = Rectangle(box.x + 6, y_inside, box.width - 12, box.height - (y_inside - box.y) - 6)
        items.append(Box(inner.x, inner.y, inner.width, inner.height, Role.SURFACE, 6.0, is_outlined=False))
    name_role = Role.MUTED if role is Role.IDLE else Role.INK
    for lines, size, ink in ((content.name, NAME, name_role), (content.small, SMALL, Role.MUTED)):
        for text in lines:
            items.append(Words(middle, _base(y + size * LINE / 2, size), text, size, ink))
            y += size * LINE
    items += _status(content.status, middle, y, role)
    return Group(_tooltip(node, ran), tuple(items))


def _status(lines: Sequence[str], middle: float, y: float, role: Role) -> Iterator[Item]:
    """Write how it ended, behind its mark: whoever sees no colours misses nothing."""
    widest = max((width(line, SMALL) for line in lines), default=0.0)
    left = middle - (widest + MARK) / 2
    for number, text in enumerate(lines):
        centre = y + SMALL * LINE * (number + 0.5)
        if number == 0:
            yield from mark_of(role, left + 4, centre)
        yield Words(left + MARK, _base(centre, SMALL), text, SMALL, role, is_centred=False)


def _tooltip(node: Node, ran: Ran | None) -> str:
    what = f"{node.name} ({node.type}{f': {node.detail}' if node.detail else ''})"
    return "\n".join(filter(None, (what, status_of(ran) if ran else "", ran.reason if ran else "")))


def _route(graph: Graph, route: Route, runs: Runs | None) -> Group:
    role = _role(route, runs)
    is_taken = runs is not None and not runs.taken.isdisjoint(route.edges)
    edge = route.edges[0]
    tip, before = route.points[-1], route.points[-2]
    towards = _unit(before, tip)
    base = (tip[0] - towards[0] * _ARROW, tip[1] - towards[1] * _ARROW)
    across = (-towards[1] * _ARROW_WIDTH / 2, towards[0] * _ARROW_WIDTH / 2)
    line = Line(
        (*route.points[:-1], base),
        role,
        width=2.0 if is_taken else 1.5,
        is_dashed=edge.kind is EdgeKind.CATCH,
        radius=_CORNER,
    )
    head = Shape((tip, _plus(base, across), _plus(base, (-across[0], -across[1]))), role)
    way = f"{graph.by_id[edge.source].name} to {graph.by_id[edge.target].name}"
    labels = "\n".join(dict.fromkeys(each.label for each in route.edges if each.label))
    return Group(f"{way}\n{labels}" if labels else way, (line, head))


def _role(route: Route, runs: Runs | None) -> Role:
    is_catch = route.edges[0].kind is EdgeKind.CATCH
    if runs is None:
        return Role.CATCH if is_catch else Role.LINE
    if runs.taken.isdisjoint(route.edges):
        return Role.IDLE
    return Role.CATCH if is_catch else Role.TAKEN


def _label(label: Label, place: Rectangle, role: Role) -> Iterator[Item]:
    middle = place.x + place.width / 2
    yield Box(place.x, place.y, place.width, place.height, Role.SURFACE, 4.0, is_outlined=False)
    ink = {Role.CATCH: Role.CATCH, Role.TAKEN: Role.INK}.get(role, Role.MUTED)
    for number, text in enumerate(label.lines):
        y = place.y + 2 + SMALL * LINE * (number + 0.5)
        yield Words(middle, _base(y, SMALL), text, SMALL, ink)


def _base(y: float, size: float) -> float:
    return y + size * _BASELINE


def _unit(start: Point, end: Point) -> Point:
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down) or 1.0
    return across / length, down / length


def _plus(point: Point, by: Point) -> Point:
    return point[0] + by[0], point[1] + by[1]
