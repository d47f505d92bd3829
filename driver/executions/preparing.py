"""Inputs made ready before anything is uploaded: tables are checked and written as plain CSV."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from driver.executions.input_files import InputFile
from driver.executions.pipeline_inputs import InputKind, input_columns, input_kind, takes_coordinates
from driver.executions.starting import Order
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.exceptions import CoordinatesError, WrongUseError
from driver.model.values import DeployedPipeline
from driver.tables.columns import check_commas, check_rows, plain_rows
from driver.tables.reading import Reading
from driver.tables.recognition import recognise


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

    Plain files are made of tables that are none; these copies are removed at the end.

    Raises
    ------
    CoordinatesError
        If a file cannot be used; whatever is wrong with any of them is said at once.
    WrongUseError
        If it is said how to read an input that is no table.
    """
    is_table = input_kind(pipeline) is InputKind.TABLE
    if not is_table and reading != Reading():
        raise WrongUseError(
            "The pipeline's input is not read as a table; it is uploaded as it is.",
            "--longitude-column, --latitude-column, --delimiter, --encoding, --decimal-comma are for tables.",
            "Leave them out.",
        )
    noun = "coordinate" if takes_coordinates(pipeline) else "row"
    reading = reading.of_columns(input_columns(pipeline))
    with tempfile.TemporaryDirectory(prefix="sagestep-") as folder:
        ready, wrong = [], []
        for number, file in enumerate(files):
            try:
                one = prepare(file, reading, Path(folder) / str(number)) if is_table else Prepared(file, 0)
                ready.append(replace(one, noun=noun))
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


def prepare(file: InputFile, reading: Reading, folder: Path) -> Prepared:
    """Check a file, and write it anew to a folder unless it is plain already.

    Raises
    ------
    CoordinatesError
        If it cannot be used.
    """
    table = recognise(file.path, file.name, reading)
    with table.rows() as rows:
        tally = check_rows(rows, table.columns, table.header, file.name)
    if (tally.commas or reading.decimal_comma) and table.columns.are_open:
        with table.rows() as rows:
            check_commas(rows, table.columns, file.name, is_told=reading.decimal_comma)
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
