"""Whose logs to read: an execution's, a function's or a job's, and what there is to read of each."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from driver.aws.jobs import Job
from driver.aws.logs import LogEvent
from driver.executions.deployed import Deployed
from driver.executions.fan_out.following import look_at
from driver.executions.fan_out.results import read_results
from driver.executions.names import Kind
from driver.inspection.logs.sources import (
    EARLY,
    FUNCTIONS,
    LATE,
    Selection,
    Source,
    function_name,
    functions_of,
    job_source,
    selection_of,
)
from driver.inspection.reading import read_trace
from driver.model.exceptions import WrongUseError

_ITEMS = 100  # of a fan-out, whose reasons are told


class Subject(Protocol):
    """Whose logs to read."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def arn(self) -> str:
        """The execution's ARN; empty if it is none."""

    def select(self) -> Selection:
        """Find out what there is to read by now."""

    def why_none(self, selection: Selection) -> str:
        """Say why there may be no line."""


@dataclass(frozen=True, slots=True)
class ExecutionLogs:
    """The logs of an execution and of all that worked for it."""

    deployed: Deployed
    arn: str
    since: datetime | None
    now: Callable[[], datetime]

    @property
    def name(self) -> str:
        """The shortest name that `--execution` takes."""
        return f"execution {self.deployed.short_name(self.arn)}"

    def select(self) -> Selection:
        """Read how the execution stands, and where its logs are."""
        trace = read_trace(self.deployed, self.arn)
        selection = selection_of(trace, self.deployed.outputs, self.now()).since(self.since)
        if trace.kind is Kind.FAN_OUT and trace.ended:
            selection = replace(selection, told=tuple(self._failed_items(trace.ended)))
        return selection

    def _failed_items(self, ended: datetime) -> Iterator[tuple[str, LogEvent]]:
        """Give the reasons of a fan-out's items that failed; each has an execution, which has the logs."""
        fan_out = look_at(self.deployed, self.arn)
        failed = (item for item in read_results(self.deployed, fan_out) if item.reason)
        for item in itertools.islice(failed, _ITEMS):
            message = f"ERROR execution {item.execution} {item.status}: {item.reason}"
            yield "item", LogEvent(ended, "", self.arn, str(item.number), message)

    def why_none(self, selection: Selection) -> str:
        """Say what writes logs when."""
        why = "State machines log what fails, functions when they are called, jobs once their containers run."
        if selection.end is None:
            return f"{why} --follow waits for it."
        return f"{why} CloudWatch keeps the logs of functions and state machines for 14 days."


@dataclass(frozen=True, slots=True)
class FunctionLogs:
    """The logs of a function, for whichever execution it was called."""

    source: Source
    since: datetime
    arn: str = ""

    @property
    def name(self) -> str:
        """The function's."""
        return f"function {self.source.name}"

    def select(self) -> Selection:
        """All of its group; it may always be called again."""
        return Selection((self.source,), self.since)

    def why_none(self, selection: Selection) -> str:
        """Say since when."""
        since = selection.start.astimezone().isoformat(sep=" ", timespec="seconds")
        return f"It was not called since {since}; --since goes back further."


@dataclass(frozen=True, slots=True)
class JobLogs:
    """The logs of a job."""

    deployed: Deployed
    job_name: str
    since: datetime | None
    now: Callable[[], datetime]
    arn: str = ""

    @property
    def name(self) -> str:
        """The job's."""
        return f"job {self.job_name}"

    def select(self) -> Selection:
        """Ask how the job stands."""
        job = self._describe()
        source = job_source(job.kind, job.name)
        ended = job.ended or self.now()
        selection = Selection(
            sources=(source,),
            start=job.created - EARLY,
            end=ended + LATE if job.has_ended else None,
            failed=frozenset({job.name} if job.has_failed else {}),
        )
        return selection.since(self.since)

    def why_none(self, selection: Selection) -> str:
        """Say how the job stands."""
        waits = " --follow waits for it." if selection.end is None else ""
        return f"The job is {self._describe().status}.{waits}"

    def _describe(self) -> Job:
        job = self.deployed.connection.jobs.describe(self.job_name)
        if job is None:
            raise WrongUseError(
                f"There is no job {self.job_name}.",
                "No training, processing, transform or tuning job has this name.",
                "The logs of an execution, `invoke logs --execution NAME`, name its jobs.",
            )
        return job


def find_function(deployed: Deployed, name: str) -> Source:
    """Find a function of the deployment by its short name, such as `geospatial`, its full name, or its ARN.

    Those that Terraform made are known, whatever they are for.

    Raises
    ------
    WrongUseError
        If there is none of that name.
    """
    functions, prefix = functions_of(deployed.outputs), f"{deployed.outputs.name_prefix}-"
    known = set(functions.values())
    for resource in deployed.workspace.resources():
        group = f"{FUNCTIONS}{resource.id}"
        if resource.type == "aws_lambda_function" and resource.id and group not in known:
            functions[resource.id.removeprefix(prefix).replace("-", "_")] = group
    full_names = {group.rpartition("/")[2]: function for function, group in functions.items()}
    wanted = function_name(name)
    found = full_names.get(wanted, wanted.replace("-", "_"))
    if found not in functions:
        raise WrongUseError(
            f"There is no function {name!r}.", f"There are {', '.join(functions)}.", "Name one of them."
        )
    return Source(found, functions[found])


_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str, now: datetime) -> datetime:
    """Read a point in time.

    It is a span before now, such as `90s`, `10m`, `2h` or `3d`; or a date or time of ISO 8601, in this
    machine's time zone if it names none.

    Raises
    ------
    WrongUseError
        If it is neither.
    """
    span = _SPAN.fullmatch(text)
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise WrongUseError(
            f"--since {text!r} is no time.",
            "It must be a span such as 90s, 10m, 2h or 3d, or a time such as 2026-11-21T15:00.",
        ) from error
