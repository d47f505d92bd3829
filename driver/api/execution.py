"""An execution of a pipeline, of a workflow, or of the state machine that runs pipelines."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.api.frames import frame_of_file, frame_of_tables
from driver.api.pages import execution_page
from driver.api.reading import read_logs, read_metrics, steps_of
from driver.api.session import Session
from driver.api.values import Description, LogEvent, Metric, Step
from driver.aws.history import HistoryEvent
from driver.commands.executions import Stop
from driver.commands.fan_out import check_fan_out
from driver.commands.graph import write_picture
from driver.commands.logs import LogRequest
from driver.commands.report import MakeReport
from driver.executions.batches import Ended
from driver.executions.fan_out.following import look_at
from driver.executions.fan_out.results import Item, read_results
from driver.executions.finishing import Finisher
from driver.executions.following import follow
from driver.executions.names import Kind
from driver.executions.readers import StateMachineReader, reader_of
from driver.executions.results import doubt
from driver.executions.trace import Outcome, Trace
from driver.executions.watching import Watch
from driver.executions.workflow.output import read_output
from driver.executions.workflow.runs import workflow_failure
from driver.host.console import Console
from driver.host.wording import counted
from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.runs import Runs, runs_of
from driver.inspection.graph.svg import svg
from driver.inspection.reading import read_trace
from driver.model.exceptions import ExecutionFailedError, WrongUseError
from driver.model.values import ResultTable

if TYPE_CHECKING:
    from pandas import DataFrame

DAY = 86400.0  # seconds


class Execution:
    """An execution; `execute`, `execution` and `executions` of a project's objects return it."""

    def __init__(self, session: Session, arn: str) -> None:
        self._session = session
        self.arn = arn

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/" if self._kind is Kind.PIPELINE else ":")[2]

    @property
    def short_name(self) -> str:
        """What `invoke executions` calls it, and `Project.execution` takes."""
        return self._session.deployed.short_name(self.arn)

    @property
    def status(self) -> str:
        """AWS's status, asked for now; see `Description.status`."""
        with self._session.working():
            connection = self._session.deployed.connection
            if self._kind is Kind.PIPELINE:
                return str(connection.pipelines.describe(self.arn).status)
            return str(connection.state_machines.describe(self.arn).status)

    def describe(self) -> Description:
        """Describe how it stands.

        Raises
        ------
        WrongUseError
            If there is no such execution.
        """
        with self._session.working():
            reader = reader_of(self._session.deployed, self.arn)
            reader.read()
            trace = reader.trace()
            has_failed = trace.outcome not in {Outcome.RUNNING, Outcome.SUCCEEDED}
            return Description(
                name=self.name,
                arn=self.arn,
                kind=str(trace.kind),
                status=str(trace.status),
                outcome=str(trace.outcome),
                started=trace.started,
                ended=trace.ended,
                output=json.loads(trace.output) if trace.output else None,
                reason=self._failure(trace).why if has_failed else "",
            )

    def wait(self, timeout: float = DAY, *, follow: bool = False, check: bool = True) -> Execution:
        """Wait until it has ended; returns itself.

        Parameters
        ----------
        timeout
            Seconds to wait at most.
        follow
            Whether to print each step, as `invoke attach` does.
        check
            Whether it is an error that it did not succeed.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed; it names the steps that failed, and why.
        DeadlineExceededError
            If it still runs after that time.
        """
        with self._session.working():
            trace = self._followed(timeout, is_shown=follow)
            if check:
                self._check(trace)
        return self

    def stop(self, timeout: float = DAY) -> None:
        """Stop it, with the pipeline or job that it waits for, and wait until all has stopped.

        Nothing happens if it has ended. `timeout` is in seconds.
        """
        with self._session.working():
            Stop(self._session.context)(self.arn, timeout)

    def output(self, *, wait: bool = True, timeout: float = DAY) -> Any:
        """Return its output, read from JSON; None if it still runs and `wait` is false.

        A workflow's is what its last state gives. That of `Pipeline.execute` has the steps with their outputs
        and metrics, or what the pipeline's own last step answers. An execution of a pipeline alone has none:
        see `steps`. It raises what `wait` raises.
        """
        with self._session.working():
            if wait:
                trace = self._followed(timeout)
            else:
                watch = self._seen()
                if not watch.has_ended:
                    return None
                trace = watch.trace()
            self._check(trace)
        return json.loads(trace.output) if trace.output else None

    def items(self) -> list[Item]:
        """Tell of a fan-out what became of each item: `number`, `input`, `status`, `result`, `reason`.

        There are none until it has ended, nor of any other execution.
        """
        with self._session.working():
            if self._kind is not Kind.FAN_OUT:
                return []
            deployed = self._session.deployed
            return read_results(deployed, look_at(deployed, self.arn))

    def redrive(self) -> None:
        """Run again what did not succeed of a fan-out; returns while that runs.

        Raises `WrongUseError` if it cannot be redriven, with AWS's reason, or is no fan-out.
        """
        with self._session.working():
            check_fan_out(self._session.deployed, self.arn)
            self._session.deployed.connection.state_machines.redrive(self.arn)

    def steps(self) -> list[Step]:
        """List the steps and states so far, in the order they started, those of executions within it too."""
        with self._session.working():
            return steps_of(read_trace(self._session.deployed, self.arn))

    def events(self) -> list[HistoryEvent]:
        """Return the history of a state machine's execution so far, the oldest event first.

        Each has `id`, `previous`, `type`, `time` and `details`, a dict of what AWS tells of that type. An
        execution of a pipeline alone has none: see `steps`.
        """
        with self._session.working():
            reader = reader_of(self._session.deployed, self.arn)
            if not isinstance(reader, StateMachineReader):
                return []
            reader.read()
            return reader.events

    def metrics(self) -> list[Metric]:
        """List the metrics of its training jobs, at most twenty jobs."""
        with self._session.working():
            deployed = self._session.deployed
            return read_metrics(deployed, read_trace(deployed, self.arn))

    def result(self) -> Path | None:
        """Download the result of a pipeline; returns the file, None where the pipeline leaves none.

        It lies in the folder that `invoke run-pipeline` uses, `.sagestep/<target>/runs/<name>`. A UserWarning
        says that many rows have no result, and the likely cause.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed, or has no result where its manifest promises one.
        """
        return self._result().path

    def download(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Download what its output names on S3; returns the files, `output.json` first.

        Of a pipeline that leaves a result it is that file. An execution without an output has no files.

        Raises
        ------
        WrongUseError
            If it still runs.
        ExecutionFailedError
            If it did not succeed.
        """
        place = Path(folder).expanduser()
        if self._kind is not Kind.WORKFLOW and (path := self._result(place).path):
            return [path]
        with self._session.working(writes=True):
            trace = self._ended().trace()
            self._check(trace)
            finisher = Finisher(self._session.context.console, self._session.deployed, place)
            return list(finisher.fetch_output(trace))

    def dataframe(self, table: str = "") -> DataFrame:
        """Return the result of a pipeline, or a table in the output, as a DataFrame of pandas.

        It warns as `result` does. Of an execution without a result file it waits for the output, as `output`
        does.

        Parameters
        ----------
        table
            Which list of the output; needed where it has several. A pipeline's result needs none.

        Raises
        ------
        EnvironmentNotReadyError
            If pandas is not installed.
        WrongUseError
            If there is no table, or another one.
        """
        if self._kind is not Kind.WORKFLOW and not table:
            found = self._result()
            if found.path:
                return frame_of_file(found)
        return frame_of_tables(read_output(json.dumps(self.output())).tables, table, self.name)

    def logs(self, *, errors: bool = False, since: str = "", limit: int = 1000) -> list[LogEvent]:
        """Read what its functions, jobs and state machines have logged so far, the oldest first.

        Parameters
        ----------
        errors
            Only errors, each after the lines of its stream that led to it.
        since
            From when on: a span such as `90s`, `10m`, `2h` or `3d`, or a time of ISO 8601; empty means all.
        limit
            At most so many, the newest.
        """
        request = LogRequest(execution=self.arn, errors=errors, since=since, limit=limit)
        with self._session.working():
            return read_logs(self._session, request)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write one page of HTML that tells all of it; returns the file.

        `path`: the file; None is one in the folder that `invoke report` uses.
        """
        with self._session.working(writes=True):
            output = os.fspath(path) if path is not None else ""
            return MakeReport(self._session.context).write(self.arn, output).path

    def graph(self, path: str | os.PathLike[str] | None = None) -> str:
        """Draw it as SVG: the pipeline's steps, or the states; returns the picture as text.

        `path`: a file to write the picture to, .svg or .png; None writes none.
        """
        with self._session.working():
            graph, runs = self._graph(read_trace(self._session.deployed, self.arn))
            if path is not None:
                write_picture(os.fspath(path), graph, runs)
            return svg(graph, runs)

    def _graph(self, trace: Trace) -> tuple[Graph, Runs]:
        """Read the graph of the pipeline that it runs; of the states where it has started none."""
        part = trace if trace.kind is Kind.WORKFLOW else trace.pipeline or trace
        return graph_of(part.subject, part.definition), runs_of(part)

    def _result(self, folder: Path | None = None) -> ResultTable:
        with self._session.working(writes=True):
            if self._kind in {Kind.WORKFLOW, Kind.FAN_OUT}:
                raise WrongUseError(
                    f"{self.short_name} is an execution of a {self._kind}.",
                    "Only pipelines leave a result file.",
                    "Use output, dataframe or download."
                    if self._kind is Kind.WORKFLOW
                    else "Use items, which tells the result of each.",
                )
            finisher = Finisher(self._session.context.console, self._session.deployed, folder)
            table = finisher.result(self._ended().trace())
        if warning := doubt(table):
            warnings.warn(warning, UserWarning, stacklevel=3)
        return table

    def _followed(self, timeout: float, *, is_shown: bool = False) -> Trace:
        """Wait for the end; a notebook or terminal shows each step where `is_shown`."""
        watch = Watch(self._session.deployed, self.arn)
        console = Console() if is_shown else self._session.context.console
        return follow(watch, console, timeout, is_introduced=is_shown).trace()

    def _seen(self) -> Watch:
        """Read how it stands now."""
        watch = Watch(self._session.deployed, self.arn)
        watch.catch_up()
        return watch

    def _ended(self) -> Watch:
        """Read how it ended; raises `WrongUseError` if it still runs."""
        watch = self._seen()
        if not watch.has_ended:
            raise WrongUseError(
                f"Execution {watch.name} is still {watch.status}.",
                "There is something to download once it has succeeded.",
                "Call wait first.",
            )
        return watch

    def _check(self, trace: Trace) -> None:
        if trace.outcome is not Outcome.SUCCEEDED:
            raise self._failure(trace)

    def _failure(self, trace: Trace) -> ExecutionFailedError:
        deployed = self._session.deployed
        if trace.kind is Kind.WORKFLOW:
            return workflow_failure(deployed, trace)
        return Finisher(self._session.context.console, deployed).failure(trace)

    @property
    def _kind(self) -> Kind:
        return self._session.deployed.kind_of(self.arn)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Execution) and other.arn == self.arn

    def __hash__(self) -> int:
        return hash(self.arn)

    def __repr__(self) -> str:
        return f"<Execution {self.short_name}>"

    def _repr_html_(self) -> str:
        with self._session.working():
            trace = read_trace(self._session.deployed, self.arn)
            has_failed = trace.outcome not in {Outcome.RUNNING, Outcome.SUCCEEDED}
            reason = self._failure(trace).why if has_failed else ""
            return execution_page(self.short_name, trace, *self._graph(trace), reason)


def executions_of(session: Session, ended: Sequence[Ended]) -> list[Execution]:
    """Return the executions of a batch.

    Raises
    ------
    ExecutionFailedError
        If one could not be started.
    """
    missing = [one for one in ended if not one.execution]
    executions = [Execution(session, one.execution) for one in ended if one.execution]
    if missing:
        raise ExecutionFailedError(
            f"{counted(len(missing), 'execution')} of {len(ended)} could not be started.",
            "\n".join(f"{one.file.name}: {one.reason}" for one in missing),
            f"The others have been executed: {', '.join(one.short_name for one in executions) or 'none'}.",
        )
    return executions
