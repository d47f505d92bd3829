import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.geospatial.gazetteer import from_places
from localcloud.geospatial.geocoding import geocode
from localcloud.geospatial.places import COLUMNS, Places, answer
from localcloud.geospatial.table import Table

PLACES = from_places(
    Places(
        latitudes=[61.2, 47.37],
        longitudes=[-149.9, 8.55],
        answers=[answer("Anchorage", "Alaska", "USA"), answer("Zuerich", "Zurich", "CHE")],
    )
)
STATUS = -1
FIELDS = st.text(st.sampled_from('-149.96128,"\r\n éx_')) | st.floats().map(str)


def geocoded(content: str, block_size: int = 1024) -> bytes:
    output = io.BytesIO()
    table = Table(io.BytesIO(content.encode()), "Longitude", "Latitude", block_size)
    count = geocode(table, output, PLACES)
    assert count == len(rows_of(output.getvalue())) - 1
    return output.getvalue()


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def row(x: str, y: str) -> list[str]:
    """Geocode one row and give all its values."""
    source = io.StringIO(newline="")
    csv.writer(source).writerows([["Longitude", "Latitude"], [x, y]])
    return rows_of(geocoded(source.getvalue()))[1]


def test_the_output_is_the_input_with_eight_columns_more() -> None:
    data = geocoded("id,Longitude,Latitude\n1,-149.9,61.2\n2,8.5,47.4\n")
    assert rows_of(data) == [
        ["id", "Longitude", "Latitude", *COLUMNS],
        [
            "1",
            "-149.9",
            "61.2",
            "",
            "USA",
            "Anchorage, Alaska, USA",
            "Anchorage",
            "",
            "",
            "Alaska",
            "Valid Data",
        ],
        ["2", "8.5", "47.4", "", "CHE", "Zuerich, Zurich, CHE", "Zuerich", "", "", "Zurich", "Valid Data"],
    ]


def test_the_specification_s_sample_is_geocoded() -> None:
    """Its latitudes carry a line end within quotes."""
    data = geocoded('Longitude,Latitude\n-149.8935557,"61.21759217\n"\n-149.9054948,"61.19533942\n"\n')
    assert [row[:2] for row in rows_of(data)[1:]] == [
        ["-149.8935557", "61.21759217\n"],
        ["-149.9054948", "61.19533942\n"],
    ]
    assert {row[3] for row in rows_of(data)[1:]} == {"USA"}


def test_rows_end_as_they_came() -> None:
    assert geocoded("Longitude,Latitude\r\n8.5,47.4\r\n").count(b"\r\n") == 2
    assert b"\r" not in geocoded("Longitude,Latitude\n8.5,47.4\n")


@pytest.mark.parametrize(
    ("x", "y", "status"),
    [
        ("0", "0", "No Result: no place within 100 km"),
        ("", "47", "Invalid Data: longitude is empty"),
        (" ", "47", "Invalid Data: longitude is empty"),
        ("8", "", "Invalid Data: latitude is empty"),
        ("", "", "Invalid Data: longitude is empty"),
        ("x", "47", "Invalid Data: longitude is not a number"),
        ("8", "1_0", "Invalid Data: latitude is not a number"),
        ("nan", "47", "Invalid Data: longitude is not a number"),
        ("8,5", "47", "Invalid Data: longitude is not a number"),
        ("1٢", "47", "Invalid Data: longitude is not a number"),
        ("180.1", "47", "Invalid Data: longitude is not within -180 and 180"),
        ("8", "-90.001", "Invalid Data: latitude is not within -90 and 90"),
        ("8", "inf", "Invalid Data: latitude is not within -90 and 90"),
        ("8.5", "1e400", "Invalid Data: latitude is not within -90 and 90"),
        ("8.5", "47.4", "Valid Data"),
        (" 8.5 ", "\t47.4", "Valid Data"),
        ("+8.5e0", "0474e-1", "Valid Data"),
        ("-149.9", "61.2", "Valid Data"),
    ],
)
def test_each_row_says_what_became_of_it(x: str, y: str, status: str) -> None:
    values = row(x, y)
    assert values[:2] == [x, y]
    assert values[STATUS] == status
    assert status == "Valid Data" or set(values[2:STATUS]) == {""}


def test_a_row_with_too_few_columns_keeps_what_it_has_and_says_so() -> None:
    (_, short) = rows_of(geocoded("Longitude,Latitude,Name\n8.5,47.4\n"))
    assert short == [
        "8.5",
        "47.4",
        "",
        *[""] * 7,
        "Invalid Data: the row has not as many columns as the header",
    ]


def test_a_row_with_too_many_columns_keeps_all_and_says_so() -> None:
    (_, long) = rows_of(geocoded("Longitude,Latitude\n8.5,47.4,more\n"))
    assert long[:3] == ["8.5", "47.4", "more"]
    assert long[STATUS] == "Invalid Data: the row has not as many columns as the header"


def test_a_bad_row_spoils_no_other() -> None:
    data = geocoded("Longitude,Latitude\n8.5,47.4\nx,47.4\n-149.9,61.2\n8_0,1\n")
    assert [row[STATUS].partition(":")[0] for row in rows_of(data)[1:]] == [
        "Valid Data",
        "Invalid Data",
        "Valid Data",
        "Invalid Data",
    ]


@given(
    rows=st.lists(st.lists(FIELDS, min_size=3, max_size=3), max_size=10),
    line_end=st.sampled_from(["\n", "\r\n"]),
    block_size=st.integers(1, 200),
)
def test_no_input_value_is_ever_lost_or_moved(rows: list[list[str]], line_end: str, block_size: int) -> None:
    source = io.StringIO(newline="")
    writer = csv.writer(source, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["Longitude", "Latitude", "Name"], *rows])
    output = rows_of(geocoded(source.getvalue(), block_size))
    assert [row[:3] for row in output[1:]] == rows
    assert {len(row) for row in output} == {3 + len(COLUMNS)}
    assert all(row[STATUS] for row in output)


@given(
    points=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=10),
    block_size=st.integers(1, 200),
)
def test_blocks_do_not_show_in_the_output(points: list[tuple[float, float]], block_size: int) -> None:
    content = "Longitude,Latitude\n" + "".join(f"{x!r},{y!r}\n" for x, y in points)
    assert geocoded(content, block_size) == geocoded(content)
