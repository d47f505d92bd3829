import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.geospatial import gazetteer
from localcloud.geospatial.gazetteer import REACH_KM, Gazetteer, from_places, unit_vectors
from localcloud.geospatial.places import Places, read_places, source

EARTH_RADIUS_KM = 6371.0088
COORDINATES = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
OFFSETS = st.tuples(st.floats(-180, 180) | st.floats(-1, 1), st.floats(-1, 1))


def gazetteer_of(*spots: tuple[float, float]) -> Gazetteer:
    """Places named after their order."""
    longitudes, latitudes = zip(*spots, strict=True)
    return from_places(Places(list(latitudes), list(longitudes), [b"%d" % n for n in range(len(spots))]))


def named(places: Gazetteer, longitude: float, latitude: float) -> bytes | None:
    index = int(places.nearest(np.array([longitude]), np.array([latitude]))[0])
    return places.answers[index] if index < len(places.answers) else None


def kilometres(spot: tuple[float, float], point: tuple[float, float]) -> float:
    """Measure along the great circle, by the haversine formula."""
    (x1, y1), (x2, y2) = (map(math.radians, ends) for ends in (spot, point))
    half = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1, half)))


@pytest.fixture(scope="module")
def geonames() -> Places:
    with source().open(encoding="utf-8", newline="") as lines:
        return read_places(lines)


@pytest.fixture(scope="module")
def world(geonames: Places) -> Gazetteer:
    return from_places(geonames)


def test_the_nearest_place_is_found() -> None:
    assert named(gazetteer_of((10, 50), (10.5, 50), (11, 50)), 10.4, 50) == b"1"


def test_a_point_far_from_every_place_has_none() -> None:
    assert named(gazetteer_of((0, 0)), 0, 1.1 * np.degrees(REACH_KM / EARTH_RADIUS_KM)) is None
    assert named(gazetteer_of((0, 0)), 0, 0.9 * np.degrees(REACH_KM / EARTH_RADIUS_KM)) == b"0"


def test_a_degree_of_longitude_is_short_in_the_north() -> None:
    """In plain degrees the second place is nearer: 0.3° away, not 0.5°. On the ground it is 33 km, not 11."""
    places = gazetteer_of((20.5, 78), (20, 78.3))
    assert named(places, 20, 78) == b"0"


def test_the_antimeridian_separates_nothing() -> None:
    assert named(gazetteer_of((-179.9, 0), (179.0, 0)), 179.9, 0) == b"0"


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_all_longitudes_meet_at_a_pole(pole: float) -> None:
    places = gazetteer_of((0, pole * 0.995), (120, pole * 0.999))
    for longitude in (-180, -60, 0, 60, 180):
        assert named(places, longitude, pole) == b"1"


@given(spots=st.lists(COORDINATES, min_size=1, max_size=30, unique=True), offset=OFFSETS)
def test_few_and_many_points_find_places_equally_near(
    spots: list[tuple[float, float]], offset: tuple[float, float]
) -> None:
    places = gazetteer_of(*spots)
    point = ((spots[0][0] + offset[0] + 540) % 360 - 180, min(max(spots[0][1] + offset[1], -90), 90))
    vector = unit_vectors(np.array([point[0]]), np.array([point[1]]))
    distances = [kilometres(spot, point) for spot in spots]
    nearest = min(distances)
    for search in (places.search_bands, places.search_tree):
        index = int(search(vector)[0])
        if index == len(spots):
            assert nearest > REACH_KM * 0.999
        else:
            assert distances[int(places.answers[index])] <= min(nearest * 1.001 + 0.001, REACH_KM * 1.001)


def test_many_points_are_looked_up_in_the_tree() -> None:
    few = gazetteer_of((10, 50), (11, 50))
    many = Gazetteer(few.units, few.answers, few=1)
    longitudes, latitudes = np.array([10.1, 10.9, 40]), np.array([50.0, 50, 50])
    assert many.nearest(longitudes, latitudes).tolist() == few.nearest(longitudes, latitudes).tolist()
    assert few.nearest(longitudes, latitudes).tolist() == [0, 1, 2]


