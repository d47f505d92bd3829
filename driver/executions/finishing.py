"""Shows how an execution of the pipeline ended: its result, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driver.executions.deployed import Deployed
from driver.executions.last_lines import last_lines
from driver.executions.names import Kind, file_name
from driver.executions.outcomes import describe_output, where_logs_are
from driver.executions.parameters import Place, gives_output, result_place
from driver.executions.pipeline_inputs import takes_coordinates
from driver.executions.readers import PipelineReader
from driver.executions.results import describe_statuses, doubt, fetch, read_result_file, without_empty_columns
from driver.executions.trace import Outcome, Trace, functions_called
from driver.executions.watching import Watch
from driver.executions.workflow.fetching import fetch_output
from driver.executions.workflow.output import read_output
from driver.host.console import Console
from driver.host.privacy import users_mode, users_umask
from driver.host.wording import counted
from driver.model.exceptions import ExecutionFailedError
from driver.model.status import Status
from driver.model.values import ResultTable

_SHORT = 4096  # bytes
_STUDIO = "https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-studio.html"


@dataclass(frozen=True, slots=True)
class Finisher:
    """Shows how executions of one deployment ended.

    Results are downloaded to `folder`; None is the folder of the execution's name in the target's `runs`.
    """

    console: Console
    deployed: Deployed
    folder: Path | None = None

    def finish(self, watch: Watch, rows: int, place: Place | None = None) -> None:
        """Tell how an execution ended, then fetch its result and show so many rows of it.

        The place of the result is asked for where it is not given.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed or has no result.
        """
        trace = watch.trace()
        if not watch.is_complete and watch.pipeline:
            self._tell_what_still_runs(watch.pipeline)
        self._check(trace)
        is_pipeline = trace.kind is Kind.PIPELINE
        self.console.done(f"{'execution' if is_pipeline else trace.kind} {trace.name}: {trace.summary}")
        if not is_pipeline and not self.console.speaks_json:
            for line in describe_output(trace.output):
                self.console.say(f"  {line}")
        table = self._fetch(trace, rows, place)
        files = [table.path] if table and table.path else list(self.fetch_output(trace))
        self.console.present(trace.document(files), lambda: self._show(table) if table else None)

    def fetch_output(self, trace: Trace) -> Sequence[Path]:
        """Download what the state machine's output names, where a folder is named and no result is there."""
        if self.folder is None:
            return ()
        if not trace.output:
            self.console.warn(f"nothing is downloaded to {self.folder}: the pipeline leaves no result")
            return ()
        storage = self.deployed.connection.storage
        return fetch_output(storage, read_output(trace.output), self.folder, self.console)

    def result(self, trace: Trace, place: Place | None = None) -> ResultTable:
        """Fetch the result of an execution that has ended, without showing it.

        It has neither rows nor a path if the pipeline leaves none. The place is asked for where it is not
        given.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed or has no result.
        """
        self._check(trace)
        return self._fetch(trace, 0, place) or ResultTable(None, (), (), 0)

    def _check(self, trace: Trace) -> None:
        if trace.outcome is not Outcome.SUCCEEDED:
            raise self.failure(trace)

    def _tell_what_still_runs(self, pipeline: PipelineReader) -> None:
        """Warn of a pipeline that outlives its state machine."""
        name = self.deployed.short_name(pipeline.arn)
        is_known = pipeline.status is not Status.UNKNOWN
        status = f"still {pipeline.status}" if is_known else "not seen to have ended"
        self.console.warn(
            f"pipeline execution {name} is {status}; "
            f"`invoke attach --execution {name}{self.deployed.target_flag}` follows it"
        )

    def _fetch(self, trace: Trace, rows: int, place: Place | None) -> ResultTable | None:
        """Download what the manifest names as the result, else the newest object under the run's own prefix.

        None where the pipeline leaves no result.
        """
        connection, execution = self.deployed.connection, trace.pipeline
        name = self.deployed.outputs.pipeline_of(execution.arn) if execution else ""
        pipeline = self.deployed.outputs.pipelines.get(name)
        kind = str(pipeline.result.get("kind", "")) if pipeline else ""
        if kind == "none" or (pipeline and not gives_output(pipeline)):
            return None
        if place is None:
            parameters = connection.pipelines.parameters(execution.arn) if execution else {}
            place = result_place(pipeline, parameters) if pipeline else ("", "")
        bucket, prefix = place
        prefix += str(pipeline.result.get("file", "")) if pipeline else ""
        found = connection.storage.newest(bucket, prefix) if bucket else None
        if execution is None or found is None:
            if not kind:
                return None
            raise ExecutionFailedError(
                f"Execution {trace.name} succeeded and left no result.",
                f"There is no object under s3://{bucket}/{prefix}."
                if bucket
                else "It was started without an S3 URI in the parameter that says where the result is to be.",
                self._logs(trace),
            )
        if self.folder:
            with users_umask():
                self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder or self.deployed.workspace.runs_directory / file_name(trace.name)
        path = folder / file_name(Path(found.key).name)
        fetch(connection.storage, bucket, found, path, self.console)
        if self.folder:
            path.chmod(users_mode())
        if kind == "table" or (not kind and path.suffix.lower() == ".csv"):
            is_coordinates = pipeline is not None and takes_coordinates(pipeline)
            return read_result_file(path, rows, always_header=not is_coordinates)
        return ResultTable(path, (), (), 0)

    def _show(self, table: ResultTable) -> None:
        self.console.say()
        if not table.header:
            self._show_file(table)
            return
        shown, empty = without_empty_columns(table)
        self.console.table(shown.header, shown.rows)
        if empty and table.rows:
            self.console.say(f"empty in these rows: {', '.join(empty)}", style="dim")
        self.console.say()
        statuses = describe_statuses(table)
        told = f" ({statuses})" if statuses else ""
        self.console.say(f"The result has {counted(table.count, 'row')}{told}:")
        self.console.say(f"{table.path}")
        if warning := doubt(table):
            self.console.warn(warning)
        if self.deployed.deployment.endpoint_url is None:
            self.console.say(f"To look at it in SageMaker Studio: {_STUDIO}")

    def _show_file(self, table: ResultTable) -> None:
        """Show a short JSON document whole, and of any other file where it is."""
        path = table.path
        if path and path.suffix.lower() == ".json" and path.stat().st_size <= _SHORT:
            for line in describe_output(path.read_text(encoding="utf-8", errors="replace")):
                self.console.say(f"  {line}")
            self.console.say()
        self.console.say("The result is")
        self.console.say(f"{path}")

    def failure(self, trace: Trace) -> ExecutionFailedError:
        """Say why an execution of a pipeline, or of the state machine that runs them, did not succeed."""
        reason = trace.reason
        if trace.outcome is Outcome.STOPPED:
            return ExecutionFailedError(
                f"Execution {trace.name} was stopped.",
                reason or "It wrote no result.",
                f"Start another with `invoke run-pipeline{self.deployed.target_flag}`.",
            )
        steps = [
            f"Step {step.name}: {step.reason or 'no reason given'}"
            for step in (trace.pipeline.spans if trace.pipeline else ())
            if step.has_failed and not (step.reason and step.reason in reason)
        ]
        return ExecutionFailedError(
            f"Execution {trace.name} ended {trace.status}.",
            "\n".join([reason or "AWS gives no reason.", *steps, *last_lines(self.deployed, trace)]),
            self._logs(trace),
        )

    def _logs(self, trace: Trace) -> str:
        """Say where the logs are: those of the jobs and functions that worked for it."""
        outputs, deployment = self.deployed.outputs, self.deployed.deployment
        parts = list(trace.walk())
        spans = [span for part in parts for span in part.spans]
        groups = [span.log_group for span in spans if span.log_group]
        groups += [outputs.functions[name].log_group_name for name in functions_called(parts, outputs)]
        if trace.kind is not Kind.PIPELINE:
            groups.append(outputs.state_machine_log_group_name)
        groups = list(dict.fromkeys(groups))
        execution = f"{self.deployed.short_name(trace.arn)}{self.deployed.target_flag}"
        return where_logs_are(deployment, groups, self.deployed.workspace.directory, execution)
