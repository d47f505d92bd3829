"""Excel workbooks (.xlsx) as rows of text."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from driver.model.exceptions import CoordinatesError, EnvironmentNotReadyError
from driver.tables.rows import Row, is_blank


@contextmanager
def opened_workbook(path: Path, name: str) -> Iterator[Any]:
    """Open a workbook for reading; a formula counts as the value that Excel last computed.

    Raises
    ------
    CoordinatesError
        If it is no workbook, or a damaged one.
    EnvironmentNotReadyError
        If openpyxl is not installed.
    """
    try:
        import openpyxl  # noqa: PLC0415 - only a workbook needs it
    except ImportError as error:
        raise EnvironmentNotReadyError(
            f"{name} is an Excel workbook, and the package openpyxl that reads it is not installed.",
            "",
            "Run `make install`, or save the sheet as CSV.",
        ) from error
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that it does not keep
        try:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                yield workbook
            finally:
                workbook.close()
        except (zipfile.BadZipFile, KeyError, ParseError, ValueError, EOFError) as error:
            raise CoordinatesError(
                f"{name} is no Excel workbook that can be read.",
                f"{error}.".capitalize(),
                "Open it in Excel and save the sheet as CSV (UTF-8).",
            ) from error


def sheet_rows(sheet: Any) -> Iterator[Row]:
    """Give the rows of a sheet from its first row with values on, each with its number in the sheet."""
    sheet.reset_dimensions()  # what some programs write there is wrong
    has_begun = False
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in values]
        has_begun = has_begun or not is_blank(cells)
        if has_begun:
            yield number, cells


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()  # as Excel writes it to a CSV file
    return value.isoformat() if isinstance(value, date | time) else str(value)
