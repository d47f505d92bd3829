"""The recent executions of all kinds, collected and shown: for `invoke executions` and `invoke status`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace

from driver.executions.deployed import Deployed
from driver.executions.outcomes import describe_reason
from driver.host.console import Console
from driver.host.wording import describe_duration
from driver.model.documents import Document, moment
from driver.model.values import AnyExecution, StateMachineExecution

_COLUMNS = ("Execution", "Kind", "Started", "Status", "Took")


@dataclass(frozen=True, slots=True)
class Listed:
    """An execution as it is listed: `name` is what `invoke attach` takes, `reason` why it ended as it did."""

    name: str
    kind: str
    execution: AnyExecution
    reason: str

    def document(self) -> Document:
        """Put it into a document."""
        started, ended = self.execution.started, self.execution.ended
        return {
            "name": self.name,
            "kind": self.kind,
            "arn": self.execution.arn,
            "status": str(self.execution.status),
            "is_terminal": self.execution.status.is_terminal,
            "started": moment(started),
            "ended": moment(ended),
            "seconds": (ended - started).total_seconds() if started and ended else None,
            "reason": self.reason or None,
        }


def show_recent(deployed: Deployed, console: Console, limit: int) -> None:
    """Show the newest executions, `limit` at most, or print them as a document."""
    listed = collect_recent(deployed, limit)
    document: Document = {"version": 1, "executions": [execution.document() for execution in listed]}
    console.present(document, lambda: show_listed(listed, console, deployed.target_flag))


def collect_recent(deployed: Deployed, limit: int) -> list[Listed]:
    """Ask for the newest executions, how each ended, and why."""
    found = [_in_full(deployed, execution) for execution in deployed.recent(limit)]
    return [
        Listed(
            deployed.short_name(execution.arn),
            deployed.kind_of(execution.arn),
            execution,
            _reason(execution),
        )
        for execution in found
    ]


def show_listed(listed: Sequence[Listed], console: Console, target_flag: str) -> None:
    """Show executions, a line for each and one more where there is a reason.

    The reason has a line of its own because it can be long. Names are never cut, so that `invoke attach`
    takes them: where the terminal is too narrow, the name has a line of its own, too.
    """
    if not listed:
        console.say(f"Never run; start it with `invoke run-pipeline{target_flag}`.")
        return
    rows = [_cells(execution) for execution in listed]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    is_narrow = console.is_terminal and sum(widths) + 2 * len(widths) - 2 > _columns()
    if not is_narrow:
        console.line(_padded(_COLUMNS, widths), "bold")
    for execution, row in zip(listed, rows, strict=True):
        if is_narrow:
            name, kind, started, status, took = row
            console.say(name, "bold")
            console.line("  " + "  ".join(filter(None, (status, took, started, kind))))
        else:
            console.line(_padded(row, widths))
        if execution.reason:
            console.line(f"    {' '.join(execution.reason.splitlines()[0].split())}", "dim")


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


def _reason(execution: AnyExecution) -> str:
    if isinstance(execution, StateMachineExecution):
        return describe_reason(execution.status, execution.error, execution.cause)
    return execution.reason


def _cells(listed: Listed) -> tuple[str, ...]:
    execution = listed.execution
    return (
        listed.name,
        listed.kind,
        f"{execution.started.astimezone():%m-%d %H:%M:%S}" if execution.started else "",
        execution.status,
        describe_duration(execution.started, execution.ended),
    )


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _padded(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
