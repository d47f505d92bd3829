"""Reverse geocoding of a file: every row in, the same row and its place out.

What is written, to the byte, is what a Vector Enrichment Job of the local cloud writes; a test holds the two
against each other. Names and order of the columns are those of AWS's own notebook
(amazon-sagemaker-examples, vector-enrichment-reverse-geocoding.ipynb).
"""

import csv
import math
from collections.abc import Sequence
from itertools import islice
from typing import TextIO

import numpy as np
from coordinates import CoordinatesFile
from gazetteer import REACH_KM, Degrees, Gazetteer, Place
from shares import Table

COLUMNS = (
    "reverse_geo.address_number",
    "reverse_geo.country",
    "reverse_geo.label",
    "reverse_geo.municipality",
    "reverse_geo.neighborhood",
    "reverse_geo.postal_code",
    "reverse_geo.region",
    "reverse_geo.status",
)
"""The columns that are appended; a gazetteer of places knows no houses, neighbourhoods and postal codes."""

VALID = "Valid Data"
NO_PLACE = f"No Result: no place within {REACH_KM:.0f} km"
UNEVEN = "Invalid Data: the row has not as many columns as the header"

ROWS_AT_ONCE = 10_000

_AXES = (("longitude", 180), ("latitude", 90))


def geocode(
    file: CoordinatesFile | Table,
    longitude_column: str,
    latitude_column: str,
    gazetteer: Gazetteer,
    output: TextIO,
    *,
    has_header: bool = True,
) -> int:
    """Write a file with the columns of `COLUMNS` appended, piece by piece.

    - `longitude_column`, `latitude_column`: the names of the columns that hold degrees.
    - `output`: where the output goes; it must not translate line ends.
    - `has_header`: whether the header goes there first.

    Returns how many rows were written, without the header. Raises `CoordinatesError` if the file cannot be
    geocoded.
    """
    columns = file.column(longitude_column), file.column(latitude_column)
    width = len(file.header)
    # A carriage return within a field is only quoted if it is part of the line end.
    writer = csv.writer(_Rows(output, file.line_end), lineterminator="\r\n")
    if has_header:
        writer.writerow([*file.header, *COLUMNS])
    rows, count = iter(file), 0
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        # What is appended must land under its own header: a short row is filled up.
        fields = [[row[column].encode() if len(row) == width else b"" for row in batch] for column in columns]
        for row, answer in zip(batch, _answers(batch, fields, width, gazetteer), strict=True):
            writer.writerow([*row, *[""] * (width - len(row)), *answer])
        count += len(batch)
    return count


def _answers(
    rows: Sequence[Sequence[str]], fields: Sequence[Sequence[bytes]], width: int, gazetteer: Gazetteer
) -> list[tuple[str, ...]]:
    """Give the values of `COLUMNS` for each row."""
    longitudes, latitudes = map(_degrees, fields)
    valid = (np.abs(longitudes) <= 180) & (np.abs(latitudes) <= 90)
    places = iter(gazetteer.nearest(longitudes[valid], latitudes[valid]))
    answers = []
    for index, is_valid in enumerate(valid.tolist()):
        if is_valid:
            answers.append(_answer(next(places)))
        elif len(rows[index]) != width:
            answers.append(_refusal(UNEVEN))
        else:
            answers.append(_refusal(_fault(fields[0][index], fields[1][index])))
    return answers


def _answer(place: Place | None) -> tuple[str, ...]:
    if place is None:
        return _refusal(NO_PLACE)
    label = ", ".join(filter(None, (place.municipality, place.region, place.country)))
    return ("", place.country, label, place.municipality, "", "", place.region, VALID)


def _refusal(status: str) -> tuple[str, ...]:
    return (*[""] * (len(COLUMNS) - 1), status)


def _fault(*fields: bytes) -> str:
    """Say what is wrong with a row's coordinates, longitude first."""
    for (axis, bound), field in zip(_AXES, fields, strict=True):
        number = _number(field)
        if not field.strip():
            return f"Invalid Data: {axis} is empty"
        if math.isnan(number):
            return f"Invalid Data: {axis} is not a number"
        if abs(number) > bound:
            return f"Invalid Data: {axis} is not within -{bound} and {bound}"
    raise AssertionError(f"{fields} are coordinates.")


def _degrees(fields: Sequence[bytes]) -> Degrees:
    return np.fromiter(map(_number, fields), np.float64, len(fields))


def _number(field: bytes) -> float:
    """Read a number, NaN where there is none: 1_000, or digits of other scripts, are one to Python alone."""
    try:
        return math.nan if b"_" in field else float(field)
    except ValueError:
        return math.nan


class _Rows:
    """Writes each row that `csv` hands over with the file's own line end."""

    def __init__(self, output: TextIO, line_end: str) -> None:
        self._output = output
        self._line_end = line_end

    def write(self, row: str) -> None:
        self._output.write(row[:-2] + self._line_end)
