"""The geocoding program's rules: to the byte those of the local cloud's Vector Enrichment Jobs."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driver.model.exceptions import CoordinatesError as DriversError
from driver.tables.rows import numbered_rows
from localcloud.geospatial import gazetteer as job_gazetteer
from localcloud.geospatial.countries import ALPHA_3
from localcloud.geospatial.geocoding import geocode as geocode_by_job
from localcloud.geospatial.lines import TableError
from localcloud.geospatial.places import Places, answer
from localcloud.geospatial.table import BLOCK_SIZE, Table

from .conftest import container_module

coordinates = container_module("coordinates")
gazetteer = container_module("gazetteer")
geocoding = container_module("geocoding")

HEADER = "Longitude,Latitude,Name"
SPOTS = {(-149.9, 61.2): ("Anchorage", "Alaska", "USA"), (8.55, 47.37): ('Zue"rich', "", "CHE")}
JOB_PLACES = job_gazetteer.from_places(
    Places(
        latitudes=[y for _, y in SPOTS],
        longitudes=[x for x, _ in SPOTS],
        answers=[answer(*place) for place in SPOTS.values()],
    )
)
PLACES = gazetteer.Gazetteer(SPOTS, [gazetteer.Place(*place) for place in SPOTS.values()])
# Numbers near the places and near the limits, and what CSV or Python take for something else.
FIELDS = (
    st.sampled_from(
        ["-149.9", "61.2", "8.5", "47.4", " 8.5 ", "+8.5e0", "1_0", "nan", "1e400", "180.1", "\u0662"]
    )
    | st.text(st.sampled_from('-149.96128,"\r\n \x1c\u2028éx_'))
    | st.floats().map(str)
)


def by_job(
    content: bytes, places: job_gazetteer.Gazetteer = JOB_PLACES, block_size: int = BLOCK_SIZE
) -> bytes | str:
    """Geocode as the local cloud does; gives the output, or what is wrong with the input."""
    output = io.BytesIO()
    try:
        geocode_by_job(Table(io.BytesIO(content), "Longitude", "Latitude", block_size), output, places)
    except TableError as error:
        return str(error)
    return output.getvalue()


def by_program(content: bytes, places: object = PLACES) -> bytes | str:
    """Geocode as the container does; gives the output, or what is wrong with the input."""
    output = io.StringIO(newline="")
    try:
        file = coordinates.CoordinatesFile(io.BytesIO(content))
        geocoding.geocode(file, "Longitude", "Latitude", places, output)
    except coordinates.CoordinatesError as error:
        return str(error)
    return output.getvalue().encode()


@given(
    rows=st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=10),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_rows_of_any_kind_are_answered_alike(rows: list[list[str]], line_end: str, quoting: int) -> None:
    source = io.StringIO(newline="")
    writer = csv.writer(source, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([HEADER.split(","), *rows])
    content = source.getvalue().encode()
    assert by_program(content) == by_job(content)


ENDS_AND_QUOTES = [b"\r", b"\n", b"\r\n", b'"', b"1,2,", b" "]
STRANGERS = [b"\0", b"\xef\xbb\xbf", b"\xfc", "\u2028".encode(), b"\x1c"]
PIECES = st.lists(st.sampled_from(ENDS_AND_QUOTES + STRANGERS), max_size=30).map(b"".join)


@given(content=PIECES, block_size=st.integers(1, 40))
@example(b'\r1\n"', 1_000)
@example(b'\r1\n"', 1)
@example(b"\r1\n\xfc", 1)
@example(b"\r\r\xfc", 1_000)
@example(b'\n"\r"\r\n"', 3)
def test_lines_are_counted_alike_however_they_end(content: bytes, block_size: int) -> None:
    whole = HEADER.encode() + b"\n" + content
    assert by_program(whole) == by_job(whole, block_size=block_size)


@given(content=PIECES)
@example(b'\r1\n"')
def test_the_driver_names_the_line_that_the_geocoders_name(content: bytes) -> None:
    """A row whose quote is never closed: the driver refuses it before anything is uploaded."""
    whole = HEADER.encode() + b"\n" + content
    answered = by_program(whole)
    if isinstance(answered, str) and "never closed" in answered:
        with pytest.raises(DriversError) as refused:
            list(numbered_rows(io.StringIO(whole.decode("utf-8-sig"), newline=""), "a.csv"))
        assert refused.value.why == answered


@pytest.mark.parametrize("spare", [0, 1])
def test_a_line_may_have_as_many_bytes_in_both(spare: int) -> None:
    longest = b"1,2," + b"x" * (coordinates.LONGEST_ROW - 4 + spare)
    answers = (
        by_program(HEADER.encode() + b"\n" + longest + b"\n"),
        by_job(HEADER.encode() + b"\n" + longest + b"\n"),
    )
    assert answers[0] == answers[1]
    assert isinstance(answers[0], str if spare else bytes)


@given(content=st.text(st.sampled_from('12.,a"\r\n ')).map(str.encode) | st.binary(max_size=60))
@example(b'\r1\n"')
@example(b"8.5,47.4,Z\xfcrich\n")
@example(b'8.5,47.4,a\n8.5,"47.4,b\n1,2,c\n')
@example(b"8.5,47.4\n8.5,47.4,a,b\n\n")
def test_files_of_any_kind_are_read_or_refused_alike(content: bytes) -> None:
    whole = HEADER.encode() + b"\n" + content
    assert by_program(whole) == by_job(whole)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\r\n\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfLongitude,Latitude\r\n8.5,47.4\r\n",
        b"lon,lat\n1,2\n",
        b'"Longitude","Lati\ntude"\n1,2\n',
        HEADER.encode("utf-16"),
        HEADER.encode(),
    ],
)
def test_headers_of_any_kind_are_read_or_refused_alike(content: bytes) -> None:
    assert by_program(content) == by_job(content)


def test_rows_beyond_a_batch_are_answered_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geocoding, "ROWS_AT_ONCE", 3)
    content = f"{HEADER}\n".encode() + b"8.5,47.4,a\n0,0,b\n,1,c\n-149.9,61.2,d\nx\n" * 4
    assert by_program(content) == by_job(content)


def test_points_all_over_the_world_have_the_same_places(tmp_path: Path) -> None:
    """The gazetteer of the package, as each of the two reads and searches it."""
    chance = random.Random(4)  # noqa: S311 - the same points each time
    points = [(chance.uniform(-180, 180), chance.uniform(-90, 90)) for _ in range(3000)]
    points += [(x, chance.uniform(-60, 75)) for x in (-180, 180) for _ in range(200)]
    points += [(x, y) for x in (-180, 0, 180) for y in (-90, 90)]
    content = f"{HEADER}\n" + "".join(f"{x!r},{y!r},\n" for x, y in points)
    answered = by_program(content.encode(), gazetteer.load())
    assert isinstance(answered, bytes)
    assert 300 < answered.count(b"Valid Data") < len(points)
    assert answered == by_job(content.encode(), job_gazetteer.load(tmp_path))


def test_countries_are_called_alike() -> None:
    assert container_module("countries").ALPHA_3 == ALPHA_3


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(coordinates.CoordinatesError, match="Line 2 is longer than"):
        list(coordinates.CoordinatesFile(io.BytesIO(b"a,b\n" + b"1" * (coordinates.LONGEST_ROW + 1))))
