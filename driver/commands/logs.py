"""`invoke logs`: what CloudWatch's logs hold of an execution, a function or a job."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from driver.aws.waiter import Backoff
from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.host.wording import counted
from driver.inspection.logs.errors import ErrorFilter
from driver.inspection.logs.events import LogLine
from driver.inspection.logs.reading import LogReader
from driver.inspection.logs.sources import Selection
from driver.inspection.logs.subjects import (
    ExecutionLogs,
    FunctionLogs,
    JobLogs,
    Subject,
    find_function,
    parse_since,
)
from driver.inspection.logs.view import LogView
from driver.model.documents import Document
from driver.model.exceptions import InterruptedByUserError, WrongUseError

_PACE = Backoff(first=2, longest=10)  # seconds; a look is several requests
_QUIET = {False: 3.0, True: 20.0}  # seconds without a line, here and on AWS, after which no more will come
_RECENT = "1h"  # how far back a function's logs are read if nothing else is said


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which lines to show.

    Parameters
    ----------
    execution, function, job
        Whose lines; at most one is given, none means the newest execution.
    errors
        Whether to show only errors, each after the lines of its stream that led to it.
    since
        From when on, see `parse_since`; empty for all of an execution or job, and for a function's last hour.
    limit
        How many at most: the newest.
    """

    execution: str | None = None
    function: str = ""
    job: str = ""
    errors: bool = False
    since: str = ""
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class ReadLogs:
    """Lines, and the ARN of the execution that they are of; empty where they are of none."""

    execution: str
    lines: Sequence[LogLine]

    def document(self) -> Document:
        """Put them into the document that driver/commands/schemas/logs.schema.json describes."""
        events = [line.document() for line in self.lines]
        return {"version": 1, "execution": self.execution or None, "events": events}


@dataclass(frozen=True)
class Logs(Command):
    """Reads and shows logs."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, request: LogRequest) -> None:
        """Read what there is by now, and show it or give it as a document."""
        read = self.collect(request)
        self.console.present(read.document(), lambda: self.show(read))

    def collect(self, request: LogRequest) -> ReadLogs:
        """Read what there is by now.

        Raises
        ------
        WrongUseError
            If there is no such execution, function or job, or if more than one is named.
        """
        deployed, subject = self._open(request)
        selection = subject.select()
        lines = LogReader(deployed.connection.logs).look(selection)
        errors = ErrorFilter().take(lines, selection.failed) if request.errors else lines
        told = self._cut(errors, request.limit)
        if not told:
            self._tell_why_none(subject, selection, len(lines))
        return ReadLogs(subject.arn, told)

    def show(self, read: ReadLogs) -> None:
        """Show what was read."""
        view = LogView(self.console)
        for line in read.lines:
            view.show(line)

    def follow(self, request: LogRequest) -> None:
        """Show lines as they come, until the execution or job has ended and no more come.

        A function's come until Ctrl-C is pressed.

        Raises
        ------
        InterruptedByUserError
            If it is.
        WrongUseError
            As of `collect`, and if a program reads along.
        """
        if self.console.speaks_json:
            raise WrongUseError(
                "--follow has no end that a document could wait for.", "", "Leave out --json or --follow."
            )
        deployed, subject = self._open(request)
        waiter = replace(deployed.connection.waiter, backoff=_PACE)
        quiet = _QUIET[deployed.deployment.endpoint_url is None]
        reader, view, errors = LogReader(deployed.connection.logs), LogView(self.console), ErrorFilter()
        count, last_news = 0, waiter.clock()

        def look() -> Look:
            nonlocal count, last_news
            selection = subject.select()
            lines = reader.look(selection)
            told = errors.take(lines, selection.failed) if request.errors else lines
            for line in told if count else self._cut(told, request.limit):
                view.show(line)
            if lines:
                count, last_news = count + len(lines), waiter.clock()
            has_ended, is_quiet = selection.end is not None, waiter.clock() - last_news >= quiet
            is_long_ago = selection.end is not None and selection.end < self.now()
            return Look(selection, count, has_ended, has_ended and (is_quiet or is_long_ago))

        try:
            last = waiter.wait_for(look, lambda seen: seen.is_over, math.inf).last
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                f"You left the logs of {subject.name}.", "Nothing was stopped by that."
            ) from error
        if not count:
            self._tell_why_none(subject, last.selection, 0)

    def _open(self, request: LogRequest) -> tuple[Deployed, Subject]:
        """Find out whose logs are wanted."""
        if sum(map(bool, (request.execution, request.function, request.job))) > 1:
            raise WrongUseError(
                "It is not clear whose logs are wanted.", "", "Name one of --execution, --function and --job."
            )
        since = parse_since(request.since, self.now()) if request.since else None
        deployed = self.deployed
        if request.function:
            source = find_function(deployed, request.function)
            return deployed, FunctionLogs(source, since or parse_since(_RECENT, self.now()))
        if request.job:
            return deployed, JobLogs(deployed, request.job, since, self.now)
        subject = ExecutionLogs(deployed, deployed.find(request.execution), since, self.now)
        if request.execution is None:
            self.console.aside(f"Logs of {subject.name}")
        return deployed, subject

    def _cut(self, lines: Sequence[LogLine], limit: int) -> Sequence[LogLine]:
        if len(lines) <= limit:
            return lines
        self.console.aside(f"{len(lines) - limit} earlier lines are left out; --limit shows more.")
        return lines[-limit:]

    def _tell_why_none(self, subject: Subject, selection: Selection, count: int) -> None:
        if count:
            self.console.aside(f"No error in {counted(count, 'line')} of {subject.name}.")
        else:
            self.console.aside(f"There is no line of {subject.name}. {subject.why_none(selection)}")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look brought; what does not change between two of them is no news."""

    selection: Selection = field(compare=False)
    count: int
    has_ended: bool
    is_over: bool
