"""Why an execution failed, from its innermost cause, and what to do next. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from driver.executions.trace import Outcome, Span, Trace

# Kinds that fail because of what is within them, or after something else failed.
_OUTER_KINDS = {"Map", "Parallel", "Fail"}
_ADVICE = (
    (
        r"States\.(Heartbeat)?Timeout|TIMED_OUT|TimedOut|MaxRuntimeExceeded",
        (
            "It took longer than its limit, or gave no sign for longer than pipeline_heartbeat_seconds. "
            "The timeline shows what took so long; a limit can be raised."
        ),
    ),
    (
        r"AccessDenied|not authorized|UnauthorizedOperation|Forbidden",
        "A role lacks a permission. The reason names the action; terraform/permissions.tf grants it.",
    ),
    (
        r"NoSuchKey|NoSuchBucket|No S3 objects|404.*Not Found|does not exist|Could not find",
        "Something that the input names does not exist. Check the addresses in the input below.",
    ),
    (
        r"InvalidInputError|ValidationException|SageMaker\.ValidationException|Invalid(Parameter|Request)",
        "The input was refused. The reason names the field; the whole input is below.",
    ),
    (
        r"LimitExceeded|ResourceLimit|Throttl|TooManyRequests|ServiceQuota",
        "A quota of the account was reached. Wait or ask AWS for a higher one, then start it again.",
    ),
    (
        r"AlgorithmError|ExecuteUserScriptError|exit code|Exit Code",
        "The program in the container failed. Its log below says where.",
    ),
)
_OTHERWISE = "The log of the step usually says more than its reason."


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong."""

    place: tuple[str, ...]  # from the outermost execution to the state or step
    headline: str  # the first line of the reason
    details: str  # the other lines
    ended_with: str  # what the execution itself ended with, where that is something else
    others: int  # how many more states and steps failed
    advice: str  # what helps against this kind of failure


def failure_of(trace: Trace) -> Failure | None:
    """Find out why an execution failed; None if it did not fail."""
    if trace.outcome is not Outcome.FAILED:
        return None
    place, reason = _innermost(trace, ())
    reason = reason or trace.reason or "AWS gives no reason."
    headline, _, details = reason.strip().partition("\n")
    failed = [
        span
        for part in trace.walk()
        for span in part.spans
        if span.outcome is Outcome.FAILED and span.kind not in _OUTER_KINDS and not _child(part, span)
    ]
    advice = next((text for pattern, text in _ADVICE if re.search(pattern, reason)), _OTHERWISE)
    told = trace.reason.partition("\n")[0]
    return Failure(place, headline, details, "" if told in reason else told, max(len(failed) - 1, 0), advice)


def caught_spans(trace: Trace) -> int:
    """Count the states that failed and were caught, in an execution and all within it."""
    return sum(span.outcome is Outcome.CAUGHT for part in trace.walk() for span in part.spans)


def _innermost(trace: Trace, above: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Follow the cause inwards: from the state that failed into the execution it had started."""
    here = (*above, trace.subject)
    failed_children = [child for child in trace.children if child.outcome is Outcome.FAILED]
    span = _cause(trace)
    if span is None:
        return _innermost(failed_children[0], here) if failed_children else (here, trace.reason)
    place = (*here, *span.branch, span.name)
    child = _child(trace, span)
    if child is not None and child.outcome is Outcome.FAILED:
        return _innermost(child, place)
    if failed_children and (span.kind in _OUTER_KINDS or not span.reason):
        return _innermost(failed_children[0], here)
    return place, span.reason or trace.reason


def _cause(trace: Trace) -> Span | None:
    """Find the state or step in which an execution failed.

    That is the last that failed: a Map may tolerate earlier failures. Where a Catch led to the state Fail, it
    is a failure that was caught: the one that the execution names, or the first, since cleaning up may fail
    as well.
    """
    failed = [span for span in trace.spans if span.outcome is Outcome.FAILED]
    inner = [span for span in failed if span.kind not in _OUTER_KINDS]
    if inner:
        return max(inner, key=lambda span: span.ended or span.started)
    caught = [
        span for span in trace.spans if span.outcome is Outcome.CAUGHT and span.kind not in _OUTER_KINDS
    ]
    told = trace.reason
    named = [span for span in caught if span.reason and span.reason.partition("\n")[0] in told]
    return next(iter([*named, *caught, *failed]), None)


def _child(trace: Trace, span: Span) -> Trace | None:
    """Find the execution that a state started."""
    return next(
        (child for child in trace.children if span.resource_arn and child.arn == span.resource_arn), None
    )
