"""CSV tables of numbers: what the programs read and write."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TARGET = "target"
"""The column to be predicted."""


class TableError(ValueError):
    """The table is not what it must be; the message says where."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers. `rows`: one list of numbers for each row, all of the same length."""

    columns: tuple[str, ...]
    rows: list[list[float]]

    def select(self, names: Sequence[str]) -> list[list[float]]:
        """Give the rows with these columns in this order; without a header, they must be just these.

        Raises `TableError` if a column is missing, or rows without a header have another length.
        """
        if not self.columns:
            if self.rows and len(self.rows[0]) != len(names):
                raise TableError(
                    f"Each row must have {len(names)} numbers ({', '.join(names)}), and the first has "
                    f"{len(self.rows[0])}; with a header, columns are found by their names."
                )
            return self.rows
        if missing := [name for name in names if name not in self.columns]:
            raise TableError(f"The header lacks {', '.join(missing)}.")
        places = [self.columns.index(name) for name in names]
        return [[row[place] for place in places] for row in self.rows]


def parse_table(lines: Iterable[str], name: str) -> Table:
    """Read a table; its first row is a header if it is not all numbers.

    `name`: what to call the table in an error. Raises `TableError` if a row is not all numbers, or not as
    long as the first one.
    """
    columns: tuple[str, ...] = ()
    rows: list[list[float]] = []
    width = 0
    for number, cells in enumerate(csv.reader(lines), start=1):
        if not cells:
            continue
        if number == 1 and not all(map(_is_number, cells)):
            columns, width = tuple(cell.strip() for cell in cells), len(cells)
            continue
        width = width or len(cells)
        if len(cells) != width:
            raise TableError(f"{name}, line {number}: {len(cells)} values instead of {width}.")
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError as error:
            raise TableError(f"{name}, line {number}: {error}.") from error
    return Table(columns, rows)


def read_tables(folder: Path) -> Table:
    """Read all CSV files of a folder as one table; each must have the same header.

    Raises `TableError` if there is none, or they do not fit together.
    """
    files = sorted(folder.rglob("*.csv"))
    if not files:
        raise TableError(f"There is no .csv file in {folder}.")
    columns: tuple[str, ...] = ()
    rows: list[list[float]] = []
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            table = parse_table(stream, file.name)
        if not table.columns:
            raise TableError(f"{file.name} has no header.")
        if columns and table.columns != columns:
            raise TableError(f"{file.name} has other columns than {files[0].name}.")
        columns = table.columns
        rows.extend(table.rows)
    if TARGET not in columns:
        raise TableError(f"There is no column '{TARGET}' in {files[0].name}.")
    return Table(columns, rows)


def write_table(file: Path, columns: Sequence[str], rows: Iterable[Sequence[float]]) -> None:
    """Write a table; whole numbers without a fraction. No header where there are no columns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if columns:
            writer.writerow(columns)
        writer.writerows([f"{cell:.12g}" for cell in row] for row in rows)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
