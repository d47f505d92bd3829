"""Recognising a table: a CSV file's compression, encoding, separator and columns, or a workbook."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from driver.model.exceptions import CoordinatesError
from driver.tables.columns import Columns
from driver.tables.reading import DELIMITERS, Reading
from driver.tables.rows import Row, numbered_rows
from driver.tables.workbooks import opened_workbook, sheet_rows

_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS = (  # byte order marks; that of UTF-32 begins with that of UTF-16
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SHORTEST = len("lat,lon")  # characters of a header
_WORDS = {delimiter: f"{word}s between the cells" for word, delimiter in DELIMITERS.items()}
_DECLARED = re.compile(r'"?sep=([^\w\r\n". +-])"?[\r\n]*', re.IGNORECASE)  # Excel's own way to name it


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is recognised.

    `rows` opens the rows below the header; `notes` are the assumptions made; `is_plain` tells whether jobs
    read its bytes alike.
    """

    header: list[str]
    columns: Columns
    rows: Callable[[], AbstractContextManager[Iterator[Row]]]
    notes: tuple[str, ...]
    is_plain: bool


def recognise(path: Path, name: str, reading: Reading) -> Table:
    """Find out how to read a file; messages call it by the name.

    Raises
    ------
    CoordinatesError
        If it cannot be read, or if how to read it is not certain.
    """
    with _readable(name, reading.encoding or "UTF-8"):
        with path.open("rb") as file:
            start = file.read(64)
        if start.startswith((_ZIP, _OLE)):
            return _workbook(path, name, reading, start)
        return _text_file(path, name, reading, start)


