"""Which columns of a table are those that a pipeline needs, and are its rows fit for it? Pure."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from driver.host.wording import counted
from driver.model.exceptions import CoordinatesError
from driver.tables.rows import Row, is_blank

_USUAL = {"longitude": {"longitude", "long", "lon", "lng"}, "latitude": {"latitude", "lat"}}
_HIGHEST = {"number": math.inf, "longitude": 180.0, "latitude": 90.0}  # the kinds whose cells are numbers
_NAMED = 3  # bad rows that are named one by one
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")  # one thousand, or one and decimals


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table must have: its name and kind, and what the user says its name in the file is."""

    name: str
    kind: str
    said: str = ""

    @property
    def highest(self) -> float:
        """How large its numbers may be; of text it is not a number."""
        return _HIGHEST.get(self.kind, math.nan)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a header the wanted columns are, or the problem that leaves it uncertain."""

    wanted: Sequence[Column] = ()
    places: Sequence[int] = ()
    problem: str = ""

    @property
    def numbers(self) -> list[tuple[int, Column]]:
        """Where the columns of numbers are."""
        found = zip(self.places, self.wanted, strict=True)
        return [(place, column) for place, column in found if column.kind in _HIGHEST]

    @property
    def are_open(self) -> bool:
        """Whether one of the numbers may be of any size."""
        return any(math.isinf(column.highest) for _, column in self.numbers)

    @property
    def axes(self) -> tuple[int, int] | None:
        """Where the only longitude and the only latitude are."""
        found = [[p for p, column in self.numbers if column.kind == kind] for kind in _USUAL]
        return (found[0][0], found[1][0]) if [len(places) for places in found] == [1, 1] else None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a table's rows are like.

    `blank` rows at the end are empty, `uneven` ones have more or fewer cells than the header; `commas` counts
    numbers with a decimal comma.
    """

    count: int
    blank: int = 0
    uneven: int = 0
    commas: int = 0


def find_columns(header: Sequence[str], wanted: Sequence[Column]) -> Columns:
    """Find each column: by its exact name, else by the name in other letters' case, else by a usual one."""
    kinds = [column.kind for column in wanted]
    places: list[int] = []
    missing: list[str] = []
    for column in wanted:
        name = column.said or column.name
        usual = {name.strip().casefold()}
        if not column.said and kinds.count(column.kind) == 1:
            usual |= _USUAL.get(column.kind, set())
        exact = [index for index, cell in enumerate(header) if cell == name]
        found = exact or [i for i, cell in enumerate(header) if cell.strip().casefold() in usual]
        if len(found) > 1:
            problem = (
                f"Its header has the column {name} twice: {', '.join(header)[:200]}."
                if exact
                else f"Several of its columns may be {name}: {', '.join(header[i] for i in found)}."
            )
            return Columns(problem=problem)
        places += found
        missing += [] if found else [name]
    if missing:
        what = f"column {missing[0]}" if len(missing) == 1 else f"columns {', '.join(missing)}"
        return Columns(problem=f"Its header lacks the {what}: {', '.join(header)[:200]}.")
    for index, place in enumerate(places):
        if place in places[:index]:
            names = wanted[places.index(place)].name, wanted[index].name
            return Columns(problem=f"{' and '.join(names)} are the same column: {header[place]}.")
    return Columns(wanted, places)


def exchanged(longitude: str, latitude: str) -> str:
    """Write the flags that exchange two columns, which have these names."""
    return shlex.join(["--longitude-column", latitude, "--latitude-column", longitude])


def check_rows(rows: Iterable[Row], columns: Columns, header: Sequence[str], name: str) -> Tally:
    """Check the rows below a header: numbers in range, no cells without a column.

    Raises
    ------
    CoordinatesError
        With the first bad rows, by the line each begins on, and how many there are.
    """
    bad: list[str] = []
    blank: list[int] = []
    bad_count = count = uneven = commas = 0
    numbers, width = columns.numbers, len(header)
    limits = [(place, column.highest) for place, column in numbers]
    axes = columns.axes  # while every row fits if they are exchanged
    for line, cells in rows:
        found = _commas(cells, limits) if len(cells) == width and not blank else -1
        if found >= 0:  # nearly every row
            count += 1
            commas += found
            if axes and abs(read_number(cells[axes[0]].strip())) > 90:
                axes = None
            continue
        if is_blank(cells):
            blank.append(line)
            continue
        complaints = [(number, "it is empty, rows with values follow") for number in blank if numbers]
        count += 1 + len(blank)
        texts = [(_cell(cells, place), column) for place, column in numbers]
        complaint = next(filter(None, (_complaint(text, column) for text, column in texts)), "")
        is_longer = len(cells) > width and not is_blank(cells[width:])
        if axes and (blank or is_longer or not are_exchangeable(cells, axes)):
            axes = None
        blank.clear()
        if is_longer:
            complaint = (
                f"it has {len(cells)} cells, the header {width}; a comma within a cell needs quotes "
                "around the cell, or another separator between the cells (--delimiter)"
            )
        if complaint:
            complaints.append((line, complaint))
        for number, said in complaints[: max(0, _NAMED - len(bad))]:
            bad.append(f"line {number}: {said}")
        bad_count += len(complaints)
        uneven += len(cells) != width
        commas += sum("," in text for text, _ in texts)
    if bad:
        listed = "; ".join(bad) + ("; …" if bad_count > len(bad) else "")
        hint, cure = "", "Correct or remove them"
        if axes:
            flags = exchanged(header[axes[0]].strip(), header[axes[1]].strip())
            hint, cure = (
                " Every row fits if the two columns are exchanged.",
                f"Add {flags}, or correct them",
            )
        ranges = [
            f"{column.name} is -{column.highest:g} to {column.highest:g} degrees"
            for _, column in numbers
            if math.isfinite(column.highest)
        ]
        raise CoordinatesError(
            f"{name} holds {counted(bad_count, 'bad row')} of {count}.",
            f"See {listed}.{hint}",
            f"{cure}{': ' if ranges else ''}{', '.join(ranges)}.",
        )
    if not count:
        raise CoordinatesError(f"{name} has no rows.", "There is nothing below its header.", "Add some.")
    return Tally(count, len(blank), uneven, commas)