# The last two are where the package's own tree, of plain degrees, names Rypefjord and Egvekinot,
# which lie farther away: 13 km, not 12; 368 km, not 33.
@pytest.mark.parametrize(
    ("longitude", "latitude", "answer"),
    [
        (-149.8935557, 61.21759217, b',,USA,"Anchorage, Alaska, USA",Anchorage,,,Alaska,Valid Data'),
        (7.747, 46.02, b',,CHE,"Zermatt, Valais, CHE",Zermatt,,,Valais,Valid Data'),
        (23.406, 70.719, b',,NOR,"Hammerfest, Finnmark Fylke, NOR",Hammerfest,,,Finnmark Fylke,Valid Data'),
        (
            -179.996,
            63.034,
            b',,RUS,"Beringovskiy, {0}, RUS",Beringovskiy,,,{0},Valid Data'.replace(
                b"{0}", b"Chukotskiy Avtonomnyy Okrug"
            ),
        ),
        (-30.0, 45.0, None),
    ],
    ids=["Anchorage", "Zermatt", "Hammerfest", "the antimeridian", "the Atlantic"],
)
def test_known_points(world: Gazetteer, longitude: float, latitude: float, answer: bytes | None) -> None:
    assert named(world, longitude, latitude) == answer


def test_plain_degrees_would_name_another_place(geonames: Places) -> None:
    def nearest_in_degrees(longitude: float, latitude: float) -> bytes:
        squares = (np.array(geonames.longitudes) - longitude) ** 2 + (
            np.array(geonames.latitudes) - latitude
        ) ** 2
        return geonames.answers[int(squares.argmin())]

    assert b"Rypefjord" in nearest_in_degrees(23.406, 70.719)
    assert b"Egvekinot" in nearest_in_degrees(-179.996, 63.034)


HEADER = "lat,lon,name,admin1,admin2,cc\n"


def test_what_is_kept_is_what_was_read(tmp_path: Path) -> None:
    file, folder = tmp_path / "places.csv", tmp_path / "kept"
    file.write_text(HEADER + "47.4,8.5,Zürich,Zurich,,CH\n-33.9,18.4,Cape Town,,,ZA\n", "utf-8")
    first, again = gazetteer.load(folder, file), gazetteer.load(folder, file)
    assert again.answers == first.answers
    assert again.units.tolist() == first.units.tolist()
    assert named(again, 8.4, 47.5) == ',,CHE,"Zürich, Zurich, CHE",Zürich,,,Zurich,Valid Data'.encode()


def test_what_is_kept_is_prepared_anew_if_it_is_damaged(tmp_path: Path) -> None:
    file, folder = tmp_path / "places.csv", tmp_path / "kept"
    file.write_text(HEADER + "47.4,8.5,Zürich,Zurich,,CH\n", "utf-8")
    answers = gazetteer.load(folder, file).answers
    (kept,) = folder.iterdir()
    kept.write_bytes(b"cut off")
    assert gazetteer.load(folder, file).answers == answers
    assert kept.read_bytes() != b"cut off"


def test_what_is_kept_is_prepared_anew_for_another_file(tmp_path: Path) -> None:
    file, folder = tmp_path / "places.csv", tmp_path / "kept"
    file.write_text(HEADER + "47.4,8.5,Zürich,Zurich,,CH\n", "utf-8")
    gazetteer.load(folder, file)
    file.write_text(HEADER + "1,1,Elsewhere,,,GA\n", "utf-8")
    assert gazetteer.load(folder, file).answers == [b',,GAB,"Elsewhere, GAB",Elsewhere,,,,Valid Data']


def test_of_places_at_one_spot_the_first_with_a_name_counts() -> None:
    lines = [HEADER, "1,2,,R,,FR\n", "1,2,First,R,,FR\n", "1,2,Second,R,,FR\n"]
    assert read_places(lines).answers == [b',,FRA,"First, R, FRA",First,,,R,Valid Data']