@contextmanager
def _readable(name: str, encoding: str) -> Iterator[None]:
    """Explain why a file cannot be read."""
    try:
        yield
    except UnicodeError as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        raise CoordinatesError(
            f"{name} cannot be read as text.",
            f"It is not {encoding.upper()}: {reason}.",
            "Name its encoding, such as --encoding cp1252 (Windows), or save it as CSV in UTF-8.",
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CoordinatesError(
            f"{name} cannot be unpacked.", f"It is no whole gzip file: {error}.", "Make or copy it anew."
        ) from error
    except OSError as error:
        raise CoordinatesError(
            f"{name} cannot be read.", f"{error.strerror}.", "Name a CSV file with --input."
        ) from error


def _explained(rows: Iterator[Row], name: str, encoding: str) -> Iterator[Row]:
    """Give rows; what fails where they are used is not explained as a fault of the file."""
    with _readable(name, encoding):
        yield from rows


def _text_file(path: Path, name: str, reading: Reading, start: bytes) -> Table:
    is_packed = start.startswith(_GZIP)

    def unpack() -> gzip.GzipFile | io.BufferedReader:
        return gzip.GzipFile(path) if is_packed else path.open("rb")

    with unpack() as file:
        encoding = _encoding(file.read(64), reading.encoding)

    @contextmanager
    def text() -> Iterator[io.TextIOWrapper]:
        with unpack() as file, io.TextIOWrapper(file, encoding=encoding, newline="") as lines:
            yield lines

    with text() as lines:
        declared = _DECLARED.fullmatch(lines.readline(256))
    skipped = 1 if declared else 0

    @contextmanager
    def rows(delimiter: str, *, below: bool = True) -> Iterator[Iterator[Row]]:
        with text() as lines:
            for _ in range(skipped):
                lines.readline()
            found = _explained(numbered_rows(lines, name, delimiter, 1 + skipped), name, encoding)
            if below:
                next(found, None)
            yield found

    told = reading.delimiter or (declared[1] if declared else "")
    headers, wrong = {}, []
    for one in told or _WORDS:
        try:
            with rows(one, below=False) as found:
                headers[one] = next(found, (0, []))[1]
        except CoordinatesError as error:  # a quote may have an end with another separator only
            wrong.append(error)
    if not headers:
        raise wrong[0]
    delimiter, cells = _choose(headers, name, reading)
    columns = _columns(cells, name, reading)
    notes = _column_notes(cells, columns)
    if not told and delimiter != ",":
        notes = [_WORDS[delimiter], *notes]
    if not reading.encoding and not encoding.startswith("utf-8"):
        notes = [encoding.upper(), *notes]
    is_plain = encoding == "utf-8" and delimiter == "," and not is_packed
    return Table(
        cells, columns, lambda: rows(delimiter), tuple(notes), is_plain and not skipped and not notes
    )


def _choose(headers: dict[str, list[str]], name: str, reading: Reading) -> tuple[str, list[str]]:
    """Choose the only separator with which the header has all columns, else that with the most cells.

    Separators that are not in the header read it alike: the first of them is taken, a comma.
    """
    most = max(headers, key=lambda one: len(headers[one]))
    fitting = {tuple(header): one for one, header in reversed(headers.items()) if _fits(header, reading)}
    if len(fitting) > 1:
        has = "all columns" if reading.wanted else "several columns"
        words = " as with ".join(_WORDS[one] for one in reversed(fitting.values()))
        raise CoordinatesError(
            f"{name} cannot be used.",
            f"Its header has {has} with {words}.",
            "Name the separator with --delimiter.",
        )
    chosen = next(iter(fitting.values()), most)
    return chosen, headers[chosen]


def _fits(header: list[str], reading: Reading) -> bool:
    """Tell whether a header has all columns, or several where none is named."""
    return not reading.columns(header).problem and (bool(reading.wanted) or len(header) > 1)


def _columns(header: list[str], name: str, reading: Reading) -> Columns:
    names = [column.name for column in reading.wanted]
    if not any(header):
        line = f"line {','.join(names)}" if names else "names of its columns"
        raise CoordinatesError(
            f"{name} is empty.", "Its first line is no header.", f"Begin it with the {line}."
        )
    columns = reading.columns(header)
    if columns.problem:
        if not any(re.search(r"[^\W\d_]", cell) for cell in header):
            raise CoordinatesError(
                f"{name} cannot be used.",
                f"Its first line holds values, not the names of columns: {', '.join(header)[:200]}.",
                f"Put a line above it that names the columns, such as {','.join(names)}.",
            )
        axes = [
            f"--{column.kind}-column" for column in reading.wanted if column.kind in {"longitude", "latitude"}
        ]
        raise CoordinatesError(
            f"{name} cannot be used.",
            columns.problem,
            f"Name its columns with {' and '.join(axes)}, its separator with --delimiter."
            if len(axes) == 2
            else f"The pipeline needs {', '.join(names)}; --delimiter names what separates cells.",
        )
    return columns


def _column_notes(header: list[str], columns: Columns) -> list[str]:
    """Say which columns are taken, unless they have the names that are asked for."""
    taken = (
        (header[place], column.name) for place, column in zip(columns.places, columns.wanted, strict=True)
    )
    return [f"{cell.strip()} as {name}" for cell, name in taken if cell != name]


def _encoding(start: bytes, told: str) -> str:
    """Recognise an encoding by its mark, or UTF-16 without one by a header of Latin letters.

    What the user says counts more; a mark that goes with it is no part of the first cell.
    """
    known = codecs.lookup(told).name if told else ""
    for mark, encoding in _MARKS:
        if start.startswith(mark) and (not known or known.startswith(encoding[:6].rstrip("-"))):
            return encoding
    if known:
        return known
    first = start[: 2 * _SHORTEST]
    if len(first) == 2 * _SHORTEST:
        for encoding, zeros, letters in (
            ("utf-16-le", first[1::2], first[::2]),
            ("utf-16-be", first[::2], first[1::2]),
        ):
            if not any(zeros) and all(letters):
                return encoding
    return "utf-8"


def _workbook(path: Path, name: str, reading: Reading, start: bytes) -> Table:
    """Find the only sheet that has the columns."""
    if start.startswith(_OLE):
        raise CoordinatesError(
            f"{name} cannot be read.",
            "It is an Excel file of before 2007, or one with a password.",
            "Save it as .xlsx without a password, or as CSV in UTF-8.",
        )
    if reading.delimiter or reading.encoding:
        raise CoordinatesError(
            f"{name} is no text file.", "", "Leave out --delimiter and --encoding, which a workbook has not."
        )
    with opened_workbook(path, name) as workbook:
        headers = {sheet.title: next(sheet_rows(sheet), (0, []))[1] for sheet in workbook.worksheets}
    fitting = [one for one, header in headers.items() if header and not reading.columns(header).problem]
    if len(fitting) > 1:
        has = "the columns" if reading.wanted else "rows"
        raise CoordinatesError(
            f"{name} cannot be used.",
            f"Several of its sheets have {has}: {', '.join(fitting)}.",
            "Save the one that is meant as CSV in UTF-8.",
        )
    title = fitting[0] if fitting else max(headers, key=lambda one: len(headers[one]), default="")
    header = headers.get(title, [])
    columns = _columns(header, name, reading)

    @contextmanager
    def rows() -> Iterator[Iterator[Row]]:
        with ExitStack() as stack:
            found = sheet_rows(stack.enter_context(opened_workbook(path, name))[title])
            next(found, None)
            yield found

    notes = ([f"sheet {title}"] if len(headers) > 1 else []) + _column_notes(header, columns)
    return Table(header, columns, rows, tuple(notes), is_plain=False)
