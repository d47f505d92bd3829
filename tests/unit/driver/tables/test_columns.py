import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.model.exceptions import CoordinatesError
from driver.tables.columns import Column, check_rows, find_columns
from driver.tables.rows import numbered_rows

HEADER = "Longitude,Latitude\n"
WANTED = (Column("Longitude", "longitude"), Column("Latitude", "latitude"))
longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)


def check(text: str) -> int:
    rows = numbered_rows(io.StringIO(text, newline=""), "places.csv")
    _, header = next(rows)
    return check_rows(rows, find_columns(header, WANTED), header, "places.csv").count


def complaint(text: str) -> CoordinatesError:
    with pytest.raises(CoordinatesError) as caught:
        check(text)
    return caught.value


@given(st.lists(st.tuples(longitudes, latitudes), min_size=1))
def test_any_degrees_in_range_are_accepted_and_counted(points: list[tuple[float, float]]) -> None:
    assert check(HEADER + "".join(f"{x},{y}\n" for x, y in points)) == len(points)


@given(
    longitudes,
    latitudes,
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_other_columns_may_hold_anything_and_stand_anywhere(
    longitude: float, latitude: float, others: list[str], end: str
) -> None:
    names = [f"column {number}" for number, _ in enumerate(others)]
    document = io.StringIO(newline="")
    writer = csv.writer(document, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["Latitude", *names, "Longitude"], [str(latitude), *others, str(longitude)]])
    assert check(document.getvalue()) == 1


@given(st.floats().filter(lambda degrees: not abs(degrees) <= 90))
def test_a_latitude_out_of_range_is_never_accepted(degrees: float) -> None:
    error = complaint(f"{HEADER}0,{degrees}\n")
    assert "line 2: Latitude" in error.why


@given(st.lists(st.sampled_from([("1.5", True), ("91", False), ("x", False), ("", False)]), min_size=1))
def test_bad_rows_are_counted_and_the_first_are_named_by_line(latitudes: list[tuple[str, bool]]) -> None:
    text = HEADER + "".join(f"7,{latitude}\n" for latitude, _ in latitudes)
    bad = [line for line, (_, good) in enumerate(latitudes, start=2) if not good]
    if not bad:
        assert check(text) == len(latitudes)
        return
    error = complaint(text)
    assert f"{len(bad)} bad row" in error.what
    for line in bad[:3]:
        assert f"line {line}:" in error.why


def test_a_number_may_hold_a_line_break_within_quotes() -> None:
    """As the sample data of AWS's own example has it."""
    assert check('Longitude,Latitude\n-149.8935557,"61.21759217\n"\n-149.9054948,"61.19533942\n"\n') == 2


def test_a_row_is_named_by_the_line_it_begins_on() -> None:
    error = complaint('Longitude,Latitude\n-149.8,"61.2\n"\n-149.9,"161.1\n"\n')
    assert error.why == "See line 4: Latitude 161.1 is out of range."


def test_carriage_returns_end_lines_too() -> None:
    assert check("Longitude,Latitude\r\n1,2\r\n3,4\r\n") == 2


def test_empty_lines_are_no_rows() -> None:
    assert check("Longitude,Latitude\n1,2\n\n3,4\n\n") == 2


@pytest.mark.parametrize("number", ["nan", "inf", "1_0", "1,5,0", "12°", "0x1"])
def test_only_plain_numbers_are_numbers(number: str) -> None:
    assert "not a number" in complaint(f'Longitude,Latitude\n"{number}",1\n').why


def test_a_short_row_misses_its_coordinate() -> None:
    assert "line 2: Latitude is missing" in complaint("Longitude,Name,Latitude\n1\n").why


def test_a_header_alone_is_refused() -> None:
    assert "has no rows" in complaint(HEADER).what


def test_what_is_no_csv_is_named_by_line() -> None:
    assert "Line 3" in complaint(f'{HEADER}1,2\n3,"{"x" * (16 * 2**20 + 1)}"\n').why


def test_a_large_cell_is_taken_as_the_geocoders_take_it() -> None:
    assert check(f'Longitude,Latitude,Note\n1,2,"{"x" * 200_000}"\n') == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [('1,2\n3,"4\n5', 3), ('\r1,2\n"', 4), ('1,2\r\n\r\n"1', 4), ('"1\n1","2\r"\n"', 5), ('1,2\n"\r"\r"', 5)],
)
def test_a_quote_that_is_never_closed_is_refused_by_the_line_where_its_row_starts(
    text: str, line: int
) -> None:
    why = complaint(HEADER + text).why
    assert why == f"A quote in the row that starts in line {line} is never closed."


def test_infinity_is_not_in_range() -> None:
    assert "not a number" in complaint(f"{HEADER}{math.inf},1\n").why
