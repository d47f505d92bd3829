"""Executions as values, to make reports of: one that succeeds, one that fails, one with very much in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from driver.executions.names import Kind
from driver.executions.trace import Outcome, Span, Trace
from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.runs import runs_of
from driver.inspection.graph.svg import svg
from driver.inspection.page.report import Drawing, Log, Report
from driver.inspection.page.result_points import read_result
from driver.model.status import StateMachineStatus, Status

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ARN = "arn:aws:states:us-west-2:000000000000:execution"
PIPELINE_ARN = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-geospatial/execution/abcdefghijkl"
REASON = "AlgorithmError: HyperparameterError: max-depth: 'two' is no number"
NASTY = "</script></style><script>window.attacked = 1</script><img src=x onerror='window.attacked = 1'>"

TRAIN_MANY = {
    "StartAt": "Defaults",
    "States": {
        "Defaults": {"Type": "Pass", "Next": "Train each"},
        "Train each": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Train",
                "States": {
                    "Train": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Not trained"}],
                        "End": True,
                    },
                    "Not trained": {"Type": "Pass", "End": True},
                },
            },
            "Next": "Best",
        },
        "Best": {"Type": "Choice", "Choices": [], "Default": "Failed"},
        "Failed": {"Type": "Fail"},
    },
}


STATUSES = {
    Outcome.SUCCEEDED: StateMachineStatus.SUCCEEDED,
    Outcome.FAILED: StateMachineStatus.FAILED,
    Outcome.STOPPED: StateMachineStatus.ABORTED,
    Outcome.RUNNING: StateMachineStatus.RUNNING,
}
PIPELINE_STATUSES = {
    Outcome.SUCCEEDED: Status.SUCCEEDED,
    Outcome.FAILED: Status.FAILED,
    Outcome.STOPPED: Status.STOPPED,
    Outcome.RUNNING: Status.EXECUTING,
}


def at(seconds: float) -> datetime:
    """Return a time so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def span(
    name: str,
    start: float,
    end: float | None,
    outcome: Outcome = Outcome.SUCCEEDED,
    *,
    kind: str = "Task",
    branch: Iterable[str] = (),
    attempts: int = 1,
    reason: str = "",
    resource_arn: str = "",
    input: str = "",  # noqa: A002 - the field's name
    output: str = "",
) -> Span:
    """Make a stay in a state between two seconds after noon."""
    ended = None if end is None else at(end)
    return Span(
        name, kind, at(start), ended, outcome, tuple(branch), attempts, reason, resource_arn, input, output
    )


def trace(
    *spans: Span,
    outcome: Outcome = Outcome.SUCCEEDED,
    subject: str = "sagestep-train-many",
    name: str = "run-1",
    ended: float | None = 10,
    children: Iterable[Trace] = (),
    error: str = "",
    cause: str = "",
    status: StateMachineStatus | None = None,
    definition: Mapping[str, object] | None = None,
) -> Trace:
    """Make an execution of a workflow that began at noon."""
    return Trace(
        arn=f"{ARN}:{subject}:{name}",
        kind=Kind.WORKFLOW,
        status=status or STATUSES[outcome],
        started=NOON,
        ended=None if ended is None else at(ended),
        definition=definition or {},
        input='{"models": [{"name": "shallow"}, {"name": "broken"}]}',
        output='{"best": "shallow"}' if outcome is Outcome.SUCCEEDED else "",
        error=error,
        cause=cause,
        spans=spans,
        children=tuple(children),
    )


def pipeline(outcome: Outcome = Outcome.SUCCEEDED, *spans: Span, cause: str = "") -> Trace:
    """Make an execution of the pipeline that began a second after noon and took three."""
    names = ("vej-processing-step", "vej-callback-step", "export-vej-step")
    steps = spans or tuple(span(step, 1 + n, 2 + n, kind="Lambda") for n, step in enumerate(names))
    return replace(
        trace(*steps, outcome=outcome, cause=cause),
        arn=PIPELINE_ARN,
        kind=Kind.PIPELINE,
        status=PIPELINE_STATUSES[outcome],
        started=at(1),
        ended=at(4),
        definition={"Version": "2020-12-01", "Steps": [{"Name": s.name, "Type": s.kind} for s in steps]},
        input="{}",
        output="",
    )


def run_pipeline() -> Trace:
    """Make a run of the state machine around the pipeline, with the pipeline's execution below its state."""
    definition = {"StartAt": "RunPipeline", "States": {"RunPipeline": {"Type": "Task", "End": True}}}
    state = span("RunPipeline", 0, 5, resource_arn=PIPELINE_ARN)
    made = trace(
        state,
        subject="sagestep-run-pipeline",
        ended=5,
        children=[pipeline()],
        definition=definition,
    )
    return replace(made, kind=Kind.STATE_MACHINE)


