"""The items of a fan-out, read from a file of this machine: a table, or a JSON array of objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from driver.executions.parameters import INPUT as INPUT_WORD
from driver.executions.parameters import check_settings
from driver.model.exceptions import WrongUseError
from driver.model.values import DeployedPipeline
from driver.tables.reading import Reading
from driver.tables.recognition import recognise
from driver.tables.rows import is_blank

INPUT = "input"  # the member of an item that is the address of what to work on

Item = Mapping[str, object]
_AS_IT_IS = Reading()


_TABLES = {".csv", ".gz", ".tsv", ".txt", ".xlsx"}


def read_items(
    path: Path, reading: Reading = _AS_IT_IS, tell: Callable[[str], None] = lambda _: None
) -> list[Item]:
    """Read the items; those of a table hold texts alone. `tell` is told how a table was read.

    Raises
    ------
    WrongUseError
        If the file cannot be read, or holds no items.
    CoordinatesError
        If it is not certain how to read a table.
    """
    is_table = path.suffix.lower() in _TABLES
    if reading != _AS_IT_IS and not is_table:
        raise WrongUseError(
            f"{path} is no table.", "It is read as JSON.", "Leave out --delimiter and --encoding."
        )
    try:
        items = _rows(path, reading, tell) if is_table else json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise WrongUseError(
            f"{path} cannot be read.", f"{why}.", "Items are a table or a JSON array."
        ) from error
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise WrongUseError(
            f"{path} holds no items.",
            "It must be a table with a header and rows, or a JSON array of objects.",
        )
    return items


def _rows(path: Path, reading: Reading, tell: Callable[[str], None]) -> list[Item]:
    path.stat()  # else the reason would name another flag
    table = recognise(path, path.name, reading.checked())
    header = [name.strip() for name in table.header]
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise ValueError(f"its header has {', '.join(twice) or 'a column without a name'} more than once")
    items: list[Item] = []
    with table.rows() as rows:
        for line, cells in rows:
            if is_blank(cells):
                continue
            if len(cells) != len(header):
                raise ValueError(f"line {line} has more or fewer cells than the header")
            items.append(dict(zip(header, cells, strict=True)))
    if table.notes:
        tell(f"{path.name} read with: {', '.join(table.notes)}")
    return items


def values_of(item: Item) -> dict[str, str]:
    """Give the parameters of an item, without its input."""
    return {name: str(value) for name, value in item.items() if name != INPUT}


def check_items(
    items: Sequence[Item], name: str, pipeline: DeployedPipeline, settings: Mapping[str, str]
) -> None:
    """Check the members of items, of which parameters that `settings` has need not be given.

    Raises `WrongUseError` if one is neither `input` nor a parameter that is allowed, or if an item has no
    input and the pipeline needs one.
    """
    needed = {name for name, text in pipeline.parameters.items() if INPUT_WORD in text} - settings.keys()
    for number, item in enumerate(items, start=1):
        for member, value in item.items():
            if not isinstance(value, str):
                raise WrongUseError(
                    f"Item {number}: {member} is {json.dumps(value)}.", "Parameters of pipelines are texts."
                )
        check_settings(name, pipeline.parameter_names, values_of(item))
        if INPUT not in item and not needed <= item.keys():
            raise WrongUseError(
                f"Item {number} has no input.",
                f"The pipeline {name} needs one.",
                f"Add {INPUT}, the address of what to work on.",
            )
