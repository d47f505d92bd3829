import math
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.inspection.page.map.coasts import Box, coasts
from driver.inspection.page.map.labels import PHONE, SCREEN, Size, Town
from driver.inspection.page.map.projection import HEIGHT, WIDTH, projection_of
from driver.inspection.page.map.world_map import WorldMap, world_map
from driver.inspection.page.report import Place
from driver.inspection.page.result_points import MOST_PLACES, read_result
from tests.unit.driver.inspection.page.samples import result_file
from tools.make_outlines import outlines

FOLDER = Path(__file__).resolve().parents[6] / "driver/inspection/page/map/outlines"
DEGREES = st.tuples(
    st.floats(-180, 180, allow_nan=False).map(lambda x: round(x, 4)),
    st.floats(-90, 90, allow_nan=False).map(lambda y: round(y, 4)),
)


def drawn(*places: tuple[float, float, str]) -> WorldMap:
    made = world_map([Place(x, y, f"{town}, somewhere", town, is_valid=True) for x, y, town in places])
    assert made is not None
    return made


@given(st.lists(DEGREES, min_size=1, max_size=12))
def test_every_point_is_on_the_map(points: list[tuple[float, float]]) -> None:
    projection = projection_of(points)
    for point in points:
        x, y = projection.place(point)
        assert -0.01 <= x <= WIDTH + 0.01
        assert -0.01 <= y <= HEIGHT + 0.01


@given(DEGREES)
def test_a_single_point_is_in_the_middle_of_some_country(point: tuple[float, float]) -> None:
    projection = projection_of([point])
    assert projection.place(point)[0] == pytest.approx(WIDTH / 2, abs=0.1)
    assert 100 < projection.box.height * 111.2 < 200


def test_points_on_both_sides_of_the_antimeridian_are_neighbours() -> None:
    projection = projection_of([(179.5, -16.5), (-179.9, -17.0)])
    assert projection.box.width < 5
    west, east = projection.place((179.5, -16.5)), projection.place((-179.9, -17.0))
    assert west[0] < east[0]


def test_shapes_are_true_in_the_middle() -> None:
    projection = projection_of([(10, 59), (12, 61)])
    east = math.dist(projection.xy((11, 60)), projection.xy((11.2, 60)))
    north = math.dist(projection.xy((11, 60)), projection.xy((11, 60.1)))
    assert east == pytest.approx(north, rel=0.01)  # a degree of longitude is half as long there


def test_points_all_over_show_the_whole_world() -> None:
    box = projection_of([(-170, 60), (-60, -30), (20, 0), (90, 30), (150, -40)]).box
    assert box.width == 360
    assert (box.south, box.north) == (-90, 90)


@pytest.mark.parametrize("in_detail", [True, False])
@pytest.mark.parametrize(
    ("place", "is_land"),
    [
        ((13.4, 52.5), True),  # Berlin
        ((-149.9, 61.2), True),  # Anchorage
        ((178.0, -17.8), True),  # Fiji, on either side of the antimeridian
        ((179.0, 66.5), True),  # Chukotka, which reaches over it
        ((-175.0, 66.9), True),
        ((0.0, -85.0), True),  # Antarctica, around the pole
        ((-179.0, -85.0), True),
        ((-30.0, 30.0), False),
        ((179.9, 0.0), False),
        ((50.5, 42.0), False),  # the Caspian Sea, a hole in the land
    ],
)
def test_land_is_land_and_sea_is_sea(place: tuple[float, float], is_land: bool, in_detail: bool) -> None:
    x, y = place
    box = Box(x - 3, y - 3, x + 3, y + 3)
    crossings = 0
    for ring in coasts(in_detail=in_detail).land_in(box):
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                crossings += 1
    assert crossings % 2 == is_land


def test_what_is_cut_is_cut_at_the_box_wherever_on_earth() -> None:
    for box in (Box(170, -50, 190, -10), Box(-190, 60, -170, 70), Box(5, 40, 15, 55)):
        rings = list(coasts(in_detail=True).land_in(box))
        assert rings
        assert all(
            box.west <= x <= box.east and box.south <= y <= box.north for ring in rings for x, y in ring
        )


def test_borders_are_drawn_where_there_are_countries() -> None:
    assert drawn((13.4, 52.5, "Berlin"), (21.0, 52.2, "Warsaw")).borders
    assert not drawn((-30.0, 30.0, "Nowhere")).borders


def test_the_map_is_found_again_in_the_small_one() -> None:
    near = drawn((179.5, -16.5, "Labasa"))
    assert near.frame is not None
    assert near.frame[0] + near.frame[2] / 2 == pytest.approx(167.8, abs=0.2)
    assert near.locator
    assert drawn((-170, 60, ""), (-60, -30, ""), (20, 0, ""), (90, 30, ""), (150, -40, "")).frame is None


def test_lines_and_scale_are_round() -> None:
    alps = drawn((7.0, 46.0, ""), (13.0, 47.0, ""))
    assert {line.text for line in alps.parallels} == {"46°N", "47°N"}
    assert alps.scale[1] == "100 km"
    assert {line.text for line in drawn((179.9, 0, ""), (-179.9, 0, "")).meridians} >= {"180°", "179.5°W"}
    assert {"0°"} <= {line.text for line in drawn((0.2, 51, ""), (-0.2, 51, "")).meridians}


