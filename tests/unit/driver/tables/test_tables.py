import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.executions.input_files import InputFile
from driver.executions.preparing import Prepared, prepare, prepared
from driver.model.exceptions import CoordinatesError, EnvironmentNotReadyError, WrongUseError
from driver.model.values import Outputs
from driver.tables.reading import Reading
from driver.tables.recognition import recognise
from tests.unit.driver.fakes import OUTPUTS, Screen

COORDINATES = Outputs.read(OUTPUTS).pipelines["geospatial"]
AXES = {"Longitude": "longitude", "Latitude": "latitude"}
PLAIN = "Longitude,Latitude,Name\n13.4,52.5,Köpenick\n-149.9,61.2,Anchorage\n"


def made(
    tmp_path: Path,
    content: bytes,
    reading: Reading = Reading(),  # noqa: B008
    columns: Mapping[str, str] = AXES,
) -> Prepared:
    path = tmp_path / "places.csv"
    path.write_bytes(content)
    return prepare(InputFile(path.name, path), reading.checked().of_columns(columns), tmp_path / "made")


def refused(
    tmp_path: Path,
    content: str | bytes,
    reading: Reading = Reading(),  # noqa: B008
    columns: Mapping[str, str] = AXES,
) -> CoordinatesError:
    with pytest.raises(CoordinatesError) as caught:
        made(tmp_path, content.encode() if isinstance(content, str) else content, reading, columns)
    return caught.value


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (PLAIN.encode("utf-8-sig"), ()),
        (gzip.compress(PLAIN.encode(), mtime=0), ()),
        (PLAIN.encode("utf-16"), ("UTF-16",)),
        (PLAIN.encode("utf-16-le"), ("UTF-16-LE",)),
        (PLAIN.encode("utf-16-be"), ("UTF-16-BE",)),
        (gzip.compress(PLAIN.encode("utf-16"), mtime=0), ("UTF-16",)),
        (PLAIN.encode("utf-32"), ("UTF-32",)),
        (("sep=,\r\n" + PLAIN).encode(), ()),
        (('"sep=;"\n' + PLAIN.replace(",", ";")).encode(), ()),
        (PLAIN.replace(",", ";").encode(), ("semicolons between the cells",)),
        (PLAIN.replace(",", "\t").encode("utf-16"), ("UTF-16", "tabs between the cells")),
        (PLAIN.replace(",", "|").encode(), ("pipes between the cells",)),
        (
            PLAIN.replace(",", ";").replace(".", ",").encode(),
            ("semicolons between the cells", "decimal commas"),
        ),
        (
            PLAIN.replace("Longitude", " LNG").replace("Latitude", "lat").encode(),
            ("LNG as Longitude", "lat as Latitude"),
        ),
        ((PLAIN + ",,\n,,\n").encode(), ("2 empty rows at the end left out",)),
        (
            PLAIN.replace("Anchorage\n", "Anchorage,,\n").encode(),
            ("1 row with more or fewer cells than the header made even",),
        ),
    ],
)
def test_what_is_certain_becomes_the_plain_file(tmp_path: Path, content: bytes, notes: Sequence[str]) -> None:
    result = made(tmp_path, content)
    assert result.file.path.read_text(encoding="utf-8") == PLAIN
    assert (result.rows, result.notes) == (2, notes)
    assert result.file.path.name == "places.csv"


def test_a_plain_file_is_used_as_it_is(tmp_path: Path) -> None:
    content = b'Name,Latitude,Longitude\r\n"a\nb",52.5,13.4\r\n'
    result = made(tmp_path, content)
    assert result.file.path == tmp_path / "places.csv"
    assert not (tmp_path / "made").exists()


@given(
    rows=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.text("ab ,;\t\"'\n|é")), min_size=1),
    delimiter=st.sampled_from(";\t|"),
    comma=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_the_users_rows_are_kept_in_order_whatever_the_form(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float, str]],
    delimiter: str,
    comma: bool,
    encoding: str,
) -> None:
    document = io.StringIO(newline="")
    writer = csv.writer(document, delimiter=delimiter)
    written = [[str(y).replace(".", ",") if comma else str(y), note, str(x)] for x, y, note in rows]
    writer.writerows([["lat", "note", "lon"], *written])
    result = made(tmp_path_factory.mktemp("tables"), document.getvalue().encode(encoding))
    with result.file.path.open(encoding="utf-8", newline="") as lines:
        header, *found = csv.reader(lines)
    assert header == ["Latitude", "note", "Longitude"]
    assert [(float(x), float(y), note) for y, note, x in found] == rows


