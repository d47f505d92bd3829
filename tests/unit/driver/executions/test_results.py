import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.executions.results import (
    describe_statuses,
    doubt,
    read_result_file,
    read_results,
    without_empty_columns,
)
from driver.inspection.page.result_points import read_result
from driver.model.exceptions import BrokenFileError
from driver.model.values import ResultTable
from driver.tables.rows import LONGEST_FIELD

PATH = Path("results_0.csv")
# The first rows of the sample output of AWS's own example, which has no header.
SAMPLE = (
    '-149.8935557,"61.21759217\n",601,USA,"601 W 5th Ave, Anchorage, AK, 99501, USA",'
    "Anchorage,,99501 6301,Alaska,Valid Data\n"
    '-149.7522,"61.2297\n",,USA,"Enlisted Hero Dr, Jber, AK, 99506, USA",Jber,,99506,Alaska,Valid Data\n'
)


def test_a_header_names_the_columns() -> None:
    text = "Longitude,Latitude,reverse_geo.country\n1,2,USA\n3,4,FRA\n"
    table = read_results(PATH, io.StringIO(text), 1)
    assert table.header == ("Longitude", "Latitude", "country")
    assert table.rows == (("1", "2", "USA"),)
    assert table.count == 2


def test_without_a_header_no_row_is_lost() -> None:
    table = read_results(PATH, io.StringIO(SAMPLE), 5)
    assert table.count == 2
    assert dict(zip(table.header, table.rows[0], strict=True))["municipality"] == "Anchorage"
    assert table.rows[0][1] == "61.21759217\n"


def test_an_empty_document_has_no_rows() -> None:
    table = read_results(PATH, io.StringIO(""), 5)
    assert (table.header, table.rows, table.count) == ((), (), 0)


@given(st.lists(st.lists(st.text("ab,\n\"'"), min_size=2, max_size=2), max_size=20), st.integers(0, 5))
def test_every_row_is_counted_and_only_the_first_are_kept(rows: list[list[str]], limit: int) -> None:
    document = io.StringIO(newline="")
    csv.writer(document, quoting=csv.QUOTE_ALL).writerows([["Longitude", "Latitude"], *rows])
    table = read_results(PATH, io.StringIO(document.getvalue(), newline=""), limit)
    assert table.count == len(rows)
    assert [list(row) for row in table.rows] == rows[:limit]


def test_columns_without_content_are_named_apart() -> None:
    text = "Longitude,Latitude,neighborhood,region\n1,2,,Alaska\n3,4,,\n"
    shown, empty = without_empty_columns(read_results(PATH, io.StringIO(text), 5))
    assert shown.header == ("Longitude", "Latitude", "region")
    assert shown.rows == (("1", "2", "Alaska"), ("3", "4", ""))
    assert empty == ("neighborhood",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a,b\n\xff\xfe", "no UTF-8"),
        (b'a,"' + b"x" * (LONGEST_FIELD + 1) + b'"\n', "no CSV"),
        (None, "cannot be read"),
    ],
)
def test_a_result_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "results_0.csv"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    for read in (read_result_file, read_result):
        with pytest.raises(BrokenFileError, match=why) as raised:
            read(path, 5)
        assert str(path) in raised.value.why


def result(*rows: str, own: str = "") -> ResultTable:
    text = f"Longitude,Latitude{own},reverse_geo.status\n" + "".join(f"{row}\n" for row in rows)
    return read_results(PATH, io.StringIO(text), 0)


SEA = "No Result: no place within 100 km"


def test_rows_are_counted_by_status() -> None:
    table = result("1,2,Valid Data", f"3,4,{SEA}", "5,6,Valid Data", "7,8,")
    assert describe_statuses(table) == f"2 Valid Data, 1 {SEA}, 1 without a status"
    assert describe_statuses(read_results(PATH, io.StringIO("Longitude,Latitude\n1,2\n"), 0)) == ""


def test_a_status_column_of_the_input_is_not_the_jobs() -> None:
    table = result("1,2,open,Valid Data", "3,4,closed,Valid Data", own=",status")
    assert table.statuses == (("Valid Data", 2),)


def test_very_many_statuses_are_not_all_kept() -> None:
    table = result(*(f"1,2,status {number}" for number in range(100)))
    assert len(table.statuses) == 21
    assert sum(count for _, count in table.statuses) == 100


def test_a_result_without_a_header_is_counted_too() -> None:
    assert read_results(PATH, io.StringIO(SAMPLE), 5).statuses == (("Valid Data", 2),)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["1,2,Valid Data"] * 4 + [f"3,4,{SEA}"], None),
        (["1,2,Valid Data"] * 3 + [f"3,4,{SEA}"], "are exchanged"),
        (["1,2,Valid Data"] * 3 + [f"120,4,{SEA}"], "are in the sea, or the statuses say"),
        ([f"52.5,13.4,{SEA}"] * 1_200, "1,200 of 1,200 rows have no result"),
    ],
)
def test_many_rows_without_a_result_are_doubted_with_the_likely_cause(
    rows: list[str], said: str | None
) -> None:
    if said is None:
        assert doubt(result(*rows)) == ""
    else:
        assert said in doubt(result(*rows))
