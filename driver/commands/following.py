"""Following an execution to its end, and fetching what it wrote: shared by run-pipeline, attach and stop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from driver.console import Console
from driver.exceptions import (
    DeadlineExceededError,
    ExecutionFailedError,
    InterruptedByUserError,
    NotDeployedError,
)
from driver.models import Deployment, Execution, Outputs, Progress, ResultTable
from driver.ports import Connect, Connection, Target
from driver.results import read_result_file, without_empty_columns
from driver.status import Status
from driver.views import ExecutionView, describe_execution
from driver.workspace import Workspace

EXPORT_PARAMETER = "parameter_vej_export_config"
_STUDIO = "https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-studio.html"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that is there, and the way to its services."""

    deployment: Deployment
    outputs: Outputs
    connection: Connection

    def execution_arn(self, name: str | None) -> str | None:
        """Resolve what the user called an execution: its ARN, its id, or None for the newest.

        Returns
        -------
        str or None
            None if the pipeline was never started.
        """
        if name is None:
            newest = self.connection.pipelines.executions(self.outputs.pipeline_name, 1)
            return newest[0].arn if newest else None
        return name if name.startswith("arn:") else f"{self.outputs.pipeline_arn}/execution/{name}"


def open_deployment(workspace: Workspace, target: Target, connect: Connect) -> Deployed:
    """Find the deployment of a target.

    Raises
    ------
    NotDeployedError
        If there is none, or if it went with the local cloud.
    """
    outputs, deployment = workspace.outputs(), workspace.deployment()
    if deployment is None or not target.still_holds(deployment):
        raise NotDeployedError(
            f"The deployment on target {workspace.directory.name} is gone.",
            "The cloud that held it does not run, or was started anew, and it has no memory.",
            f"Run `invoke up{workspace.target_flag}`.",
        )
    return Deployed(deployment, outputs, connect(deployment.region, deployment.endpoint_url))


def export_place(parameters: Mapping[str, str]) -> tuple[str, str]:
    """Find out where an execution was told to put its result.

    Parameters
    ----------
    parameters
        What it was started with, by us or by anybody.

    Returns
    -------
    tuple of str
        Bucket and prefix; both empty if the parameters do not say.
    """
    try:
        uri = urlsplit(json.loads(parameters[EXPORT_PARAMETER])["S3Data"]["S3Uri"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return "", ""
    return uri.netloc, uri.path.removeprefix("/")


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows executions of one deployment.

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

    def follow(self, arn: str, timeout: float) -> Progress:
        """Show an execution until it ends.

        Parameters
        ----------
        arn
            The execution.
        timeout
            Seconds until the deadline.

        Returns
        -------
        Progress
            With a terminal status.

        Raises
        ------
        DeadlineExceededError
            If it still runs at the deadline.
        InterruptedByUserError
            If Ctrl-C is pressed; the execution goes on.
        """
        connection = self.deployed.connection
        execution_id = arn.rpartition("/")[2]
        flag = self.workspace.target_flag
        come_back = f"`invoke attach --execution {execution_id}{flag}` comes back to it"
        end_it = f"`invoke stop --execution {execution_id}{flag}` stops it"
        try:
            with ExecutionView(self.console).shown() as on_progress:
                waited = connection.waiter.wait_for(
                    look=lambda: connection.pipelines.progress(arn),
                    is_done=lambda progress: progress.execution.status.is_terminal,
                    timeout=timeout,
                    on_news=on_progress,
                )
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                f"You left execution {execution_id}.", "It goes on running.", f"{come_back}, {end_it}."
            ) from error
        if not waited.is_done:
            raise DeadlineExceededError(
                f"Execution {execution_id} did not end within {timeout:g} seconds.",
                f"It is {waited.last.execution.status} still.",
                f"{come_back}, {end_it}; --timeout sets another deadline.",
            )
        return waited.last

    def finish(self, arn: str, timeout: float, rows: int) -> None:
        """Follow an execution, then fetch and show its result.

        Raises
        ------
        SagestepError
            As `follow` does; ExecutionFailedError if it does not succeed or has no result.
        """
        progress = self.follow(arn, timeout)
        execution = progress.execution
        if execution.status.is_failure:
            raise self._failed(progress)
        if execution.status is not Status.SUCCEEDED:
            raise ExecutionFailedError(
                f"Execution {execution.id} was stopped.",
                "It wrote no result.",
                f"Start another with `invoke run-pipeline{self.workspace.target_flag}`.",
            )
        self.console.done(f"execution {execution.id}: {describe_execution(execution)}")
        self._show(self._fetch(arn, execution, rows))

    def _fetch(self, arn: str, execution: Execution, rows: int) -> ResultTable:
        """Download the newest object under the execution's own prefix."""
        connection = self.deployed.connection
        bucket, prefix = export_place(connection.pipelines.parameters(arn))
        found = connection.storage.newest(bucket, prefix) if bucket else None
        if found is None:
            raise ExecutionFailedError(
                f"Execution {execution.id} succeeded and left no result.",
                f"There is no object under s3://{bucket}/{prefix}."
                if bucket
                else f"It was started without an S3Uri in {EXPORT_PARAMETER}.",
                self._logs(),
            )
        path = self.workspace.runs_directory / execution.id / Path(found.key).name
        with self.console.transfer(f"Downloading s3://{bucket}/{found.key}", found.size) as on_bytes:
            connection.storage.download(bucket, found.key, path, on_bytes)
        return read_result_file(path, rows)

    def _show(self, table: ResultTable) -> None:
        shown, empty = without_empty_columns(table)
        self.console.say()
        self.console.table(shown.header, shown.rows)
        if empty and table.rows:
            self.console.say(f"empty in these rows: {', '.join(empty)}", style="dim")
        self.console.say()
        more = table.count - len(table.rows)
        self.console.say(f"{table.count} rows; {f'the other {more} are' if more else 'all of them are'} in")
        self.console.say(f"{table.path}")
        if self.deployed.deployment.endpoint_url is None:
            self.console.say(f"To look at it in SageMaker Studio: {_STUDIO}")

    def _failed(self, progress: Progress) -> ExecutionFailedError:
        reasons = [progress.execution.reason or "AWS gives no reason."]
        reasons += [
            f"Step {step.name}: {step.reason or 'no reason given'}"
            for step in progress.steps
            if step.status.is_failure
        ]
        return ExecutionFailedError(
            f"Execution {progress.execution.id} ended {progress.execution.status}.",
            "\n".join(reasons),
            self._logs(),
        )

    def _logs(self) -> str:
        """Say where the function's logs are."""
        group, deployment = self.deployed.outputs.geospatial_log_group_name, self.deployed.deployment
        if deployment.endpoint_url is None:
            region = deployment.region
            page = (
                f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups"
            )
            return f"The function's logs are at {page}/log-group/{quote(quote(group, safe=''), safe='')}"
        return (
            f"The function's logs are in CloudWatch's group {group} at {deployment.endpoint_url}; "
            f"the local cloud's own are in {self.workspace.directory / 'cloud.log'}."
        )