@pytest.mark.parametrize(
    ("content", "reading", "header"),
    [
        ("x,y\n1,2\n", Reading("x", "y", "", ""), "Longitude,Latitude"),
        ("X;Y\n1;2\n", Reading("x", "y", "", ""), "Longitude,Latitude"),
        ("Latitude,Longitude\n1,2\n", Reading("Latitude", "Longitude", "", ""), "Longitude,Latitude"),
        (
            "Longitude,Latitude,x\n500,2,1\n",
            Reading("x", "", "", ""),
            "Longitude (not used),Latitude,Longitude",
        ),
        ("lon:lat\n1:2\n", Reading("", "", ":", ""), "Longitude,Latitude"),
        ("lon;lat\n1;2\n", Reading("", "", "semicolon", ""), "Longitude,Latitude"),
    ],
)
def test_the_user_can_say_it(tmp_path: Path, content: str, reading: Reading, header: str) -> None:
    assert made(tmp_path, content.encode(), reading).file.path.read_text().splitlines()[0] == header


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "UTF-16", "utf-16-le"])
def test_an_encoding_can_be_named(tmp_path: Path, encoding: str) -> None:
    result = made(tmp_path, PLAIN.encode(encoding), Reading("", "", "", encoding))
    assert result.file.path.read_text(encoding="utf-8") == PLAIN


def test_a_mark_is_no_part_of_the_first_cell_where_the_encoding_is_named(tmp_path: Path) -> None:
    result = made(tmp_path, PLAIN.encode("utf-8-sig"), Reading("", "", "", "utf8"))
    assert result.file.path.read_text(encoding="utf-8") == PLAIN


@pytest.mark.parametrize(
    ("content", "why", "cure"),
    [
        ("x,y\n1,2\n", "Its header lacks the columns Longitude, Latitude: x, y.", "--longitude-column"),
        (
            "Longitude,Lat,lat\n1,2,3\n",
            "Several of its columns may be Latitude: Lat, lat.",
            "--latitude-column",
        ),
        (
            "Longitude,Latitude,Longitude\n1,2,3\n",
            "Its header has the column Longitude twice",
            "--longitude-column",
        ),
        (
            "13.4,52.5\n-149.9,61.2\n",
            "holds values, not the names of columns: 13.4, 52.5",
            "Put a line above",
        ),
        ("lon,lat,a;lon;lat\n1,2,3;4;5\n", "commas between the cells as with semicolons", "--delimiter"),
        ("", "no header", "Longitude,Latitude"),
        ("lon,lat\n13,4,52,5\n", "line 2: it has 4 cells, the header 2", "Correct"),
        ("lon,lat\n1,2\n,\n3,4\n", "line 3: it is empty, rows with values follow", "Correct"),
        (
            "lon,my lat,lat\n52.5,0,113.4\n13.4,0,52.5\n",
            "Every row fits if the two columns are exchanged",
            "--longitude-column lat --latitude-column lon, or correct",
        ),
        (PLAIN.encode("latin-1"), "It is not UTF-8", "--encoding cp1252"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "no whole gzip file", "anew"),
        (b"\xd0\xcf\x11\xe0rest", "before 2007", ".xlsx"),
        (b"PK\x03\x04rest", "not a zip file", "CSV"),
    ],
)
def test_what_is_not_certain_is_refused_with_reason_and_cure(
    tmp_path: Path, content: str | bytes, why: str, cure: str
) -> None:
    error = refused(tmp_path, content)
    assert why in error.why
    assert cure in error.next_step


def test_a_latitude_out_of_range_that_would_not_fit_as_longitude_is_not_called_exchanged(
    tmp_path: Path,
) -> None:
    assert "exchanged" not in refused(tmp_path, "lon,lat\n100,113.4\n").why


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [("ab", ""), ("x", ""), ("5", ""), ('"', ""), ("", "klingon"), ("", "base64")]
)
def test_a_separator_or_an_encoding_that_there_is_not_is_refused(delimiter: str, encoding: str) -> None:
    with pytest.raises(WrongUseError, match="--delimiter" if delimiter else "--encoding"):
        Reading("", "", delimiter, encoding).checked()


