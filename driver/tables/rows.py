"""Rows of a CSV document, numbered by the lines they begin on. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from driver.model.exceptions import CoordinatesError

LONGEST_FIELD = 16 * 1024 * 1024  # characters; the geocoders take no more

Row = tuple[int, list[str]]  # the number of the line it begins on, and its cells


def numbered_rows(lines: Iterable[str], name: str, delimiter: str = ",", first: int = 1) -> Iterator[Row]:
    """Give the rows of a CSV document that have anything in them, the header too.

    Lines have their ends and are counted as the geocoders count them: each ends with a line feed, a carriage
    return, or both. The first of them has the number `first`.

    Raises
    ------
    CoordinatesError
        If it is no CSV document.
    """
    csv.field_size_limit(LONGEST_FIELD)
    numbered = _NumberedLines(lines, first - 1)
    try:
        for row in csv.reader(numbered, delimiter=delimiter):
            if numbered.is_at_end:
                raise CoordinatesError(
                    f"{name} is not a CSV document.",
                    f"A quote in the row that starts in line {numbered.first} is never closed.",
                    "Correct that line and try again.",
                )
            numbered.is_open = False
            if row:
                yield numbered.first, row
    except csv.Error as error:
        raise CoordinatesError(
            f"{name} is not a CSV document.",
            f"Line {numbered.first}: {error}.",
            "Correct that line and try again.",
        ) from error


class _NumberedLines:
    """Lines for `csv` that know where the row being read began: a quoted cell may hold their ends."""

    def __init__(self, lines: Iterable[str], before: int) -> None:
        self._lines = iter(lines)
        self._number = self.first = before
        self.is_open = self.is_at_end = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._number += 1
            if not self.is_open:
                self.first = self._number
            self.is_open = True
            yield line
        self.is_at_end = self.is_open


def is_blank(cells: Sequence[str]) -> bool:
    """Tell whether a row has nothing but white space."""
    return not any(cell.strip() for cell in cells)
