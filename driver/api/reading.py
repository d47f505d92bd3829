"""Steps, metrics and logs of executions, read into the values that the classes return."""

from __future__ import annotations

import json
from typing import Any

from driver.api.session import Session
from driver.api.values import LogEvent, Metric, Step
from driver.commands.logs import LogRequest, Logs
from driver.executions.deployed import Deployed
from driver.executions.trace import Trace
from driver.inspection.training import training_jobs


def steps_of(trace: Trace) -> list[Step]:
    """List the steps and states of an execution and of those within it."""
    return [
        Step(
            subject=part.subject,
            branch=" / ".join(span.branch),
            name=span.name,
            type=span.kind,
            outcome=str(span.outcome),
            started=span.started,
            ended=span.ended,
            attempts=span.attempts,
            output=_read(span.output),
            reason=span.reason,
            resource_arn=span.resource_arn,
        )
        for part in trace.walk()
        for span in part.spans
    ]


def read_metrics(deployed: Deployed, trace: Trace) -> list[Metric]:
    """List the metrics of the training jobs of an execution and of those within it."""
    found: list[Metric] = []
    for job in training_jobs(deployed, trace):
        series = {one.name: one.values for one in job.series}
        found += [
            Metric(job.place, job.job.name, metric.name, metric.value, series.get(metric.name, ()))
            for metric in job.job.metrics
        ]
    return found


def read_logs(session: Session, request: LogRequest) -> list[LogEvent]:
    """Read logs as `invoke logs` does."""
    return [
        LogEvent(line.event.time, line.source, line.event.message, line.is_error)
        for line in Logs(session.context).collect(request).lines
    ]


def _read(text: str) -> Any:
    """Read an output; one that is no JSON is text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
