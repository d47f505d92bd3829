"""The output of a workflow's execution, read: a job of SageMaker's, lists, and where its files are. Pure.

Nothing depends on the workflow's name: a job is known by its members, as the Describe…Job operations give
them (botocore's SageMaker model) and as Step Functions' `.sync` integration passes them on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_JOB_NAME = re.compile(r"([A-Za-z]+Job)Name")
_S3 = re.compile(r"s3://[^/\s]+/\S+")
_LATER = ("Starting", "Training", "Processing", "Transform")  # prefixes of <prefix>StartTime in descriptions


@dataclass(frozen=True, slots=True)
class Metric:
    """The last value of a metric, as SageMaker read it from the job's log."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a job's time; `ended` is None while it is not known."""

    name: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of SageMaker's; `kind` is such as `Training job`, `message` the job's own last word."""

    name: str
    kind: str
    status: str
    metrics: tuple[Metric, ...]
    phases: tuple[Phase, ...]
    billable: int | None  # seconds
    message: str
    files: tuple[str, ...]  # S3 URIs of what it wrote


@dataclass(frozen=True, slots=True)
class Table:
    """A list of objects: a row for each, a column for each member that is neither object nor list."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Output:
    """An output: a job, or tables and all other values."""

    value: Any  # as JSON has it
    job: Job | None
    tables: tuple[Table, ...]
    others: Mapping[str, Any]
    files: tuple[str, ...]  # S3 URIs that it names; of a job, only those of what it wrote


def read_output(text: str) -> Output:
    """Read an output, JSON; an empty text is `null`."""
    value = json.loads(text or "null")
    if not isinstance(value, dict):
        return Output(value, None, tuple(_tables({"": value})), {}, tuple(_addresses(value)))
    job = read_job(value)
    if job:
        return Output(value, job, (), {}, job.files)
    tables = tuple(_tables(value))
    named = {table.name for table in tables}
    others = {name: found for name, found in value.items() if name not in named}
    return Output(value, None, tables, others, tuple(dict.fromkeys(_addresses(value))))


def read_job(value: Mapping[str, Any]) -> Job | None:
    """Read the description of a job; None if it is none."""
    kinds = [found[1] for name in value if (found := _JOB_NAME.fullmatch(name)) and f"{found[1]}Arn" in value]
    if len(kinds) != 1:
        return None
    kind = kinds[0]
    metrics = _objects(value.get("FinalMetricDataList"))
    billable = value.get("BillableTimeInSeconds")
    return Job(
        name=str(value[f"{kind}Name"]),
        kind=re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).capitalize(),
        status=str(value.get(f"{kind}Status", "")),
        metrics=tuple(
            Metric(str(found["MetricName"]), float(found["Value"]))
            for found in metrics
            if "MetricName" in found and isinstance(found.get("Value"), int | float)
        ),
        phases=tuple(_phases(value)),
        billable=billable if isinstance(billable, int) else None,
        message=str(value.get("ExitMessage") or value.get("FailureReason") or ""),
        files=tuple(_written(value)),
    )


def _phases(value: Mapping[str, Any]) -> Iterator[Phase]:
    """Give the times of a training job by its phases, of another job from its start to its end."""
    moves = _objects(value.get("SecondaryStatusTransitions"))
    for move in moves:
        started, ended = moment_of(move.get("StartTime")), moment_of(move.get("EndTime"))
        if started and started != ended:
            yield Phase(str(move.get("Status", "")), started, ended)
    if moves:
        return
    created = moment_of(value.get("CreationTime"))
    for prefix in _LATER:
        started = moment_of(value.get(f"{prefix}StartTime"))
        if started:
            if created and created < started:
                yield Phase("Starting", created, started)
            yield Phase(prefix, started, moment_of(value.get(f"{prefix}EndTime")))


def _written(value: Mapping[str, Any]) -> Iterator[str]:
    """Give the S3 URIs of what a job wrote."""
    places = [
        _member(value, "ModelArtifacts", "S3ModelArtifacts"),
        *(
            _member(output, "S3Output", "S3Uri")
            for output in _objects(_member(value, "ProcessingOutputConfig", "Outputs"))
        ),
        _member(value, "TransformOutput", "S3OutputPath"),
    ]
    return (place for place in dict.fromkeys(places) if isinstance(place, str) and place)


def moment_of(value: object) -> datetime | None:
    """Read a time: boto3's, milliseconds since 1970 as of `.sync`, or ISO 8601 as of SDK integrations."""
    try:
        if isinstance(value, datetime):
            return value
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _tables(value: Mapping[str, Any]) -> Iterator[Table]:
    """Make a table of each list whose items are all objects; columns of S3 URIs, the widest, come last."""
    for name, found in value.items():
        rows = _objects(found)
        if not rows or len(rows) != len(found):
            continue
        columns = [
            column
            for column in dict.fromkeys(column for row in rows for column in row)
            if not any(isinstance(row.get(column), dict | list) for row in rows)
        ]
        columns.sort(key=lambda column: (any(_is_address(row.get(column)) for row in rows), column != "name"))
        if columns:
            yield Table(name, tuple(columns), tuple(tuple(row.get(c, "") for c in columns) for row in rows))


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, str) and _is_address(value):
        yield value
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in within:
        yield from _addresses(each)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and _S3.fullmatch(value) is not None


def _member(value: object, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _objects(value: object) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