def workbook(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_from_the_sheet_that_has_the_columns(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [],
        ["lon", "lat", "name"],
        [13.4, "52,5", "Köpenick"],
        [7, 46, True],
        [None, None, None],
    ]
    path = workbook(tmp_path / "places.xlsx", About=[["by me"]], Data=rows)
    result = prepare(InputFile("places.xlsx", path), Reading().of_columns(AXES), tmp_path / "made")
    text = result.file.path.read_text(encoding="utf-8")
    assert text == "Longitude,Latitude,name\n13.4,52.5,Köpenick\n7,46,TRUE\n"
    assert result.file.path.name == "places.csv"
    assert result.notes[:3] == ("sheet Data", "lon as Longitude", "lat as Latitude")


def test_of_a_workbook_bad_rows_have_the_numbers_that_excel_shows(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], ["lon", "lat"], [1, 2], [3, 99]]
    path = workbook(tmp_path / "places.xlsx", Data=rows)
    with pytest.raises(CoordinatesError, match="line 4: Latitude 99 is out of range"):
        prepare(InputFile("places.xlsx", path), Reading().of_columns(AXES), tmp_path / "made")


def test_a_workbook_where_several_sheets_fit_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [["lon", "lat"], [1, 2]]
    path = workbook(tmp_path / "places.xlsx", A=rows, B=rows)
    with pytest.raises(CoordinatesError, match="Several of its sheets have the columns: A, B"):
        prepare(InputFile("places.xlsx", path), Reading().of_columns(AXES), tmp_path / "made")
    with pytest.raises(CoordinatesError, match="no text file"):
        prepare(InputFile("places.xlsx", path), Reading(delimiter=";").of_columns(AXES), tmp_path / "made")


def test_without_openpyxl_a_workbook_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    path = tmp_path / "places.xlsx"
    path.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(EnvironmentNotReadyError, match="openpyxl"):
        prepare(InputFile("places.xlsx", path), Reading().of_columns(AXES), tmp_path / "made")


TABLE = {"price": "number", "Name": "text"}
PRICES = "price,Name,more\n1.5,Köln,a\n-2,,b\n"


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (PRICES.encode("utf-8-sig"), ()),
        (gzip.compress(PRICES.encode("utf-16"), mtime=0), ("UTF-16",)),
        (PRICES.encode("utf-32"), ("UTF-32",)),
        (("sep=;\n" + PRICES.replace(",", ";").replace(".", ",")).encode(), ("decimal commas",)),
        (PRICES.replace(",", "\t").encode(), ("tabs between the cells",)),
        (PRICES.replace(",", "|").encode(), ("pipes between the cells",)),
        (
            PRICES.replace("price,Name", " PRICE,name").encode() + b",,\n",
            ("PRICE as price", "name as Name", "1 empty row at the end left out"),
        ),
    ],
)
def test_a_table_of_ones_own_is_read_alike(tmp_path: Path, content: bytes, notes: Sequence[str]) -> None:
    result = made(tmp_path, content, columns=TABLE)
    assert result.file.path.read_text(encoding="utf-8") == PRICES
    assert (result.rows, result.notes) == (2, notes)


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (PRICES, TABLE),
        ("Price,price,Name\r\nx,1.234,y\r\n", TABLE),
        ("a;b\n\n1;2\n", {"a;b": "text"}),
        ("only\n1\n", {}),
        ("only\n1.5\n", {"only": "number"}),
        ("a,b\n,\n1,2\n", {"a": "text"}),
        ("x,lon\n-1,13.4\n", {"x": "longitude", "lon": "longitude"}),
    ],
)
def test_a_plain_table_goes_up_as_it_is(tmp_path: Path, content: str, columns: Mapping[str, str]) -> None:
    result = made(tmp_path, content.encode(), columns=columns)
    assert (result.file.path, result.notes) == (tmp_path / "places.csv", ())


