"""What a report is made of: pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from driver.executions.trace import Trace
from driver.executions.workflow.output import Output
from driver.inspection.permissions.of_run import RunPermissions
from driver.inspection.training import TrainingJob


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn definition."""

    title: str
    svg: str  # one `<svg>` element, made by this project: it goes into the page as it is


@dataclass(frozen=True, slots=True)
class Log:
    """The log of a step that failed."""

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
    """The result of a geocoding run."""

    path: str  # of the whole file
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first ones, without the columns that are empty in all of these
    count: int  # rows of the file
    places: tuple[Place, ...]  # thinned where there are very many
    located: int  # rows whose coordinates can be drawn
    invalid: int  # rows that the job called invalid


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on a page."""

    trace: Trace
    short_name: str  # as `--execution` takes it
    target: str  # such as `local`, and where that is
    target_flag: str  # what a command line needs to mean this target; empty, or with a space before it
    made: datetime  # aware
    drawings: tuple[Drawing, ...] = ()  # the execution's own, then those of the executions it started
    logs: tuple[Log, ...] = ()  # of failed steps
    logs_note: str = ""  # why there are no logs, or where more of them are
    result: Result | None = None  # of a geocoding run
    output: Output | None = None  # of a state machine that succeeded
    jobs: tuple[TrainingJob, ...] = ()
    permissions: RunPermissions | None = None  # where a local cloud recorded what IAM decided
