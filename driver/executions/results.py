"""Result files: downloaded, and read row by row."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from driver.aws.storage import Storage
from driver.host.console import Console
from driver.host.disk_space import SPARE, Free, check_room, free_bytes
from driver.host.kept_files import broken
from driver.host.wording import counted
from driver.model.values import ResultTable, StoredObject
from driver.tables.columns import are_exchangeable, exchanged
from driver.tables.rows import LONGEST_FIELD

# What the job adds to the columns of the input, in its order; it writes them with this prefix.
_PREFIX = "reverse_geo."
_ADDED_COLUMNS = (
    "address_number",
    "country",
    "label",
    "municipality",
    "neighborhood",
    "postal_code",
    "region",
    "status",
)
_STATUS, _VALID = "status", "Valid"  # the column, and what it begins with in a row that has a result
_MOST_STATUSES, _OTHER = 20, "another status"
_MANY = 0.2  # of the rows: above it, a result without addresses is more than a few points at sea


def fetch(
    storage: Storage,
    bucket: str,
    stored: StoredObject,
    path: Path,
    console: Console,
    *,
    free: Free = free_bytes,
) -> None:
    """Download an object to a file, which appears only when it is complete.

    Raises
    ------
    NoRoomError
        If the disk has too little room for it; nothing is downloaded then.
    """
    what = f"s3://{bucket}/{stored.key}"
    check_room(path.parent, stored.size + SPARE, what, free)
    with console.transfer(f"Downloading {what}", stored.size) as on_bytes:
        storage.download(bucket, stored.key, path, on_bytes)


def read_result_file(path: Path, limit: int, *, always_header: bool = False) -> ResultTable:
    """Read a downloaded result file: at most `limit` rows, and the count of all.

    Raises
    ------
    BrokenFileError
        If it is no CSV document.
    """
    with whole_result(path), path.open(encoding="utf-8-sig", newline="") as lines:
        return read_results(path, lines, limit, always_header=always_header)


@contextmanager
def whole_result(path: Path) -> Iterator[None]:
    """Explain why a result cannot be read.

    Raises
    ------
    BrokenFileError
        If it is no CSV document.
    """
    cure = "Remove it and fetch it again with `invoke attach`; if it is the same, run the pipeline again."
    csv.field_size_limit(LONGEST_FIELD)  # of the whole process: a result has the fields of its input
    try:
        yield
    except UnicodeDecodeError as error:
        raise broken(path, "The result", "is no UTF-8 text", cure) from error
    except csv.Error as error:
        raise broken(path, "The result", f"is no CSV document: {error}", cure) from error
    except OSError as error:
        raise broken(path, "The result", f"cannot be read: {error.strerror}", cure) from error


def read_results(path: Path, lines: Iterable[str], limit: int, *, always_header: bool = False) -> ResultTable:
    """Read the lines of a result document, and keep at most `limit` rows.

    The header is the document's if its first row is one; else names are made from the order of the
    columns. `always_header` says that it always is one.
    """
    reader = csv.reader(lines)
    first = next(reader, [])
    is_located = {"Longitude", "Latitude"} <= set(first)
    has_header = is_located or always_header
    header = [name.removeprefix(_PREFIX) for name in first] if has_header else _names(len(first))
    rows: list[tuple[str, ...]] = []
    count = exchangeable = 0
    # What the job adds stands behind the columns of the input, which may have a status of its own.
    status = len(header) - 1 - header[::-1].index(_STATUS) if _STATUS in header else None
    places = [header.index(name) if is_located else at for at, name in enumerate(("Longitude", "Latitude"))]
    statuses: Counter[str] = Counter()
    for row in reader if has_header else itertools.chain([first], reader):
        if row:
            count += 1
            if len(rows) < limit:
                rows.append(tuple(row))
            if status is not None:
                said = row[status] if status < len(row) else ""
                statuses[said if said in statuses or len(statuses) < _MOST_STATUSES else _OTHER] += 1
                if not said.startswith(_VALID) and not (always_header and not is_located):
                    exchangeable += are_exchangeable(row, places)
    return ResultTable(
        path, tuple(header), tuple(rows), count, tuple(statuses.most_common()), exchangeable, has_header
    )


def describe_statuses(table: ResultTable) -> str:
    """Write how many rows have which status; nothing where the result has none."""
    return ", ".join(f"{count:,} {status or 'without a status'}" for status, count in table.statuses)


def doubt(table: ResultTable) -> str:
    """Say that many rows have no result, with the likely cause; nothing if few have none."""
    missing = sum(count for status, count in table.statuses if not status.startswith(_VALID))
    if missing <= table.count * _MANY:
        return ""
    said = f"{missing:,} of {counted(table.count, 'row')} have no result. Their coordinates are "
    if table.exchangeable < missing:
        return f"{said}in the sea, or the statuses say what is wrong with them."
    return (
        f"{said}in the sea, or longitude and latitude are exchanged: they are in range the other "
        f"way round, too. `invoke run-pipeline` with {exchanged('Longitude', 'Latitude')} "
        "(or the names in your file) exchanges them."
    )


def _names(columns: int) -> list[str]:
    """Name the columns of a document without a header."""
    inputs = max(columns - len(_ADDED_COLUMNS), 0)
    return [*(f"input {number}" for number in range(1, inputs + 1)), *_ADDED_COLUMNS][:columns]


def without_empty_columns(table: ResultTable) -> tuple[ResultTable, tuple[str, ...]]:
    """Leave out the columns that are empty in every row kept; returns their names, too."""
    used = [
        column
        for column, _ in enumerate(table.header)
        if any(row[column : column + 1] != ("",) for row in table.rows)
    ]
    kept = replace(
        table,
        header=tuple(table.header[column] for column in used),
        rows=tuple(tuple(row[column] for column in used if column < len(row)) for row in table.rows),
    )
    return kept, tuple(name for column, name in enumerate(table.header) if column not in used)
