"""From stays in states and from pipeline steps to spans: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from driver.models import Step
from driver.outcomes import describe_failure
from driver.status import StateMachineStatus, Status
from driver.traces.trace import Outcome, Span
from driver.workflows.happenings import Visit, What

_ENDS = {
    What.LEFT: Outcome.SUCCEEDED,
    What.CAUGHT: Outcome.CAUGHT,
    What.FAILED: Outcome.FAILED,
    What.ABORTED: Outcome.STOPPED,
}


def outcome_of(status: StateMachineStatus | Status) -> Outcome:
    """Put AWS's word into the one that is the same for state machines and pipelines."""
    if status.is_failure:
        return Outcome.FAILED
    if status in {StateMachineStatus.ABORTED, Status.STOPPED}:
        return Outcome.STOPPED
    return Outcome.SUCCEEDED if status.is_terminal else Outcome.RUNNING


def spans_of_visits(visits: Iterable[Visit]) -> Iterator[Span]:
    """Make a span of each stay in a state."""
    for visit in visits:
        if visit.entered is None:
            continue
        yield Span(
            name=visit.state,
            kind=visit.kind,
            started=visit.entered,
            ended=visit.left,
            outcome=_ENDS[visit.how] if visit.how else Outcome.RUNNING,
            branch=visit.branch,
            attempts=max(1, visit.attempts),
            reason=describe_failure(visit.error, visit.cause) if visit.has_failed else "",
            resource_arn=visit.job_arn or visit.made_arn,
            input=visit.input,
            output=visit.output,
        )


def spans_of_steps(steps: Iterable[Step], definition: Mapping[str, object]) -> Iterator[Span]:
    """Make a span of each step of a pipeline that has begun.

    Parameters
    ----------
    steps
        In the order they began.
    definition
        The pipeline's: it knows the types of the steps, even of one that failed before it did anything.
    """
    kinds = dict(_kinds(definition.get("Steps")))
    for step in steps:
        if step.started is None:
            continue
        is_cached = step.is_cached and step.status is Status.SUCCEEDED
        yield Span(
            name=step.name,
            kind=kinds.get(step.name, step.type),
            started=step.started,
            ended=step.ended,
            outcome=Outcome.CACHED if is_cached else outcome_of(step.status),
            attempts=step.attempts,
            reason=step.reason,
            resource_arn=step.resource_arn,
            output=step.output,
        )


def _kinds(steps: object) -> Iterator[tuple[str, str]]:
    """Go through the steps of a definition, those within conditions too."""
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, Mapping):
            continue
        yield str(step.get("Name")), str(step.get("Type"))
        arguments = step.get("Arguments")
        if isinstance(arguments, Mapping):
            yield from _kinds(arguments.get("IfSteps"))
            yield from _kinds(arguments.get("ElseSteps"))
