"""What `--input` means to a pipeline, as its manifest says: a table, a file, a folder, or nothing."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from driver.aws.storage import Storage
from driver.executions.input_files import InputFile, gathered, is_remote
from driver.executions.parameters import takes_input
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.exceptions import CoordinatesError, WrongUseError
from driver.model.values import DeployedPipeline

_SHOWN = 3  # wrong rows that are named
_BOUNDS = {"longitude": 180.0, "latitude": 90.0}


class InputKind(StrEnum):
    """What an input is."""

    COORDINATES = "coordinates"  # a table whose columns Longitude and Latitude are read as people write them
    TABLE = "table"
    FILE = "file"
    FOLDER = "folder"
    NONE = "none"


def input_kind(pipeline: DeployedPipeline) -> InputKind:
    """Tell what the input of a pipeline is."""
    if not takes_input(pipeline):
        return InputKind.NONE
    columns = input_columns(pipeline)
    if columns.get("Longitude") == "longitude" and columns.get("Latitude") == "latitude":
        return InputKind.COORDINATES
    return InputKind(str(pipeline.input.get("kind", InputKind.FILE)))


def input_columns(pipeline: DeployedPipeline) -> Mapping[str, str]:
    """Return the columns that a pipeline's table must have, and the kind of each."""
    columns = pipeline.input.get("columns")
    return {name: str(kind) for name, kind in columns.items()} if isinstance(columns, dict) else {}


def example_of(pipeline: DeployedPipeline, folder: Path) -> Path | None:
    """Find the example of a pipeline's input, which its manifest names as seen from its folder."""
    example = pipeline.input.get("example")
    path = folder / str(example) if example else None
    return path.resolve() if path and path.exists() else None


@contextmanager
def inputs_of(
    name: str, pipeline: DeployedPipeline, words: Sequence[str], storage: Storage | None, console: Console
) -> Iterator[list[InputFile]]:
    """Find what the user's words mean: each input is the work of one execution.

    Tables are made local files, to be checked. A file or a folder in S3 stays where it is.

    Raises
    ------
    WrongUseError
        If the pipeline takes no input, or needs one and has no example.
    CoordinatesError
        If a file or folder is not there.
    """
    kind = input_kind(pipeline)
    if kind is InputKind.NONE:
        if words:
            raise WrongUseError(
                f"The pipeline {name} takes no input.",
                "No parameter in its pipeline.yaml has ${input_uri}.",
                "Leave out --input, or let a parameter have it.",
            )
        yield []
    elif not words:
        raise WrongUseError(
            f"The pipeline {name} needs an input.",
            "Its pipeline.yaml names no example.",
            "Name one with --input.",
        )
    elif kind in {InputKind.COORDINATES, InputKind.TABLE}:
        with gathered(words, storage, console) as files:
            yield files
    else:
        yield [_as_it_is(word, kind) for word in words]


def _as_it_is(word: str, kind: InputKind) -> InputFile:
    if is_remote(word):
        return InputFile(word, Path(), uri=word)
    path = Path(word).expanduser()
    is_there = path.is_dir() if kind is InputKind.FOLDER else path.is_file()
    if not is_there:
        raise CoordinatesError(
            f"{word} cannot be read.", f"There is no such {kind}.", f"Name a {kind} with --input."
        )
    return InputFile(word, path)


def check_table(path: Path, name: str, columns: Mapping[str, str]) -> int:
    """Check that a CSV file has these columns, with values of their kinds; returns the number of rows.

    Raises
    ------
    CoordinatesError
        If it is no CSV file in UTF-8, lacks a column, or has a value that is not of its column's kind.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return _checked(csv.reader(lines), name, columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CoordinatesError(f"{name} cannot be read.", f"{why}.", "It must be CSV in UTF-8.") from error


def _number(text: str) -> float:
    """Read a number as the job's program will: the file goes up as it is, so `1,5` is none."""
    try:
        return float(text) if "_" not in text else math.nan  # Python alone reads 1_0 as 10
    except ValueError:
        return math.nan


def _separated(header: Sequence[str]) -> str:
    """Say that a header of one cell has other separators than commas; empty if it has none."""
    found = [
        word for mark, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "pipes")) if mark in header[0]
    ]
    return (
        f"Its header has {' and '.join(found)} where commas are needed." if found and len(header) == 1 else ""
    )


def _checked(rows: Iterator[list[str]], name: str, columns: Mapping[str, str]) -> int:
    header = next(rows, [])
    if not any(header):
        raise CoordinatesError(
            f"{name} is empty.",
            "Its first line is no header.",
            f"Begin it with the line {','.join(columns)}.",
        )
    missing = [column for column in columns if column not in header]
    if missing:
        raise CoordinatesError(
            f"{name} lacks {', '.join(missing)}.",
            _separated(header) or f"Its columns are {', '.join(header)[:200]}.",
            f"The pipeline's input has the columns {', '.join(columns)}, with commas between them.",
        )
    checked = [
        (header.index(column), column, kind)
        for column, kind in columns.items()
        if kind in {"number", *_BOUNDS}
    ]
    wrong: list[str] = []
    count = 0
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        count += 1
        for index, column, kind in checked:
            cell = row[index] if index < len(row) else ""
            if not abs(_number(cell.strip())) <= _BOUNDS.get(kind, float("inf")):
                wrong.append(f"Row {number}: {column} is {cell!r}, no {kind}.")
    if wrong:
        more = len(wrong) - _SHOWN
        raise CoordinatesError(
            f"{name} has {counted(len(wrong), 'wrong value')}.",
            "\n".join([*wrong[:_SHOWN], *([f"… and {more} more."] if more > 0 else [])]),
            "Correct these rows and try again.",
        )
    if not count:
        raise CoordinatesError(f"{name} has no rows.", "Nothing stands below its header.")
    return count
