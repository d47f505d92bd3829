"""`invoke report`: one page of HTML that tells a whole execution."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from driver.aws.logs import hosts_in
from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.executions.names import Kind, file_name
from driver.executions.parameters import result_place
from driver.executions.results import fetch
from driver.executions.trace import Outcome, Trace
from driver.executions.workflow.output import read_output
from driver.host.files import write_atomically, write_for_user
from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.runs import runs_of
from driver.inspection.graph.svg import svg
from driver.inspection.logs.errors import ErrorFilter
from driver.inspection.logs.events import LogLine
from driver.inspection.logs.reading import LogReader
from driver.inspection.logs.sources import Picks, Selection, selection_of
from driver.inspection.page.limits import Limits
from driver.inspection.page.page import page
from driver.inspection.page.report import Drawing, Log, Report, Result
from driver.inspection.page.result_points import read_result
from driver.inspection.page.wording import OUTCOMES
from driver.inspection.permissions.decisions import Period
from driver.inspection.permissions.of_run import RunPermissions, permissions_of_run
from driver.inspection.reading import read_trace
from driver.inspection.training import training_jobs
from driver.model.documents import Document
from driver.model.exceptions import NotDeployedError, WrongUseError

_NOT_WELL = {Outcome.FAILED, Outcome.CAUGHT}


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """The report of an execution: its file, and how many bytes that has."""

    trace: Trace
    path: Path
    size: int

    def document(self) -> Document:
        """Put it into the document that driver/commands/schemas/report.schema.json describes."""
        return {
            "version": 1,
            "execution": self.trace.arn,
            "path": str(self.path),
            "bytes": self.size,
            "outcome": str(self.trace.outcome),
        }


@dataclass(frozen=True)
class MakeReport(Command):
    """Writes the report of an execution; `now` gives the time, as an aware datetime."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, execution: str | None, output: str) -> None:
        """Write the report, and say where it is."""
        written = self.write(execution, output)
        self.console.present(written.document(), lambda: self.show(written))

    def write(self, execution: str | None, output: str) -> WrittenReport:
        """Write the report.

        Parameters
        ----------
        execution
            Its ARN or name; None is the newest. It may still run: the page then says so.
        output
            The file to write; empty for one named after the execution in the target's folder `reports`.

        Raises
        ------
        WrongUseError
            If there is no such execution, or if the file is a folder.
        """
        path = Path(output).expanduser() if output else None
        if path is not None and path.is_dir():
            raise WrongUseError(
                f"{path} is a folder.", "The report is one file.", f"Try --output {path / 'report.html'}"
            )
        deployed = self.deployed
        arn = deployed.find(execution)
        trace = read_trace(deployed, arn)
        name = deployed.short_name(arn)
        write = write_for_user if path else write_atomically
        path = path or self.workspace.reports_directory / f"{_file_name(name, trace)}.html"
        written = page(self._report(deployed, trace)).encode()
        write(path, written)
        return WrittenReport(trace, path, len(written))

    def show(self, written: WrittenReport) -> None:
        """Say where the report is."""
        trace = written.trace
        self.console.done(f"report of {trace.arn.rpartition(':')[2]}: {OUTCOMES[trace.outcome]}")
        self.console.say(f"{written.path}  ({written.size / 1000:,.0f} kB)")
        if trace.outcome is Outcome.RUNNING:
            self.console.warn("it is still running: make the report again when it has ended")

    def _report(self, deployed: Deployed, trace: Trace) -> Report:
        """Gather what the page tells."""
        deployment, now = deployed.deployment, self.now().astimezone()
        logs, note = _logs_of_failures(deployed, trace, now)
        where = deployment.endpoint_url or f"AWS, account {deployment.account_id}"
        return Report(
            trace=trace,
            short_name=deployed.short_name(trace.arn),
            target=f"{deployment.target}: {where}, {deployment.region}",
            target_flag=deployed.target_flag,
            made=now,
            drawings=tuple(_drawings(trace)),
            logs=logs,
            logs_note=note,
            result=self._result(deployed, trace),
            output=read_output(trace.output) if trace.output else None,
            jobs=training_jobs(deployed, trace),
            permissions=self._permissions(deployed, trace),
        )

    def _permissions(self, deployed: Deployed, trace: Trace) -> RunPermissions | None:
        """Read what IAM decided while an execution ran; None where nobody recorded it."""
        if trace.started is None:
            return None
        try:
            record = self.context.permissions_record(deployed.deployment)
        except NotDeployedError:  # a cloud of an earlier version
            return None
        return permissions_of_run(record, Period(trace.started, trace.ended)) if record else None

    def _result(self, deployed: Deployed, trace: Trace) -> Result | None:
        """Read the result of a geocoding run, fetched if it is not here yet; None where there is none."""
        for part in trace.walk():
            if part.kind is Kind.PIPELINE and part.outcome is Outcome.SUCCEEDED:
                path = self._fetched(deployed, trace, part)
                return read_result(path, Limits().rows) if path else None
        return None

    def _fetched(self, deployed: Deployed, trace: Trace, pipeline: Trace) -> Path | None:
        storage, folder = deployed.connection.storage, self.workspace.runs_directory / file_name(trace.name)
        outputs = deployed.outputs
        known = outputs.pipelines.get(outputs.pipeline_of(pipeline.arn))
        parameters = json.loads(pipeline.input or "{}")
        bucket, prefix = result_place(known, parameters) if known else ("", "")
        found = storage.newest(bucket, prefix) if bucket else None
        if found is None:
            return next(iter(sorted(folder.glob("*.csv"))), None)
        path = folder / Path(found.key).name
        if not path.is_file():
            fetch(storage, bucket, found, path, self.console)
        return path


