"""Which columns of a table hold the coordinates, and are they fit for reverse geocoding? Pure."""

from __future__ import annotations

import csv
import math
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from driver.host.wording import counted
from driver.model.exceptions import CoordinatesError

_AXES = ("Longitude", "Latitude")  # case-sensitive for the geocoders, as on AWS
_ALIASES = {"Longitude": {"longitude", "long", "lon", "lng"}, "Latitude": {"latitude", "lat"}}
_NAMED = 3  # bad rows that are named one by one
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
LONGEST_FIELD = 16 * 1024 * 1024  # characters; the geocoders take no more

Row = tuple[int, list[str]]  # the number of the line it begins on, and its cells


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a header the coordinates are, or the problem that leaves it uncertain."""

    longitude: int = 0
    latitude: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a table's rows are like.

    `blank` rows at the end are empty, `uneven` ones have more or fewer cells than the header; `commas` counts
    coordinates with a decimal comma.
    """

    count: int
    blank: int = 0
    uneven: int = 0
    commas: int = 0


def find_columns(header: Sequence[str], longitude: str = "", latitude: str = "") -> Columns:
    """Find the two columns: by the names the user gives, else by the exact names, else by usual ones."""
    found: list[int] = []
    for axis, wanted in zip(_AXES, (longitude, latitude), strict=True):
        exact = [index for index, cell in enumerate(header) if cell == (wanted or axis)]
        usual = {wanted.strip().casefold()} if wanted else _ALIASES[axis]
        places = exact or [i for i, cell in enumerate(header) if cell.strip().casefold() in usual]
        if len(places) != 1:
            listed = ", ".join(header)[:200]
            name = wanted or axis
            why = (
                f"Several of its columns may be the {axis.lower()}: {', '.join(header[i] for i in places)}."
                if len({header[i] for i in places}) > 1
                else f"The column {name} is {'twice' if places else 'nowhere'} in its header: {listed}."
            )
            return Columns(problem=why)
        found.append(places[0])
    if found[0] == found[1]:
        return Columns(problem="Longitude and latitude are the same column.")
    return Columns(found[0], found[1])


def numbered_rows(lines: Iterable[str], name: str, delimiter: str = ",", first: int = 1) -> Iterator[Row]:
    """Give the rows of a CSV document that have anything in them, the header too.

    Lines have their ends and are counted as the geocoders count them: each ends with a line feed, a carriage
    return, or both. The first of them has the number `first`.

    Raises
    ------
    CoordinatesError
        If it is no CSV document.
    """
    csv.field_size_limit(LONGEST_FIELD)
    numbered = _NumberedLines(lines, first - 1)
    try:
        for row in csv.reader(numbered, delimiter=delimiter):
            if numbered.is_at_end:
                raise CoordinatesError(
                    f"{name} is not a CSV document.",
                    f"A quote in the row that starts in line {numbered.first} is never closed.",
                    "Correct that line and try again.",
                )
            numbered.is_open = False
            if row:
                yield numbered.first, row
    except csv.Error as error:
        raise CoordinatesError(
            f"{name} is not a CSV document.",
            f"Line {numbered.first}: {error}.",
            "Correct that line and try again.",
        ) from error


class _NumberedLines:
    """Lines for `csv` that know where the row being read began: a quoted cell may hold their ends."""

    def __init__(self, lines: Iterable[str], before: int) -> None:
        self._lines = iter(lines)
        self._number = self.first = before
        self.is_open = self.is_at_end = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._number += 1
            if not self.is_open:
                self.first = self._number
            self.is_open = True
            yield line
        self.is_at_end = self.is_open


def exchanged(longitude: str, latitude: str) -> str:
    """Write the flags that exchange two columns, which have these names."""
    return shlex.join(["--longitude-column", latitude, "--latitude-column", longitude])


def is_blank(cells: Sequence[str]) -> bool:
    """Tell whether a row has nothing but white space."""
    return not any(cell.strip() for cell in cells)