@pytest.mark.parametrize(
    ("content", "columns", "reading", "written"),
    [
        ("a;b\n1,5;2\n", {}, Reading(), 'a,b\n"1,5",2\n'),  # what is no number of the manifest's stays
        ("a;n\n1,5;1,5\n", {"n": "number"}, Reading(), 'a,n\n"1,5",1.5\n'),
        ("n;m\n1,234;0,5\n", {"n": "number", "m": "number"}, Reading(), "n,m\n1.234,0.5\n"),
        ("n;lon\n1,234;13,4\n", {"n": "number", "lon": "longitude"}, Reading(), "n,lon\n1.234,13.4\n"),
        ("n;m\n1,234;5\n", {"n": "number"}, Reading(decimal_comma=True), "n,m\n1.234,5\n"),
        ("n\n1,5\n", {"n": "number"}, Reading(delimiter="semicolon"), "n\n1.5\n"),
        ("n:m\n1:2\n", {"n": "number"}, Reading(delimiter=":"), "n,m\n1,2\n"),
        ("n;ä\n1;2\n".encode("cp1252"), {"n": "number"}, Reading(encoding="cp1252"), "n,ä\n1,2\n"),
        ("x,n\n1,2\n", {"lon": "longitude"}, Reading(longitude_column="X"), "lon,n\n1,2\n"),
    ],
)
def test_numbers_of_the_manifest_get_points_and_the_rest_stays(
    tmp_path: Path, content: str | bytes, columns: Mapping[str, str], reading: Reading, written: str
) -> None:
    result = made(tmp_path, content.encode() if isinstance(content, str) else content, reading, columns)
    assert result.file.path.read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("content", "why", "cure"),
    [
        ("", "no header", "the line price,Name"),
        ("cost,more\n1,2\n", "Its header lacks the columns price, Name: cost, more", "--delimiter"),
        ("1,2\n3,4\n", "holds values, not the names of columns", "such as price,Name"),
        ("price,NAME,name\n1,b,c\n", "Several of its columns may be Name: NAME, name", "--delimiter"),
        ("price,Name\n", "nothing below its header", "Add"),
        (
            "price,Name\n,a\nx,b\n",
            "line 2: price is missing; line 3: price 'x' is not a number",
            "Correct or",
        ),
        ("price,Name\n1,5,a\n", "line 2: it has 3 cells, the header 2", "Correct"),
        ("price;Name\n1,234;a\n", "line 2: price 1,234", "--decimal-comma"),
        ("price;Name\n1,5;a\n1.234;b\n", "line 3: price 1.234", "nothing between thousands"),
        ("price;Name\n1.5;a\n1,234;b\n", "line 3: price 1,234", "--decimal-comma"),
        ("price;Name\n1.234,5;a\n", "price '1.234,5' is not a number", "Correct"),
        (
            "price;Name;a,price,Name\n1;2;3,4,5\n",
            "commas between the cells as with semicolons",
            "--delimiter",
        ),
    ],
)
def test_a_table_that_is_not_certain_is_refused(tmp_path: Path, content: str, why: str, cure: str) -> None:
    error = refused(tmp_path, content, columns=TABLE)
    assert why in error.why
    assert cure in error.next_step


def test_without_columns_only_the_separator_must_be_certain(tmp_path: Path) -> None:
    assert made(tmp_path, b"a;b\n1;2\n", columns={}).notes == ("semicolons between the cells",)
    error = refused(tmp_path, "a;b,c\n1;2,3\n", columns={})
    assert "several columns with commas between the cells as with semicolons" in error.why


def test_a_workbook_of_ones_own_is_read_from_the_only_sheet_with_the_columns(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Name", "Price"], ["Köln", "1,5"], ["Bonn", 2.25]]
    path = workbook(tmp_path / "prices.xlsx", About=[["by me"]], Data=rows)
    result = prepare(InputFile("prices.xlsx", path), Reading().of_columns(TABLE), tmp_path / "made")
    assert result.file.path.read_text(encoding="utf-8") == "Name,price\nKöln,1.5\nBonn,2.25\n"
    assert result.notes == ("sheet Data", "Price as price", "decimal commas")
    with pytest.raises(CoordinatesError, match="Several of its sheets have rows: About, Data"):
        prepare(InputFile("prices.xlsx", path), Reading(), tmp_path / "made")


def test_a_longitude_is_only_named_where_one_is_needed() -> None:
    with pytest.raises(WrongUseError, match="not one column of the kind longitude"):
        Reading(longitude_column="x").of_columns(TABLE)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "nothing.csv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(CoordinatesError, match=why):
            recognise(path, "name", Reading())


def test_one_line_says_what_was_assumed_of_files_read_alike(tmp_path: Path) -> None:
    files = []
    for name, content in (("a.csv", "lon;lat\n1;2\n"), ("b.csv", "lon;lat\n3;4\n"), ("c.csv", PLAIN)):
        (tmp_path / name).write_text(content)
        files.append(InputFile(name, tmp_path / name))
    screen = Screen()
    with prepared(files, Reading(), COORDINATES, screen.console) as ready:
        assert [one.rows for one in ready] == [1, 1, 2]
        made_here = ready[0].file.path
        assert made_here.is_file()
    assert not made_here.exists()
    assert " ".join(screen.text.split()) == (
        "2 files read with: semicolons between the cells, lon as Longitude, lat as Latitude"
    )
