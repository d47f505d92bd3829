"""Is a CSV file fit for reverse geocoding? Reads it as a stream, so that its size does not matter."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from driver.host.wording import counted
from driver.model.exceptions import CoordinatesError

_LIMITS = {"Longitude": 180.0, "Latitude": 90.0}  # degrees; the names are case-sensitive, as they are on AWS
_NAMED = 3  # bad rows that are named one by one
LONGEST_FIELD = 16 * 1024 * 1024  # characters; the geocoders take no more


def check_coordinates_file(path: Path) -> int:
    """Check a CSV file in UTF-8; returns the number of rows below the header.

    Raises
    ------
    CoordinatesError
        If it cannot be read, or is not what `check_coordinates` asks for.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return check_coordinates(lines, str(path))
    except UnicodeDecodeError as error:
        raise CoordinatesError(
            f"{path} cannot be read as text.",
            f"It is not UTF-8: {error.reason} near byte {error.start}.",
            "Save it as CSV in UTF-8 and try again.",
        ) from error
    except OSError as error:
        raise CoordinatesError(
            f"{path} cannot be read.", f"{error.strerror}.", "Name a CSV file with --input."
        ) from error


def check_coordinates(lines: Iterable[str], name: str) -> int:
    """Check the lines of a CSV document: columns Longitude and Latitude, with degrees in range.

    Lines have their ends; messages call the document by the name. Returns the number of rows.

    Raises
    ------
    CoordinatesError
        With the first bad rows, by the line each begins on, and how many there are.
    """
    csv.field_size_limit(LONGEST_FIELD)
    numbered = _NumberedLines(lines)
    rows = _rows(numbered, name)
    columns = _find_columns(next(rows, []), name)
    bad: list[str] = []
    bad_count = count = 0
    for row in rows:
        count += 1
        complaint = _complaint(row, columns)
        if complaint:
            bad_count += 1
            if len(bad) < _NAMED:
                bad.append(f"line {numbered.first}: {complaint}")
    if bad:
        listed = "; ".join(bad) + ("; …" if bad_count > len(bad) else "")
        raise CoordinatesError(
            f"{name} holds {counted(bad_count, 'bad row')} of {count}.",
            f"See {listed}.",
            "Correct or remove them: Longitude is -180 to 180 degrees, Latitude -90 to 90.",
        )
    if not count:
        raise CoordinatesError(
            f"{name} holds no coordinates.", "There are no rows below the header.", "Add some."
        )
    return count


class _NumberedLines:
    """Lines for `csv`, which know where the row began that is being read: a quoted cell may hold their ends.

    Lines end as the geocoders count them: with a line feed, a carriage return, or both.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._number = self.first = 0
        self.is_open = self.is_at_end = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._number += 1
            if not self.is_open:
                self.first = self._number
            self.is_open = True
            yield line
        self.is_at_end = self.is_open


def _rows(lines: _NumberedLines, name: str) -> Iterator[list[str]]:
    """Give the rows that have anything in them."""
    try:
        for row in csv.reader(lines):
            if lines.is_at_end:
                raise CoordinatesError(
                    f"{name} is not a CSV document.",
                    f"A quote in the row that starts in line {lines.first} is never closed.",
                    "Correct that line and try again.",
                )
            lines.is_open = False
            if row:
                yield row
    except csv.Error as error:
        raise CoordinatesError(
            f"{name} is not a CSV document.",
            f"Line {lines.first}: {error}.",
            "Correct that line and try again.",
        ) from error


def _find_columns(header: list[str], name: str) -> dict[str, int]:
    """Find where Longitude and Latitude stand."""
    if not any(header):
        raise CoordinatesError(
            f"{name} is empty.", "Its first line is no header.", "Begin it with the line Longitude,Latitude."
        )
    for column in _LIMITS:
        if header.count(column) != 1:
            found = "twice" if column in header else "nowhere"
            raise CoordinatesError(
                f"{name} cannot be geocoded.",
                f"The column {column} is {found} in its header: {','.join(header)[:200]}.",
                "Name the two columns Longitude and Latitude, spelled exactly so.",
            )
    return {column: header.index(column) for column in _LIMITS}


def _complaint(row: list[str], columns: dict[str, int]) -> str:
    """Say what is wrong with a row, or nothing."""
    for column, index in columns.items():
        text = row[index].strip() if index < len(row) else ""
        if not text:
            return f"{column} is missing"
        try:
            degrees = float(text) if "_" not in text else math.nan  # Python alone reads 1_0 as 10
        except ValueError:
            degrees = math.nan
        if not math.isfinite(degrees):
            return f"{column} {text[:40]!r} is not a number"
        if abs(degrees) > _LIMITS[column]:
            return f"{column} {text[:40]} is out of range"
    return ""
