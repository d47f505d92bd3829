"""The rows that are sent to an endpoint: text/csv, which has commas between its cells and decimal points."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from driver.model.exceptions import CoordinatesError, WrongUseError
from driver.tables.reading import DELIMITERS, Reading
from driver.tables.recognition import recognise
from driver.tables.rows import numbered_rows

_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_NUMBER = re.compile(r"\s*[+-]?\d+([.,]\d+)?\s*")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")
_CURE = "Save it as CSV in UTF-8 with commas between the cells and decimal points."


def as_csv(path: Path, tell: Callable[[str], None]) -> bytes:
    """Read a file; what is certainly another kind of table becomes CSV, and `tell` is told how it was read.

    Raises `WrongUseError` if it is another kind of table, and not certain how to read.
    """
    content = path.read_bytes()
    delimiter = "" if content.startswith(_MARKS) else _delimiter(content)
    if not delimiter and not content.startswith(_MARKS):
        return content
    try:
        table = recognise(path, path.name, Reading(delimiter=delimiter))
        with table.rows() as found:
            rows = [table.header, *(cells for _, cells in found)]
    except CoordinatesError as error:
        raise WrongUseError(error.what, error.why, _CURE) from error
    if any(_DECIMAL_COMMA.fullmatch(cell) for row in rows for cell in row):
        raise WrongUseError(f"{path.name} cannot be sent.", "It has numbers with commas.", _CURE)
    words = [f"{word}s between the cells" for word, one in DELIMITERS.items() if one == delimiter]
    if notes := [*words, *table.notes]:
        tell(f"{path.name} read with: {', '.join(notes)}")
    body = io.StringIO(newline="")
    csv.writer(body, lineterminator="\n").writerows(rows)
    return body.getvalue().encode()


def _delimiter(content: bytes) -> str:
    """Name what separates the cells instead of commas; empty where that is not certain.

    It is, if it gives each row as many cells, one column at least is of numbers, and no comma is in the
    first row, or nothing but numbers in all rows.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    for delimiter in (";", "\t", "|"):
        try:
            rows = [row for _, row in numbered_rows(io.StringIO(text, newline=""), "", delimiter)]
        except CoordinatesError:
            continue
        if not rows or len(rows[0]) < 2 or len({len(row) for row in rows}) > 1:
            continue
        columns = list(zip(*(rows[1:] or rows), strict=True))
        numeric = [all(_NUMBER.fullmatch(cell) for cell in column) for column in columns]
        is_comma_free = not any("," in cell for cell in rows[0])
        if all(numeric) or (any(numeric) and is_comma_free):
            return delimiter
    return ""