def train_many() -> Trace:
    """Make an execution with a Map: one model is trained at the third attempt, the other not at all."""
    job = "arn:aws:sagemaker:us-west-2:000000000000:training-job/train-run-1"
    good, bad = ("Train each[0]",), ("Train each[1]",)
    return trace(
        span("Defaults", 0, 0.2, kind="Pass", input='{"a": 1}', output='{"a": 1, "b": [1, 2]}'),
        span("Train each", 0.2, 9, kind="Map"),
        span("Train", 0.3, 9, branch=good, attempts=3, resource_arn=f"{job}-0", output='{"accuracy": 0.9}'),
        span(
            "Train",
            0.3,
            2,
            Outcome.CAUGHT,
            branch=bad,
            reason=f"{REASON}\nat line 7",
            resource_arn=f"{job}-1",
        ),
        span("Not trained", 2, 2.1, kind="Pass", branch=bad),
        span("Best", 9, 9.5, kind="Choice"),
        span("Failed", 9.5, 9.5, Outcome.FAILED, kind="Fail"),
        outcome=Outcome.FAILED,
        error="TooManyModelsFailed",
        cause=f"1 of 2 models failed, and 0 may. The last of them: {REASON}",
        definition=TRAIN_MANY,
    )


def nasty() -> Trace:
    """Make an execution in which everything that can be named is an attack."""
    definition = {"StartAt": NASTY, "States": {NASTY: {"Type": "Task", "End": True}}}
    failed = span(
        NASTY,
        0,
        1,
        Outcome.FAILED,
        branch=(f"{NASTY}[0]",),
        reason=NASTY,
        resource_arn=f'javascript:window.attacked=1//"{NASTY}',
        input=json.dumps({"a": NASTY}),
        output=NASTY,
    )
    return replace(
        trace(failed, outcome=Outcome.FAILED, subject=NASTY, name=NASTY, error=NASTY, cause=NASTY),
        input=json.dumps([NASTY]),
        definition=definition,
    )


def long_run(states: int, *, text: str = "{}", reason: str = "") -> Trace:
    """Make an execution that went through many states, each failing one with a reason."""
    spans = (
        span(
            f"State {number}",
            number,
            number + 0.9,
            Outcome.CAUGHT if reason else Outcome.SUCCEEDED,
            reason=reason,
            input=text,
            output=text,
        )
        for number in range(states)
    )
    return trace(*spans, ended=states, definition=TRAIN_MANY)


def record(text: str = "sqs:SendMessage") -> dict[str, object]:
    """Make a record of IAM's decisions: two roles used something, one was denied what a text names."""
    row: dict[str, object] = {
        "principal": "arn:aws:iam::000000000000:role/app-start",
        "session": "app-start",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::data/in.csv",
        "decision": "allowed",
        "reason": "Statement 0 allows s3:GetObject.",
        "statements": [],
        "missing_context": [],
        "count": 12,
        "first": at(1).timestamp(),
        "last": at(60).timestamp(),
    }
    denial = {"action": text, "resource": "arn:aws:sqs:us-west-2:000000000000:app-answers", "count": 3}
    because = f"User: x is not authorized because no identity-based policy allows the {text} action"
    later = {"first": at(9000).timestamp(), "last": at(9001).timestamp(), "action": "s3:DeleteBucket"}
    rows = [
        row,
        row | {"principal": "arn:aws:iam::000000000000:role/path/app-jobs", "action": "s3:PutObject"},
        row | denial | {"decision": "implicitDeny", "reason": because},
        row | later,
        row | {"principal": "arn:aws:iam::000000000000:root"},
    ]
    return {"mode": "enforce", "decisions": rows}


def report(execution: Trace, *, result_file: Path | None = None, logs: Iterable[Log] = ()) -> Report:
    """Make the report of an execution, ten minutes after noon."""
    drawings = (
        Drawing(
            part.subject, svg(graph_of(part.subject, part.definition), runs_of(part), prefix=f"g{number}")
        )
        for number, part in enumerate(execution.walk())
        if part.definition
    )
    return Report(
        trace=execution,
        short_name=f"train_many/{execution.name}",
        target="local: http://127.0.0.1:4566, us-west-2",
        target_flag="",
        made=at(600),
        drawings=tuple(drawings),
        logs=tuple(logs),
        result=read_result(result_file, 200) if result_file else None,
    )


def result_file(folder: Path, rows: Iterable[tuple[str, str, str, str]]) -> Path:
    """Write a result: longitude, latitude, town and status of each row."""
    path = folder / "results_0.csv"
    head = "Longitude,Latitude,reverse_geo.label,reverse_geo.municipality,reverse_geo.status"
    lines = (f'{x},{y},"{town}, somewhere",{town},"{status}"' for x, y, town, status in rows)
    path.write_text("\n".join([head, *lines, ""]))
    return path