def check_commas(rows: Iterable[Row], columns: Columns, name: str, *, is_told: bool) -> None:
    """Check that each comma and point in the numbers of checked rows certainly stands before decimals.

    `1,234` may be a thousand: not if that is out of range, nor where numbers such as `1,5` have only decimal
    commas. `is_told` says that the user says that commas are decimal ones.

    Raises
    ------
    CoordinatesError
        With the first numbers that can be read in two ways.
    """
    numbers = [(place, column, column.highest) for place, column in columns.numbers]
    certain: set[str] = set()
    doubtful: dict[str, list[str]] = {",": [], ".": []}
    for line, cells in rows:
        for place, column, highest in numbers:
            text = _cell(cells, place)
            mark = "," if "," in text else "." if "." in text else ""
            if mark and (not _GROUPED.fullmatch(text) or abs(float(text.replace(mark, ""))) > highest):
                certain.add(mark)
            elif mark and len(doubtful[mark]) < _NAMED:
                doubtful[mark].append(f"line {line}: {column.name} {text}")
    told = [] if certain == {"."} else doubtful["."]
    told += [] if certain == {","} or is_told else doubtful[","]
    if told:
        raise CoordinatesError(
            f"{name} has numbers that can be read in two ways.",
            f"The mark stands before decimals or between thousands, see {'; '.join(told[:_NAMED])}.",
            "Write decimal points and nothing between thousands, or add --decimal-comma if each comma stands "
            "before decimals.",
        )


def plain_rows(
    header: Sequence[str], rows: Iterable[Row], columns: Columns, count: int
) -> Iterator[list[str]]:
    """Give the header and `count` checked rows as jobs read them: exact names, decimal points."""
    names = {place: column.name for place, column in zip(columns.places, columns.wanted, strict=True)}
    # A column that is not the chosen one gives up its name: jobs find a column by it.
    others = [f"{cell} (not used)" if cell in names.values() else cell for cell in header]
    yield [names.get(place, cell) for place, cell in enumerate(others)]
    places = [place for place, _ in columns.numbers]
    for _, (_line, cells) in zip(range(count), rows, strict=False):
        row = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        for place in places:
            row[place] = row[place].strip().replace(",", ".")
        yield row


def read_number(text: str) -> float:
    """Read a number with a decimal point or comma; what is none is not a number."""
    try:
        return float(text) if "_" not in text else math.nan  # Python alone reads 1_0 as 10
    except ValueError:
        return float(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else math.nan


def are_exchangeable(cells: Sequence[str], axes: Iterable[int]) -> bool:
    """Tell whether longitude and latitude, which are at `axes`, are in range the other way round."""
    x, y = (read_number(_cell(cells, place)) for place in axes)
    return abs(x) <= 90 and abs(y) <= 180


def _commas(cells: Sequence[str], limits: Iterable[tuple[int, float]]) -> int:
    """Count the numbers with decimal commas; -1 if one of all is none or out of range."""
    count = 0
    for place, highest in limits:
        text = cells[place]
        try:
            value = float(text)
        except ValueError:
            value = read_number(text.strip())
            count += 1
        if not abs(value) <= highest or "_" in text:
            return -1
    return count


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index].strip() if index < len(cells) else ""


def _complaint(text: str, column: Column) -> str:
    """Say what is wrong with a number, or nothing."""
    value = read_number(text)
    if abs(value) <= column.highest:
        return ""
    if not text:
        return f"{column.name} is missing"
    if not math.isfinite(value):
        return f"{column.name} {text[:40]!r} is not a number"
    return f"{column.name} {text[:40]} is out of range"
