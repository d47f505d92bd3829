"""Reading a geocoding result: its first rows, and its points, thinned while it is read.

However long the file is, no more than a few thousand points are held.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from driver.executions.results import read_result_file, whole_result, without_empty_columns
from driver.inspection.page.report import Place, Result

MOST_PLACES = 2000  # of the valid ones, and half as many of the others
_VALID = "Valid"  # what the status of a good row begins with


def read_result(path: Path, rows: int) -> Result:
    """Read a downloaded result file, and keep so many of its rows for the table."""
    table = read_result_file(path, rows)
    shown, _ = without_empty_columns(table)
    columns = {name: number for number, name in enumerate(table.header)}
    points = _Points(_Sample(MOST_PLACES), _Sample(MOST_PLACES // 2))
    if {"Longitude", "Latitude"} <= columns.keys():
        points.read(path, columns)
    return Result(
        str(path),
        shown.header,
        shown.rows,
        table.count,
        (*points.valid.places, *points.others.places),
        points.valid.count + points.others.count,
        points.invalid,
    )


@dataclass
class _Sample:
    """At most so many places: every second one is dropped whenever there are more."""

    most: int
    places: list[Place] = field(default_factory=list)
    count: int = 0
    every: int = 1

    def add(self, place: Place) -> None:
        if self.count % self.every == 0:
            self.places.append(place)
        self.count += 1
        if len(self.places) > self.most:
            self.places = self.places[::2]
            self.every *= 2


@dataclass
class _Points:
    """The points of a file; the invalid ones are fewer, and each counts: they have a sample of their own."""

    valid: _Sample
    others: _Sample
    invalid: int = 0

    def read(self, path: Path, columns: dict[str, int]) -> None:
        with whole_result(path), path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            next(reader, None)
            for row in reader:
                if row:
                    self._add({name: row[column] for name, column in columns.items() if column < len(row)})

    def _add(self, row: dict[str, str]) -> None:
        is_valid = row.get("status", _VALID).startswith(_VALID)
        self.invalid += not is_valid
        try:
            longitude, latitude = float(row["Longitude"]), float(row["Latitude"])
        except (KeyError, ValueError):
            return
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # also false for what is no number
            return
        label = row.get("label") or ("" if is_valid else row.get("status", ""))
        place = Place(longitude, latitude, label, row.get("municipality", ""), is_valid)
        (self.valid if is_valid else self.others).add(place)
