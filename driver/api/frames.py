"""Results as DataFrames of pandas, which only these need: sagestep does not install it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from driver.executions.workflow.output import Table
from driver.model.exceptions import EnvironmentNotReadyError, WrongUseError
from driver.model.values import ResultTable

if TYPE_CHECKING:
    from pandas import DataFrame

# ruff: noqa: PLC0415

_TEXTS = ("postal_code", "address_number")  # of an address: as numbers, their leading zeros would be lost


def frame_of_file(result: ResultTable) -> DataFrame:
    """Read a downloaded result: CSV with the driver's names of the columns, or a list of objects in JSON."""
    pandas, path = _pandas(), result.path
    assert path is not None
    if result.header:
        texts = {name: "str" for name in _TEXTS if name in result.header}
        skipped = 1 if result.has_header else 0
        return pandas.read_csv(path, header=None, names=list(result.header), skiprows=skipped, dtype=texts)
    if path.suffix.lower() == ".json" and (rows := _objects(path)) is not None:
        return pandas.DataFrame(rows)
    raise WrongUseError(
        f"The result {path.name} is no table.",
        "Tables are CSV files and JSON files with a list of objects.",
        f"Read the file that result() returns: {path}",
    )


def _objects(path: Path) -> list[object] | None:
    """Read a file that has a list of objects in JSON; None if it has something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    is_table = isinstance(content, list) and all(isinstance(row, dict) for row in content)
    return content if is_table else None


def frame_of_tables(tables: Sequence[Table], name: str, execution: str) -> DataFrame:
    """Make a DataFrame of a list in an output; the name may be left out where there is one."""
    pandas = _pandas()
    found = [table for table in tables if not name or table.name == name]
    if len(found) != 1:
        there_are = f"It has {', '.join(table.name or 'one without a name' for table in tables)}."
        raise WrongUseError(
            f"The output of execution {execution} has {'no such' if name or not tables else 'more than one'} "
            "table.",
            there_are if tables else "A table is a list of objects.",
            "Name one: dataframe(NAME)." if tables else "output() returns all of it.",
        )
    return pandas.DataFrame(list(found[0].rows), columns=list(found[0].columns))


def _pandas() -> ModuleType:
    try:
        import pandas
    except ImportError as error:
        raise EnvironmentNotReadyError(
            "pandas is not installed.",
            "dataframe() needs it; result() and output() do not.",
            "Run `pip install pandas`.",
        ) from error
    return cast("ModuleType", pandas)
