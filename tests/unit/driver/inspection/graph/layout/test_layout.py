import itertools

import pytest
from hypothesis import given, settings

from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.drawing import draw
from driver.inspection.graph.graph import EdgeKind, Graph
from driver.inspection.graph.layout.containers import Layout, Rectangle, lay_out
from tests.unit.driver.inspection.graph.machines import (
    OF_THE_PROJECT,
    machine,
    of_the_project,
    pipelines,
    state_machines,
    task,
)

ROUNDING = 0.01


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return (
        one.x < other.x + other.width - ROUNDING
        and other.x < one.x + one.width - ROUNDING
        and one.y < other.y + other.height - ROUNDING
        and other.y < one.y + one.height - ROUNDING
    )


def is_on_border(point: tuple[float, float], box: Rectangle) -> bool:
    x, y = point
    is_within = (
        box.x - ROUNDING <= x <= box.x + box.width + ROUNDING
        and box.y - ROUNDING <= y <= box.y + box.height + ROUNDING
    )
    return is_within and (
        min(abs(x - box.x), abs(x - box.x - box.width), abs(y - box.y), abs(y - box.y - box.height))
        < ROUNDING
    )


def is_inside(inner: Rectangle, outer: Rectangle) -> bool:
    return (
        outer.x < inner.x
        and inner.x + inner.width < outer.x + outer.width
        and outer.y < inner.y
        and inner.y + inner.height < outer.y + outer.height
    )


def check(graph: Graph, layout: Layout) -> None:
    """Check all that makes a picture right."""
    assert layout.boxes.keys() == graph.by_id.keys()
    for box in layout.boxes.values():
        assert is_inside(box, Rectangle(0, 0, layout.width, layout.height))
    for one, other in itertools.combinations(graph.nodes, 2):
        if one.parent == other.parent:
            assert not overlap(layout.boxes[one.id], layout.boxes[other.id]), (one, other)
    for node in graph.nodes:
        if node.parent:
            assert is_inside(layout.boxes[node.id], layout.boxes[node.parent])
    for route in layout.routes:
        edge = route.edges[0]
        assert is_on_border(route.points[0], layout.boxes[edge.source]), edge
        assert is_on_border(route.points[-1], layout.boxes[edge.target]), edge
        check_route(graph, layout, route.points)
    check_labels(graph, layout)


def check_route(graph: Graph, layout: Layout, points: tuple[tuple[float, float], ...]) -> None:
    """Check that a line runs through no box but those of containers that it is in."""
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        piece = Rectangle(min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y))
        for node in graph.nodes:
            if not graph.branches(node.id):
                assert not overlap(piece, layout.boxes[node.id]), node


def check_labels(graph: Graph, layout: Layout) -> None:
    places = [route.place for route in layout.routes if route.place]
    for one, other in itertools.combinations(places, 2):
        assert not overlap(one, other)
    for place in places:
        for node in graph.nodes:
            if not graph.branches(node.id):
                assert not overlap(place, layout.boxes[node.id])
    for route in layout.routes:
        for (x, y), (to_x, to_y) in itertools.pairwise(route.points):
            piece = Rectangle(min(x, to_x), min(y, to_y), abs(x - to_x), abs(y - to_y))
            for labelled in layout.routes:
                if labelled is not route and labelled.place:
                    assert not overlap(piece, labelled.place), (route.edges, labelled.edges)


@settings(max_examples=40)
@given(state_machines() | pipelines())
def test_a_picture_is_right_whatever_is_drawn(definition: dict[str, object]) -> None:
    graph = graph_of("any", definition)
    check(graph, lay_out(graph))


@pytest.mark.parametrize("name", OF_THE_PROJECT)
def test_the_projects_own_pictures_are_right(name: str | None) -> None:
    graph = graph_of(*of_the_project(name))
    check(graph, lay_out(graph))


@settings(max_examples=10)
@given(state_machines())
def test_the_same_definition_gives_the_same_picture(definition: dict[str, object]) -> None:
    assert draw(graph_of("any", definition)) == draw(graph_of("any", definition))


@settings(max_examples=20)
@given(state_machines())
def test_every_edge_is_part_of_one_line(definition: dict[str, object]) -> None:
    graph = graph_of("any", definition)
    drawn = [edge for route in lay_out(graph).routes for edge in route.edges]
    assert sorted(map(repr, drawn)) == sorted(map(repr, graph.edges))


def test_only_the_way_back_of_a_loop_runs_upwards() -> None:
    graph = graph_of(
        "poll",
        machine(
            Ask=task("Done"),
            Done={
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Out"}],
                "Default": "Rest",
            },
            Rest={"Type": "Wait", "Seconds": 1, "Next": "Ask"},
            Out={"Type": "Succeed"},
        ),
    )
    layout = lay_out(graph)
    upwards = {route.edges[0].source for route in layout.routes if route.points[0][1] > route.points[-1][1]}
    assert upwards == {"Rest"}


def test_a_reference_that_a_longer_way_implies_is_not_drawn() -> None:
    refer = [{"Get": "Steps.a.X"}, {"Get": "Steps.b.X"}]
    steps = [
        {"Name": "a", "Type": "Lambda"},
        {"Name": "b", "Type": "Lambda", "Arguments": refer[:1]},
        {"Name": "c", "Type": "Lambda", "Arguments": refer},
    ]
    graph = graph_of("pipeline", {"Steps": steps})
    assert {edge.kind for edge in graph.edges} == {EdgeKind.REFERENCE}
    drawn = {(route.edges[0].source, route.edges[0].target) for route in lay_out(graph).routes}
    assert drawn == {("a", "b"), ("b", "c")}


def test_two_hundred_steps_are_drawn() -> None:
    steps = [
        {
            "Name": f"step-{n}",
            "Type": "Training",
            "DependsOn": [f"step-{n - back}" for back in (1, 3) if n >= back],
        }
        for n in range(200)
    ]
    layout = lay_out(graph_of("long", {"Steps": steps}))
    assert len(layout.boxes) == 200
    assert layout.height > 200 * 40
