"""Result files: downloaded, and read row by row."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from driver.aws.storage import Storage
from driver.executions.coordinates import LONGEST_FIELD
from driver.host.console import Console
from driver.host.disk_space import SPARE, Free, check_room, free_bytes
from driver.host.kept_files import broken
from driver.model.values import ResultTable, StoredObject

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


def read_result_file(path: Path, limit: int) -> ResultTable:
    """Read a downloaded result file: at most `limit` rows, and the count of all.

    Raises
    ------
    BrokenFileError
        If it is no CSV document.
    """
    with whole_result(path), path.open(encoding="utf-8-sig", newline="") as lines:
        return read_results(path, lines, limit)


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


def read_results(path: Path, lines: Iterable[str], limit: int) -> ResultTable:
    """Read the lines of a result document, and keep at most `limit` rows.

    The header is the document's if its first row is one; else names are made from the order of the columns.
    """
    reader = csv.reader(lines)
    first = next(reader, [])
    has_header = {"Longitude", "Latitude"} <= set(first)
    header = [name.removeprefix(_PREFIX) for name in first] if has_header else _names(len(first))
    rows: list[tuple[str, ...]] = []
    count = 0
    for row in reader if has_header else itertools.chain([first], reader):
        if row:
            count += 1
            if len(rows) < limit:
                rows.append(tuple(row))
    return ResultTable(path, tuple(header), tuple(rows), count)


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