def check_coordinates(rows: Iterable[Row], columns: Columns, header: Sequence[str], name: str) -> Tally:
    """Check the rows below a header: degrees in range, no cells without a column.

    Raises
    ------
    CoordinatesError
        With the first bad rows, by the line each begins on, and how many there are.
    """
    bad: list[str] = []
    blank: list[int] = []
    bad_count = count = uneven = commas = 0
    is_exchangeable = True
    at_longitude, at_latitude = columns.longitude, columns.latitude
    width = len(header)
    for line, cells in rows:
        longitude, latitude = _cell(cells, at_longitude), _cell(cells, at_latitude)
        x, y = degrees(longitude), degrees(latitude)
        if abs(x) <= 180 and abs(y) <= 90 and len(cells) == width and not blank:  # nearly every row
            count += 1
            is_exchangeable = is_exchangeable and abs(x) <= 90
            commas += ("," in longitude) + ("," in latitude)
            continue
        if is_blank(cells):
            blank.append(line)
            continue
        complaints = [(number, "it is empty, rows with values follow") for number in blank]
        is_exchangeable = is_exchangeable and not blank and abs(x) <= 90 and abs(y) <= 180
        count += 1 + len(blank)
        blank.clear()
        complaint = _complaint(longitude, x, 180, "Longitude") or _complaint(latitude, y, 90, "Latitude")
        if len(cells) > width and not is_blank(cells[width:]):
            is_exchangeable = False
            complaint = (
                f"it has {len(cells)} cells, the header {width}; "
                "a comma within a cell needs quotes around the cell"
            )
        if complaint:
            complaints.append((line, complaint))
        for number, said in complaints[: max(0, _NAMED - len(bad))]:
            bad.append(f"line {number}: {said}")
        bad_count += len(complaints)
        uneven += len(cells) != width
        commas += ("," in longitude) + ("," in latitude)
    if bad:
        listed = "; ".join(bad) + ("; …" if bad_count > len(bad) else "")
        hint, cure = "", "Correct or remove them"
        if is_exchangeable:
            names = header[at_longitude].strip(), header[at_latitude].strip()
            hint, cure = (
                " Every row fits if the two columns are exchanged.",
                f"Add {exchanged(*names)}, or correct them",
            )
        raise CoordinatesError(
            f"{name} holds {counted(bad_count, 'bad row')} of {count}.",
            f"See {listed}.{hint}",
            f"{cure}: Longitude is -180 to 180 degrees, Latitude -90 to 90.",
        )
    if not count:
        raise CoordinatesError(
            f"{name} holds no coordinates.", "There are no rows below the header.", "Add some."
        )
    return Tally(count, len(blank), uneven, commas)


def plain_rows(
    header: Sequence[str], rows: Iterable[Row], columns: Columns, count: int
) -> Iterator[list[str]]:
    """Give the header and `count` checked rows as the geocoders read them: exact names, decimal points."""
    places = {columns.longitude: "Longitude", columns.latitude: "Latitude"}
    # A column that is not the chosen one gives up its name: the geocoders find a column by it.
    yield [
        places.get(i) or (f"{cell} (not used)" if cell in _AXES else cell) for i, cell in enumerate(header)
    ]
    for _, (_line, cells) in zip(range(count), rows, strict=False):
        row = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        for place in places:
            row[place] = row[place].strip().replace(",", ".")
        yield row


def degrees(text: str) -> float:
    """Read a number with a decimal point or comma; what is none is not a number.

    A comma is never one between thousands: no coordinate reaches 1,000.
    """
    try:
        return float(text) if "_" not in text else math.nan  # Python alone reads 1_0 as 10
    except ValueError:
        return float(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else math.nan


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index].strip() if index < len(cells) else ""


def _complaint(text: str, value: float, limit: int, axis: str) -> str:
    """Say what is wrong with a coordinate, or nothing."""
    if abs(value) <= limit:
        return ""
    if not text:
        return f"{axis} is missing"
    if not math.isfinite(value):
        return f"{axis} {text[:40]!r} is not a number"
    return f"{axis} {text[:40]} is out of range"