def test_towns_are_named_once_the_largest_first_and_none_over_another() -> None:
    crowd = [(13.4 + n / 1000, 52.5, "Berlin") for n in range(5)]
    made = drawn(*crowd, (13.401, 52.501, "Mitte"), (11.6, 48.1, "Munich"))
    assert [town.name for town in made.towns] == ["Berlin", "Mitte", "Munich"]
    assert not covered(made.towns, made, SCREEN)
    assert not covered(made.phone_towns, made, PHONE)
    assert len(made.dots) == 7


def covered(towns: Iterable[Town], made: WorldMap, size: Size) -> list[str]:
    """List the names that stand on a point."""
    return [
        town.name
        for town in towns
        for dot in made.dots
        if abs(dot.x - town.x) < len(town.name) * size.letter / 2 and -size.line * 0.7 < dot.y - town.y < 3
    ]


def test_no_name_stands_on_a_point_however_close_they_are() -> None:
    generator = random.Random(7)  # noqa: S311 - the same points every time
    names = [f"Town {number % 12}" for number in range(300)]
    made = drawn(*((generator.gauss(10, 6), generator.gauss(48, 4), name) for name in names))
    assert made.towns
    assert not covered(made.towns, made, SCREEN)
    assert not covered(made.phone_towns, made, PHONE)
    assert len(made.phone_towns) <= PHONE.most


def test_a_town_whose_points_are_everywhere_is_named_all_the_same() -> None:
    grid = ((x / 2, y / 2, "Full") for x in range(120) for y in range(80))
    assert [town.name for town in drawn(*grid).towns] == ["Full"]


def test_invalid_points_are_over_valid_ones() -> None:
    places = [Place(1, 1, "Invalid Data", "", is_valid=False), Place(1, 1, "A", "A", is_valid=True)]
    made = world_map(places)
    assert made is not None
    assert [dot.is_valid for dot in made.dots] == [True, False]
    assert made.dots[1].title == "Invalid Data\n1.00000, 1.00000"
    assert world_map([]) is None


def test_a_world_of_points_is_thinned_but_not_its_few_invalid_ones(tmp_path: Path) -> None:
    rows = [
        (str(n / 100), "10", "Town", "Invalid Data" if n % 1000 == 0 else "Valid Data") for n in range(9000)
    ]
    result = read_result(result_file(tmp_path, rows), 5)
    assert (result.count, result.located, result.invalid) == (9000, 9000, 9)
    assert len(result.rows) == 5
    valid = [place for place in result.places if place.is_valid]
    assert MOST_PLACES // 2 <= len(valid) <= MOST_PLACES
    assert len(result.places) - len(valid) == 9
    assert valid[-1].longitude > 85


def test_rows_without_usable_coordinates_are_counted_only(tmp_path: Path) -> None:
    bad = [(x, "1", "", "Invalid Data") for x in ("", "abc", "181", "nan", "inf")]
    result = read_result(result_file(tmp_path, [*bad, ("1", "-90", "Pole", "Valid Data")]), 50)
    assert (result.count, result.located, result.invalid) == (6, 1, 5)


def test_a_file_without_names_of_columns_has_a_table_and_no_map(tmp_path: Path) -> None:
    path = tmp_path / "results_0.csv"
    path.write_text("1,2,,USA,Anchorage,Anchorage,,,Alaska,Valid Data\n")
    result = read_result(path, 50)
    assert (result.count, result.places) == (1, ())


def test_the_outlines_are_as_small_as_they_should_be() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.gz")) <= 250_000


def test_outlines_are_made_of_a_topology() -> None:
    """Two countries side by side, the eastern one over the antimeridian, and a ring around the South Pole."""
    topology = {
        "transform": {"scale": [1, 1], "translate": [-180, -90]},
        "arcs": [
            [[350, 90], [0, 10]],  # the border
            [[350, 100], [-10, 0], [0, -10], [10, 0]],
            [[350, 100], [-345, 0], [0, -10], [345, 0]],
            [[0, 20], [120, 0], [120, 0], [119, 0], [-359, 0]],
            [[10, 50], [0, 0]],
        ],
        "objects": {
            "countries": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]]},
                    {"type": "Polygon", "arcs": [[~0, 2]]},
                    {"type": "MultiPolygon", "arcs": [[[3]]]},
                ],
            },
            "land": {"type": "MultiPolygon", "arcs": [[[1, ~2]], [[3]], [[4]]]},
        },
    }
    made = outlines(topology, 0.1, 0, 10)
    assert made["units_in_a_degree"] == 10
    assert made["borders"] == [[1700, 0, 0, 100]]
    assert made["land"] == [
        [1700, 100, -100, 0, 0, -100, 100, 0, 150, 0, 0, 100, -150, 0],
        [-1800, -700, 3600, 0, 0, -200, -3600, 0],
    ]
