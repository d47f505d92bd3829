"""Reverse geocoding of a table: every row in, the same row and its place out."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

import numpy as np

from localcloud.geospatial.gazetteer import REACH_KM, Floats, Gazetteer, Indices
from localcloud.geospatial.places import COLUMNS, refusal
from localcloud.geospatial.table import Block, Table

NO_PLACE = f"No Result: no place within {REACH_KM:.0f} km"
UNEVEN = "Invalid Data: the row has not as many columns as the header"
EMPTY = "Invalid Data: {axis} is empty"
NOT_A_NUMBER = "Invalid Data: {axis} is not a number"
OUT_OF_RANGE = "Invalid Data: {axis} is not within -{bound} and {bound}"

_AXES = (("longitude", 180), ("latitude", 90))
_STATUSES = (
    NO_PLACE,  # First: the search answers "none" with the index that follows the last place.
    UNEVEN,
    *(
        text.format(axis=axis, bound=bound)
        for axis, bound in _AXES
        for text in (EMPTY, NOT_A_NUMBER, OUT_OF_RANGE)
    ),
)


def geocode(table: Table, output: BinaryIO, gazetteer: Gazetteer) -> int:
    """Write a table with the columns of `COLUMNS` appended, block by block.

    Returns how many rows were written, without the header.
    """
    endings = [
        text + table.line_end for text in (*gazetteer.answers, *(refusal(status) for status in _STATUSES))
    ]
    output.write(table.header + b"," + ",".join(COLUMNS).encode() + table.line_end)
    count = 0
    for block, found in _searched(table.blocks(), gazetteer):
        parts = [b""] * (2 * len(block.rows))
        parts[::2] = block.rows
        parts[1::2] = map(endings.__getitem__, found.tolist())
        output.write(b"".join(parts))
        count += len(block.rows)
    return count


def _searched(blocks: Iterator[Block], gazetteer: Gazetteer) -> Iterator[tuple[Block, Indices]]:
    """Give each block with its places; one is searched, outside Python's lock, while the next is read."""
    with ThreadPoolExecutor(1) as searcher:
        ahead: tuple[Block, Future[Indices]] | None = None
        for block in blocks:
            search = searcher.submit(_places_of, block, gazetteer)
            if ahead:
                yield ahead[0], ahead[1].result()
            ahead = block, search
        if ahead:
            yield ahead[0], ahead[1].result()


def _places_of(block: Block, gazetteer: Gazetteer) -> Indices:
    """Give for each row the index of its place, or, behind the places, of what is wrong with it."""
    longitudes, latitudes = _numbers(block.x), _numbers(block.y)
    valid = (np.abs(longitudes) <= 180) & (np.abs(latitudes) <= 90)
    found = np.empty(len(block.rows), np.int64)
    found[valid] = gazetteer.nearest(longitudes[valid], latitudes[valid])
    for index in np.flatnonzero(~valid).tolist():
        status = UNEVEN if index in block.uneven else _fault(block.x[index], block.y[index])
        found[index] = len(gazetteer.answers) + _STATUSES.index(status)
    return found


def _fault(*fields: bytes) -> str:
    """Say what is wrong with a row's coordinates, longitude first."""
    for (axis, bound), field in zip(_AXES, fields, strict=True):
        number = _number(field)
        if not field.strip():
            return EMPTY.format(axis=axis)
        if np.isnan(number):
            return NOT_A_NUMBER.format(axis=axis)
        if abs(number) > bound:
            return OUT_OF_RANGE.format(axis=axis, bound=bound)
    raise AssertionError(f"{fields} are coordinates.")


def _numbers(fields: list[bytes]) -> Floats:
    """Read numbers, NaN where a field holds none."""
    # Python reads 1_000 as a number; a table's reader does not.
    if b"_" not in b"".join(fields):
        try:
            return np.fromiter(map(float, fields), np.float64, len(fields))
        except ValueError:
            pass
    return np.fromiter(map(_number, fields), np.float64, len(fields))


def _number(field: bytes) -> float:
    try:
        return float("nan") if b"_" in field else float(field)
    except ValueError:
        return float("nan")
