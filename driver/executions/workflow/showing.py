"""The output of a workflow's execution on the terminal: tables of metrics, times and results, and S3 URIs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from driver.executions.outcomes import value_lines
from driver.executions.workflow.output import Job, Output, Table
from driver.host.console import Console
from driver.host.wording import counted, describe_duration

_PRECISION = 6  # digits of a metric that are shown


def show_output(output: Output, console: Console) -> None:
    """Show an output; one that is neither object nor list as the JSON it is."""
    console.say()
    if output.job:
        _show_job(output.job, console)
    elif isinstance(output.value, dict) or output.tables:
        for line in value_lines(output.others):
            console.say(line)
        for table in output.tables:
            _show_table(table, console)
    else:
        console.say(json.dumps(output.value, ensure_ascii=False))


def shown(value: object) -> str:
    """Write a value of a table: a number in up to six digits, text as it is, anything else as JSON."""
    if isinstance(value, float):
        return f"{value:.{_PRECISION}g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _show_job(job: Job, console: Console) -> None:
    console.say(f"{job.kind} {job.name}: {job.status}")
    if job.message:
        console.say(f"It says: {job.message}")
    if job.metrics:
        rows = [(metric.name, shown(metric.value)) for metric in job.metrics]
        _say_table(("Metric", "Value"), rows, console)
    if job.phases:
        phases = [
            (
                phase.name,
                f"{phase.started.astimezone():%H:%M:%S}",
                describe_duration(phase.started, phase.ended),
            )
            for phase in job.phases
        ]
        _say_table(("Phase", "Started", "Took"), phases, console)
    if job.billable is not None:
        console.say(f"Billable: {counted(job.billable, 'second')} of each instance")
    if job.files:
        console.say()
        console.say("It wrote")
    for file in job.files:
        console.say(f"  {file}")


def _show_table(table: Table, console: Console) -> None:
    if table.name:
        console.say()
        console.say(f"{table.name}: {counted(len(table.rows), 'row')}")
    console.table(table.columns, [[shown(cell) for cell in row] for row in table.rows])


def _say_table(columns: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    console.say()
    console.table(columns, rows)
