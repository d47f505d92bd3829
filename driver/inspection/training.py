"""The training jobs of an execution and their metrics, with every value that their logs tell.

SageMaker reads metrics out of a job's log by the regular expressions of its MetricDefinitions and keeps the
last value of each in FinalMetricDataList (developer guide, "Define training metrics"). The values in between
are read in the same way here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.aws.jobs import JOB_GROUPS
from driver.executions.deployed import Deployed
from driver.executions.trace import Span, Trace
from driver.executions.workflow.output import Job, read_job
from driver.model.documents import object_in

_KIND = "training-job"
_JOBS = 20  # of an execution
_EVENTS = 20_000  # of a job's log
_LONGEST = 1000  # characters of a line in which a metric is looked for


@dataclass(frozen=True, slots=True)
class Series:
    """All values of a metric, in the order of their lines."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """A training job: the state or step that it worked for, and its metrics."""

    place: str
    job: Job
    series: tuple[Series, ...] = ()


def training_jobs(deployed: Deployed, trace: Trace) -> tuple[TrainingJob, ...]:
    """Read the training jobs of an execution and of those within it, at most twenty."""
    spans: dict[str, Span] = {}
    for part in trace.walk():
        for span in part.spans:
            if f":{_KIND}/" in span.resource_arn:
                spans.setdefault(span.resource_arn.rpartition("/")[2], span)
    read = (_read(deployed, name, span) for name, span in itertools.islice(spans.items(), _JOBS))
    return tuple(job for job in read if job)


def _read(deployed: Deployed, name: str, span: Span) -> TrainingJob | None:
    """Take a job's description out of its state's output where it is there, else ask for it."""
    described = object_in(span.output) or {}
    if described.get("TrainingJobName") != name or "AlgorithmSpecification" not in described:
        described = deployed.connection.jobs.training(name) or {}
    job = read_job(described)
    if job is None:
        return None
    definitions = list(_definitions(described))
    if not definitions:
        return TrainingJob(span.place, job)
    events = deployed.connection.logs.events(JOB_GROUPS[_KIND], f"{name}/", span.started, None)
    lines = (event.message for event in itertools.islice(events, _EVENTS))
    return TrainingJob(span.place, job, tuple(series_of(lines, definitions)))


def _definitions(described: Mapping[str, Any]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Give names and expressions of metrics; one that only another engine understands is left out."""
    algorithm = described.get("AlgorithmSpecification")
    listed = algorithm.get("MetricDefinitions") if isinstance(algorithm, Mapping) else None
    for definition in listed or ():
        try:
            yield str(definition["Name"]), re.compile(str(definition["Regex"]))
        except (KeyError, TypeError, re.error):
            continue


def series_of(lines: Iterable[str], definitions: Iterable[tuple[str, re.Pattern[str]]]) -> Iterator[Series]:
    """Find all values of metrics in the lines of a log; the first group of each expression is the value."""
    found: dict[str, list[float]] = {}
    patterns = list(definitions)
    for line in lines:
        for name, pattern in patterns:
            match = pattern.search(line[:_LONGEST])
            try:
                value = float(match[1]) if match else None
            except (ValueError, TypeError, IndexError):
                continue
            if value is not None:
                found.setdefault(name, []).append(value)
    return (Series(name, tuple(values)) for name, values in found.items())
