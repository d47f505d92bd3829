"""The items of a fan-out, read from a file of this machine: a CSV file, or a JSON array of objects."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from driver.executions.parameters import INPUT as INPUT_WORD
from driver.executions.parameters import check_settings
from driver.model.exceptions import WrongUseError
from driver.model.values import DeployedPipeline

INPUT = "input"  # the member of an item that is the address of what to work on

Item = Mapping[str, object]


def read_items(path: Path) -> list[Item]:
    """Read the items; those of a CSV file hold texts alone.

    Raises
    ------
    WrongUseError
        If the file cannot be read, or holds no items.
    """
    try:
        items = _rows(path) if path.suffix.lower() == ".csv" else json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise WrongUseError(f"{path} cannot be read.", f"{why}.", "Items are CSV or a JSON array.") from error
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise WrongUseError(
            f"{path} holds no items.",
            "It must be CSV with a header and rows, or a JSON array of objects.",
        )
    return items


def _rows(path: Path) -> list[Item]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        rows: list[Item] = []
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"line {reader.line_num} has more or fewer cells than the header")
            rows.append(row)
    return rows


def check_items(items: Sequence[Item], pipeline: DeployedPipeline, settings: Mapping[str, str]) -> None:
    """Check the members of items, of which parameters that `settings` has need not be given.

    Raises `WrongUseError` if one is neither `input` nor a parameter that is allowed, or if an item has no
    input and the pipeline needs one.
    """
    needed = {name for name, text in pipeline.parameters.items() if INPUT_WORD in text} - settings.keys()
    for number, item in enumerate(items, start=1):
        for name, value in item.items():
            if not isinstance(value, str):
                raise WrongUseError(
                    f"Item {number}: {name} is {json.dumps(value)}.", "Parameters of pipelines are texts."
                )
        check_settings({name: str(value) for name, value in item.items() if name != INPUT}, pipeline)
        if INPUT not in item and not needed <= item.keys():
            raise WrongUseError(
                f"Item {number} has no input.",
                f"The pipeline {pipeline.name} needs one.",
                f"Add {INPUT}, the address of what to work on.",
            )
