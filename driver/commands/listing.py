"""Listing the recent executions of all kinds: shared by `invoke executions` and `invoke status`."""

from __future__ import annotations

from dataclasses import replace

from driver.commands.deployed import Deployed
from driver.console import Console
from driver.models import AnyExecution, StateMachineExecution
from driver.outcomes import describe_reason
from driver.views import describe_duration

_COLUMNS = ("Execution", "Kind", "Started", "Status", "Took")


def show_recent(deployed: Deployed, console: Console, limit: int) -> None:
    """Show the newest executions, a line for each and one more where there is a reason.

    The reason has a line of its own because it is as long as it likes, and because a terminal may be no wider
    than 80 columns; names are never cut, so that they can be handed to `invoke attach`.

    Parameters
    ----------
    deployed
        The deployment.
    console
        Where they are shown.
    limit
        How many at most.
    """
    executions = [_in_full(deployed, execution) for execution in deployed.recent(limit)]
    if not executions:
        console.say(f"Never run; start it with `invoke run-pipeline{deployed.target_flag}`.")
        return
    rows = [_cells(deployed, execution) for execution in executions]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    console.line(_padded(_COLUMNS, widths), "bold")
    for execution, row in zip(executions, rows, strict=True):
        console.line(_padded(row, widths))
        reason = describe_reason(execution)
        if reason:
            console.line(f"    {' '.join(reason.splitlines()[0].split())}", "dim")


def _in_full(deployed: Deployed, execution: AnyExecution) -> AnyExecution:
    """Ask for what the lists leave out: the end of a pipeline, and why a state machine failed."""
    connection = deployed.connection
    if isinstance(execution, StateMachineExecution):
        failed = execution.status.is_failure
        return connection.state_machines.describe(execution.arn) if failed else execution
    described = connection.pipelines.describe(execution.arn)
    if not described.status.is_failure:
        return described
    # AWS's reason is that a step failed: which one, and why, the steps know.
    failed_steps = (step for step in connection.pipelines.steps(execution.arn) if step.status.is_failure)
    reasons = [f"Step {step.name}: {step.reason or 'no reason given'}" for step in failed_steps]
    return replace(described, reason="\n".join(reasons) or described.reason)


def _cells(deployed: Deployed, execution: AnyExecution) -> tuple[str, ...]:
    return (
        deployed.short_name(execution.arn),
        deployed.kind_of(execution.arn),
        f"{execution.started.astimezone():%m-%d %H:%M:%S}" if execution.started else "",
        execution.status,
        describe_duration(execution.started, execution.ended),
    )


def _padded(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