def _drawings(trace: Trace) -> Iterator[Drawing]:
    """Draw an execution and all that is nested in it, each once."""
    for number, part in enumerate(trace.walk()):
        if part.definition:
            graph = graph_of(part.subject, part.definition)
            drawn = svg(graph, runs_of(part), prefix=f"g{number}", is_titled=False)
            yield Drawing(part.subject if number == 0 else f"{part.subject} / {part.name}", drawn)


def _logs_of_failures(deployed: Deployed, trace: Trace, now: datetime) -> tuple[tuple[Log, ...], str]:
    """Read the logs of the states and steps that failed: a job's whole, of functions what tells of errors.

    Returns
    -------
    tuple of Log, str
        The logs, and a note where nothing was found.
    """
    failed = [span for part in trace.walk() for span in part.spans if span.outcome in _NOT_WELL]
    if not failed and trace.outcome is not Outcome.FAILED:
        return (), ""
    everything = selection_of(trace, deployed.outputs, now)
    # The log of a state machine repeats its history.
    sources = tuple(source for source in everything.sources if source.picks is not Picks.NAMING)
    selection = Selection(sources, everything.start, everything.end, everything.names)
    jobs = {span.resource_arn.rpartition("/")[2] for span in failed}
    own = {source.name for source in sources if source.has_own_streams and source.name in jobs}
    lines = LogReader(deployed.connection.logs).look(selection)
    others = ErrorFilter().take(line for line in lines if line.source not in own)
    told = [*(line for line in lines if line.source in own), *others]
    of_sources = ((source.name, [line for line in told if line.source == source.name]) for source in sources)
    logs = [Log(name, _written(found)) for name, found in of_sources if found]
    return tuple(logs), "" if logs else "CloudWatch has no log of what failed."


def _written(lines: Sequence[LogLine]) -> str:
    events = [line.event for line in lines]
    several = hosts_in(events)
    return "\n".join(
        f"{event.time:%H:%M:%S}.{event.time.microsecond // 1000:03}  "
        + (f"{event.host}: " if several else "")
        + event.message
        for event in events
    )


def _file_name(short_name: str, trace: Trace) -> str:
    return file_name(trace.name if short_name.startswith("arn:") else short_name)
