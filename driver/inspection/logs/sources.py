"""Where the logs of an execution are, and how to tell its lines from those of others. Pure.

Groups and streams of jobs and endpoints: SageMaker developer guide, "Log groups and streams that Amazon
SageMaker AI sends to Amazon CloudWatch Logs".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from driver.aws.jobs import JOB_GROUPS, streams_of
from driver.aws.logs import LogEvent
from driver.executions.names import Kind, workflow_of
from driver.executions.trace import Outcome, Span, Trace, functions_called
from driver.manifests.parameters import RUN_ID
from driver.model.documents import object_in
from driver.model.values import Outputs

FUNCTIONS = "/aws/lambda/"
_ENDPOINTS = "/aws/sagemaker/Endpoints/"
EARLY = timedelta(seconds=2)  # clocks differ
LATE = timedelta(seconds=60)  # the answer to a failure, a function's last line


class Picks(Enum):
    """Which events of a source to read."""

    ALL = auto()
    NAMING = auto()  # those that name the execution
    REQUESTS = auto()  # those of the function's requests that worked for the execution


@dataclass(frozen=True, slots=True)
class Source:
    """Some streams of one log group: a function's, a workflow's, a job's or an endpoint's."""

    name: str
    group: str
    stream_prefix: str = ""
    picks: Picks = Picks.ALL
    has_own_streams: bool = False  # they hold nothing else, so that no time has to end the reading


@dataclass(frozen=True, slots=True)
class Selection:
    """What to read."""

    sources: tuple[Source, ...]
    start: datetime
    end: datetime | None = None  # None while there may be more
    names: frozenset[str] = frozenset()  # ARNs and ids that lines of the execution name; empty: all lines are
    failed: frozenset[str] = frozenset()  # jobs that failed, by the names of their sources
    caught: frozenset[str] = (
        frozenset()
    )  # jobs and executions (by ARN) whose failure was no failure around them
    told: tuple[tuple[str, LogEvent], ...] = ()  # why steps failed that have no log, each with its source

    def since(self, time: datetime | None) -> Selection:
        """Leave out what is earlier."""
        return self if time is None else replace(self, start=max(self.start, time))


def functions_of(outputs: Outputs) -> dict[str, str]:
    """Return the functions of a deployment and their groups."""
    return {name: found.log_group_name for name, found in outputs.functions.items() if found.log_group_name}


def function_name(text: str) -> str:
    """Return a function's name, given by its ARN or name, with a version or without."""
    return text.rpartition(":function:")[2].partition(":")[0]


def job_source(kind: str, name: str) -> Source:
    """Return the source of a job; kind is the word in its ARN, such as `training-job`."""
    return Source(name, JOB_GROUPS[kind], streams_of(kind, name), has_own_streams=True)


def selection_of(trace: Trace, outputs: Outputs, now: datetime) -> Selection:
    """Find out where the logs of an execution and of all within it are."""
    parts, failures = list(trace.walk()), list(_failures(trace, is_failure=_counts(trace)))
    started = min((part.started for part in parts if part.started), default=now)
    ends = [part.ended for part in parts]
    runs = any(part.outcome is Outcome.RUNNING for part in parts)
    return Selection(
        sources=tuple(dict.fromkeys(source for part in parts for source in _sources(part, outputs))),
        start=started - EARLY,
        end=None if runs else max((end for end in ends if end), default=now) + LATE,
        names=frozenset(name for part in parts for name in _names(part)),
        failed=frozenset(name for span, is_failure in failures if is_failure for name in _jobs_of(span)),
        caught=frozenset(
            name
            for span, is_failure in failures
            if not is_failure
            for name in (*_jobs_of(span), *filter(None, [span.execution_arn]))
        ),
        told=tuple((part.subject, event) for part in parts for event in _told(part)),
    )


def _counts(part: Trace) -> bool:
    return part.outcome is not Outcome.SUCCEEDED


def _failures(part: Trace, *, is_failure: bool) -> Iterator[tuple[Span, bool]]:
    """Give what failed in an execution and in those within it, and whether it counts.

    It does not where the execution around it succeeded: a Catch or a Map's tolerance took it on. What was
    caught and led to the end, as to a Fail state, counts.
    """
    children = {child.arn: child for child in part.children}
    for span in part.spans:
        counts = is_failure
        if span.outcome in {Outcome.FAILED, Outcome.CAUGHT}:
            counts = is_failure and (span.outcome is Outcome.FAILED or part.outcome is Outcome.FAILED)
            yield span, counts
        child = children.get(span.execution_arn)
        if child:
            yield from _failures(child, is_failure=counts and _counts(child))


def _jobs_of(span: Span) -> list[str]:
    return [source.name for source in _of_resource(span) if source.has_own_streams]


def _told(part: Trace) -> Iterator[LogEvent]:
    """Give the reasons of a pipeline's steps that failed without a job whose log would tell more.

    A Fail step's message is nowhere else; neither is why a job could not be created.
    """
    if part.kind is not Kind.PIPELINE:
        return
    for span in part.spans:
        if span.outcome is Outcome.FAILED and span.reason and not _jobs_of(span):
            message = f"Step {span.name} ({span.kind or 'step'}): {span.reason}"
            yield LogEvent(span.ended or span.started, "", part.arn, span.name, message)


def _sources(part: Trace, outputs: Outputs) -> Iterator[Source]:
    """Go through what one execution touches, without those nested in it."""
    functions = functions_of(outputs)
    names = dict.fromkeys(functions_called([part], outputs))
    groups = {functions[name]: name for name in names if name in functions}
    for span in part.spans:
        if span.function:
            name = function_name(span.function)
            groups.setdefault(f"{FUNCTIONS}{name}", name)
    yield from (Source(name, group, picks=Picks.REQUESTS) for group, name in groups.items())
    workflow = workflow_of(part.arn, outputs)
    if workflow:
        yield Source(workflow, outputs.workflows[workflow].log_group_name, picks=Picks.NAMING)
    elif part.kind is Kind.STATE_MACHINE and outputs.state_machine_log_group_name:
        yield Source("run_pipeline", outputs.state_machine_log_group_name, picks=Picks.NAMING)
    elif part.kind is Kind.FAN_OUT:
        yield Source("fan_out", outputs.fan_out_log_group_name, picks=Picks.NAMING)
    yield from (source for span in part.spans for source in _of_resource(span))


def _of_resource(span: Span) -> Iterator[Source]:
    """Find the logs of what a state or step started."""
    kind, _, name = span.resource_arn.rpartition(":")[2].partition("/")
    if kind in JOB_GROUPS:
        yield job_source(kind, name)
    elif kind == "endpoint":
        yield Source(name, f"{_ENDPOINTS}{name}")


def _names(part: Trace) -> Iterator[str]:
    """Go through what log lines call an execution, and the jobs that work for it alone."""
    yield part.arn
    if part.kind is not Kind.PIPELINE:
        return
    yield part.name
    run_id = (object_in(part.input) or {}).get(RUN_ID)
    if run_id:
        yield str(run_id)
    for span in part.spans:
        values = (object_in(span.output) or {}).values()
        yield from (str(value) for value in values if str(value).startswith("arn:") and "-job/" in str(value))
