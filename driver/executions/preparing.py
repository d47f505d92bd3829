"""Inputs made ready before anything is uploaded: checked; coordinates are written as plain CSV."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from driver.executions.coordinates import check_coordinates, plain_rows
from driver.executions.input_files import InputFile
from driver.executions.pipeline_inputs import InputKind, check_table, input_columns, input_kind
from driver.executions.starting import Order
from driver.executions.tables import Reading, recognise
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.exceptions import CoordinatesError
from driver.model.values import DeployedPipeline


@dataclass(frozen=True, slots=True)
class Asked:
    """What to start, on which inputs, and how to read them."""

    order: Order
    files: Sequence[InputFile]
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An input that may be uploaded; `notes` says what was assumed to read it."""

    file: InputFile
    rows: int  # 0 where they are not counted
    notes: tuple[str, ...] = ()
    noun: str = "coordinate"

    @property
    def count(self) -> str:
        """How much it is, in words."""
        return counted(self.rows, self.noun)


@contextmanager
def prepared(
    files: Sequence[InputFile], reading: Reading, pipeline: DeployedPipeline, console: Console
) -> Iterator[list[Prepared]]:
    """Check every input as the pipeline's manifest says, and say what was assumed to read it.

    Plain files are made of tables of coordinates that are none; these copies are removed at the end.

    Raises
    ------
    CoordinatesError
        If a file cannot be used; whatever is wrong with any of them is said at once.
    """
    with tempfile.TemporaryDirectory(prefix="sagestep-") as folder:
        ready, wrong = [], []
        for number, file in enumerate(files):
            try:
                ready.append(_ready(file, reading, pipeline, Path(folder) / str(number)))
            except CoordinatesError as error:
                wrong.append(error)
        if wrong and len(files) == 1:
            raise wrong[0]
        if wrong:
            raise CoordinatesError(
                f"{counted(len(wrong), 'file')} of {len(files)} cannot be used; nothing was uploaded.",
                "\n".join(f"{error.what} {' '.join(error.why.splitlines())}" for error in wrong),
                "Correct or leave out these and try again.",
            )
        for notes, count in Counter(one.notes for one in ready if one.notes).items():
            name = next(one.file.name for one in ready if one.notes == notes)
            console.say(f"{name if count == 1 else counted(count, 'file')} read with: {', '.join(notes)}")
        yield ready


def _ready(file: InputFile, reading: Reading, pipeline: DeployedPipeline, folder: Path) -> Prepared:
    match input_kind(pipeline):
        case InputKind.COORDINATES:
            return prepare(file, reading, folder)
        case InputKind.TABLE:
            rows = check_table(file.path, file.name, input_columns(pipeline))
            return Prepared(file, rows, noun="row")
        case _:
            return Prepared(file, 0)


def prepare(file: InputFile, reading: Reading, folder: Path) -> Prepared:
    """Check a file, and write it anew to a folder unless it is plain already.

    Raises
    ------
    CoordinatesError
        If it cannot be used.
    """
    table = recognise(file.path, file.name, reading)
    with table.rows() as rows:
        tally = check_coordinates(rows, table.columns, table.header, file.name)
    notes = list(table.notes)
    if tally.commas:
        notes.append("decimal commas")
    if tally.uneven:
        notes.append(f"{counted(tally.uneven, 'row')} with more or fewer cells than the header made even")
    if tally.blank:
        notes.append(f"{counted(tally.blank, 'empty row')} at the end left out")
    if table.is_plain and not notes:
        return Prepared(file, tally.count)
    folder.mkdir(parents=True)
    path = folder / f"{file.path.name.partition('.')[0] or 'input'}.csv"
    with table.rows() as rows, path.open("w", encoding="utf-8", newline="") as target:
        lines = plain_rows(table.header, rows, table.columns, tally.count)
        csv.writer(target, lineterminator="\n").writerows(lines)
    return Prepared(InputFile(file.name, path), tally.count, tuple(notes))
