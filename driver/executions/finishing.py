"""What came of an execution: its result fetched and shown, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from driver.aws.jobs import JOB_GROUPS
from driver.deployments.workspace import Workspace
from driver.executions.deployed import Deployed
from driver.executions.downloads import fetch
from driver.executions.outcomes import describe_output, describe_reason, where_logs_are
from driver.executions.parameters import EXPORT_PARAMETER, OUTPUT_PARAMETER, export_place
from driver.executions.results import read_result_file, without_empty_columns
from driver.executions.watching import Seen
from driver.host.console import Console
from driver.host.wording import counted, describe_execution
from driver.model.choices import Geocoder
from driver.model.exceptions import ExecutionFailedError
from driver.model.status import StateMachineStatus, Status
from driver.model.values import AnyExecution, ResultTable

_STUDIO = "https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-studio.html"


@dataclass(frozen=True, slots=True)
class Finisher:
    """Tells the end of executions of one deployment.

    Parameters
    ----------
    workspace
        Where results go.
    console
        Where it is told.
    deployed
        The deployment.
    """

    workspace: Workspace
    console: Console
    deployed: Deployed

    def finish(self, seen: Seen, rows: int) -> None:
        """Tell how an execution ended, then fetch and show its result.

        Parameters
        ----------
        seen
            An execution that has ended.
        rows
            How many rows of the result to show.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed or has no result.
        """
        self._tell_what_still_runs(seen)
        execution = self._succeeded(seen)
        kind = "state machine" if seen.state_machine else "execution"
        self.console.done(f"{kind} {seen.name}: {describe_execution(execution)}")
        if seen.state_machine:
            for line in describe_output(seen.state_machine.output):
                self.console.say(f"  {line}")
        self._show(self._fetch(seen, rows))

    def result(self, seen: Seen) -> ResultTable:
        """Fetch the result of an execution that has ended, without showing it.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed or has no result.
        """
        self._succeeded(seen)
        return self._fetch(seen, rows=0)

    def _succeeded(self, seen: Seen) -> AnyExecution:
        execution = seen.state_machine or seen.pipeline
        if execution is None or execution.status not in {Status.SUCCEEDED, StateMachineStatus.SUCCEEDED}:
            raise self._failed(seen, execution)
        return execution

    def _tell_what_still_runs(self, seen: Seen) -> None:
        """Warn of a pipeline that outlives its state machine."""
        if seen.is_complete:
            return
        name = self.deployed.short_name(seen.pipeline_arn)
        status = seen.pipeline.status if seen.pipeline else "not seen to have ended"
        self.console.warn(
            f"pipeline execution {name} is {status} still; "
            f"`invoke attach --execution {name}{self.workspace.target_flag}` follows it"
        )

    def _fetch(self, seen: Seen, rows: int) -> ResultTable:
        """Download the newest object under the execution's own prefix."""
        connection = self.deployed.connection
        parameters = connection.pipelines.parameters(seen.pipeline_arn) if seen.pipeline_arn else {}
        bucket, prefix = export_place(parameters)
        found = connection.storage.newest(bucket, prefix) if bucket else None
        if found is None:
            raise ExecutionFailedError(
                f"Execution {seen.name} succeeded and left no result.",
                f"There is no object under s3://{bucket}/{prefix}."
                if bucket
                else f"It was started without an S3 URI in {EXPORT_PARAMETER} or {OUTPUT_PARAMETER}.",
                self._logs(seen),
            )
        path = (
            self.workspace.runs_directory / self.deployed.short_name(seen.pipeline_arn) / Path(found.key).name
        )
        fetch(connection.storage, bucket, found, path, self.console)
        return read_result_file(path, rows)

    def _show(self, table: ResultTable) -> None:
        shown, empty = without_empty_columns(table)
        self.console.say()
        self.console.table(shown.header, shown.rows)
        if empty and table.rows:
            self.console.say(f"empty in these rows: {', '.join(empty)}", style="dim")
        self.console.say()
        self.console.say(f"The result has {counted(table.count, 'row')}:")
        self.console.say(f"{table.path}")
        if self.deployed.deployment.endpoint_url is None:
            self.console.say(f"To look at it in SageMaker Studio: {_STUDIO}")

    def _failed(self, seen: Seen, execution: AnyExecution | None) -> ExecutionFailedError:
        """Put an end into words that nobody wished for."""
        reason = describe_reason(execution) if execution else ""
        if execution and execution.status in {Status.STOPPED, StateMachineStatus.ABORTED}:
            return ExecutionFailedError(
                f"Execution {seen.name} was stopped.",
                reason or "It wrote no result.",
                f"Start another with `invoke run-pipeline{self.workspace.target_flag}`.",
            )
        steps = [
            f"Step {step.name}: {step.reason or 'no reason given'}"
            for step in seen.steps
            if step.status.is_failure and not (step.reason and step.reason in reason)
        ]
        return ExecutionFailedError(
            f"Execution {seen.name} ended {seen.status}.",
            "\n".join([reason or "AWS gives no reason.", *steps]),
            self._logs(seen),
        )

    def _logs(self, seen: Seen) -> str:
        """Say where the logs are: the geocoder's, the functions', and the state machine's if there is one."""
        outputs, deployment = self.deployed.outputs, self.deployed.deployment
        is_processing = outputs.geocoder == Geocoder.PROCESSING
        groups = [JOB_GROUPS["processing-job"] if is_processing else outputs.geospatial_log_group_name]
        if seen.state_machine_arn:
            groups += [
                outputs.start_pipeline_log_group_name,
                outputs.answer_task_log_group_name,
                outputs.state_machine_log_group_name,
            ]
        name = self.deployed.short_name(seen.state_machine_arn or seen.pipeline_arn)
        execution = f"{name}{self.deployed.target_flag}"
        return where_logs_are(deployment, groups, self.workspace.directory, execution)
