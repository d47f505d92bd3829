import itertools
from collections import Counter
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from driver.inspection.graph.layout.channels import crossings
from driver.inspection.graph.layout.engine import Arrangement, arrange

NEAR = 0.01
Sizes = dict[str, tuple[float, float]]
Edges = list[tuple[str, str, float]]
Segment = tuple[float, float, float, float]


@st.composite
def flat_graphs(draw: st.DrawFn) -> tuple[Sizes, Edges, set[str]]:
    """Make graphs with parallel edges, long edges, labels, parts that nothing joins, and loops at a node."""
    count = draw(st.integers(1, 16))
    widths, heights = st.sampled_from([50.0, 112.0, 140.0, 400.0]), st.sampled_from([22.0, 52.5, 300.0])
    sizes = {str(number): (draw(widths), draw(heights)) for number in range(count)}
    edges: Edges = []
    labels: set[str] = set()
    loops: Counter[str] = Counter()
    some = st.integers(0, count - 1)
    for source, target in draw(st.lists(st.tuples(some, some), max_size=30)):
        one, other = str(min(source, target)), str(max(source, target))
        if one == other:
            loops[one] += 1
            if loops[one] > 2:
                continue
        weight = draw(st.sampled_from([1.0, 0.8]))
        if draw(st.booleans()):
            label = f"label {len(edges)}"
            labels.add(label)
            sizes[label] = (draw(st.sampled_from([15.0, 80.0, 212.0])), draw(st.sampled_from([19.4, 65.0])))
            edges += [(one, label, weight), (label, other, weight)]
        else:
            edges.append((one, other, weight))
    return sizes, edges, labels


def segments(route: tuple[tuple[float, float], ...]) -> Iterator[Segment]:
    for (x, y), (to_x, to_y) in itertools.pairwise(route):
        yield min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)


def ends(edges: Edges, number: int, labels: set[str]) -> set[str]:
    """Name the boxes that a line joins, and its label."""
    source, target, _ = edges[number]
    found = {source, target}
    for source, target, _ in edges:
        if labels & found & {source, target}:
            found |= {source, target}
    return found


def check(found: Arrangement, sizes: Sizes, edges: Edges, labels: set[str]) -> None:
    boxes = {name: (x, y, x + sizes[name][0], y + sizes[name][1]) for name, (x, y) in found.corners.items()}
    assert boxes.keys() == sizes.keys()
    picture = (0.0, 0.0, found.width, found.height)
    assert all(is_within(box, picture) for box in boxes.values())
    for one, other in itertools.combinations(boxes.values(), 2):
        assert not touch(one, other)
    for number, route in enumerate(found.routes):
        own = ends(edges, number, labels)
        for segment in segments(route):
            assert is_within(segment, picture)
            assert segment[2] - segment[0] < NEAR or segment[3] - segment[1] < NEAR, "at right angles"
            for name, box in boxes.items():
                assert not (runs_through(segment, box) if name in own else touch(segment, box)), (own, name)
    for number, later in itertools.combinations(range(len(edges)), 2):
        if not ends(edges, number, labels) & ends(edges, later, labels):
            pairs = itertools.product(segments(found.routes[number]), segments(found.routes[later]))
            assert not any(lie_on_each_other(*pair) for pair in pairs), (edges[number], edges[later])


def is_within(one: Segment, other: Segment) -> bool:
    return (
        one[0] > other[0] - NEAR
        and one[1] > other[1] - NEAR
        and one[2] < other[2] + NEAR
        and one[3] < other[3] + NEAR
    )


def touch(one: Segment, other: Segment) -> bool:
    return (
        one[0] < other[2] + NEAR
        and other[0] < one[2] + NEAR
        and one[1] < other[3] + NEAR
        and other[1] < one[3] + NEAR
    )


def runs_through(segment: Segment, box: Segment) -> bool:
    return (
        segment[0] < box[2] - NEAR
        and box[0] < segment[2] - NEAR
        and segment[1] < box[3] - NEAR
        and box[1] < segment[3] - NEAR
    )


def lie_on_each_other(one: Segment, other: Segment) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > -NEAR and down > -NEAR and (across > NEAR or down > NEAR)


@settings(max_examples=60)
@given(flat_graphs())
def test_lines_keep_off_boxes_and_other_lines(graph: tuple[Sizes, Edges, set[str]]) -> None:
    sizes, edges, labels = graph
    check(arrange(sizes, edges, labels), sizes, edges, labels)


BOX = (112.0, 52.5)


def test_the_longest_way_is_straight_and_the_rest_beside_it() -> None:
    sizes = dict.fromkeys("abcdx", BOX)
    found = arrange(sizes, [("a", "x", 1.0), ("a", "b", 1.0), ("b", "c", 1.0), ("c", "d", 1.0)])
    assert len({found.corners[name][0] for name in "abcd"}) == 1
    assert found.corners["x"][0] != found.corners["a"][0]
    assert [len(route) for route in found.routes] == [4, 2, 2, 2]


def test_a_light_line_gives_way_to_a_heavy_one() -> None:
    sizes = dict.fromkeys("abcd", BOX)
    found = arrange(sizes, [("a", "b", 0.8), ("b", "d", 0.8), ("a", "c", 1.0)])
    assert found.corners["a"][0] == found.corners["c"][0] != found.corners["b"][0]


def test_a_fan_keeps_its_order_and_many_lines_share_a_track() -> None:
    names = [f"fan {number}" for number in range(20)]
    sizes = dict.fromkeys(["a", *names, "z"], BOX)
    found = arrange(sizes, [("a", name, 1.0) for name in names] + [(name, "z", 1.0) for name in names])
    assert sorted(names, key=lambda name: found.corners[name]) == names
    assert abs(found.corners["a"][0] + BOX[0] / 2 - found.width / 2) < BOX[0]
    assert len({y for route in found.routes[:20] for _, y in route[1:-1]}) == 1


def test_loops_are_at_the_sides_of_their_box_and_their_labels_beside_them() -> None:
    sizes = {"a": BOX, "label": (80.0, 19.4), "b": BOX}
    edges = [("a", "a", 1.0), ("a", "label", 0.8), ("label", "a", 0.8), ("a", "b", 1.0)]
    found = arrange(sizes, edges, {"label"})
    left, right = found.corners["a"][0], found.corners["a"][0] + BOX[0]
    assert found.routes[0][0][0] == found.routes[0][-1][0] == right
    assert found.routes[1][0][0] == found.routes[2][-1][0] == left
    assert found.routes[1][-1] == found.routes[2][0]
    assert found.corners["label"][0] + 80.0 < min(x for x, _ in found.routes[1])
    assert found.corners["b"][1] - found.corners["a"][1] < 2 * BOX[1]


def test_what_nothing_joins_stands_side_by_side() -> None:
    found = arrange(dict.fromkeys("abc", BOX), [("a", "c", 1.0)])
    assert found.corners["a"][1] == found.corners["b"][1] < found.corners["c"][1]


def test_columns_that_change_places_are_crossed_in_two_tracks() -> None:
    found, tracks = crossings([(0.0, 100.0), (100.0, 0.0)])
    turned = sorted(found, key=lambda crossing: len(crossing.turns))
    assert tracks == 3
    (only,) = turned[0].turns
    first, second = turned[1].turns
    assert first[0] < only[0] < second[0]
    assert 0.0 < first[1] < 100.0


def test_lines_that_do_not_meet_share_a_track() -> None:
    found, tracks = crossings([(0.0, 10.0), (20.0, 30.0), (40.0, 40.0)])
    assert tracks == 1
    assert [len(crossing.turns) for crossing in found] == [1, 1, 0]
