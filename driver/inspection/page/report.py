"""What a report is made of: pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from driver.executions.trace import Trace


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn definition.

    Parameters
    ----------
    title
        Whose it is.
    svg
        One `<svg>` element, made by this project: it goes into the page as it is.
    """

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a step that failed: whose it is, and its lines."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a geocoding result, as a point on the map; degrees, east and north."""

    longitude: float
    latitude: float
    label: str
    town: str
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a geocoding run.

    Parameters
    ----------
    path
        The whole file.
    header, rows
        The first rows of it, without the columns that are empty in all of these.
    count
        How many rows the file has.
    places
        The points, thinned where there are very many.
    located, invalid
        How many rows have coordinates that can be drawn, and how many the job called invalid.
    """

    path: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    count: int
    places: tuple[Place, ...]
    located: int
    invalid: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a page tells.

    Parameters
    ----------
    trace
        The execution.
    short_name
        What the user calls it, as `--execution` takes it.
    target
        The deployment's target, such as `local`, and where that is.
    target_flag
        What a command line needs to mean this target; empty, or with a space before it.
    made
        When the page was made; an aware datetime.
    drawings
        The execution's own, then those of what it started.
    logs
        Of failed steps.
    logs_note
        Why there are no logs, or where more of them are.
    result
        None unless it was a geocoding run that has one.
    """

    trace: Trace
    short_name: str
    target: str
    target_flag: str
    made: datetime
    drawings: tuple[Drawing, ...] = ()
    logs: tuple[Log, ...] = ()
    logs_note: str = ""
    result: Result | None = None
