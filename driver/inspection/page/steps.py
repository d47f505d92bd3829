"""The table of states and steps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from driver.executions.trace import Outcome, Span, Trace
from driver.inspection.page.limits import Limits
from driver.inspection.page.timeline import shown_spans
from driver.inspection.page.wording import console_address, cut, duration


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table; times are those of its own zone, `seconds` and `began` are what it is sorted by."""

    name: str
    kind: str
    within: str
    outcome: Outcome
    started: str
    began: float
    took: str
    seconds: float
    attempts: int
    reason: str
    resource: str
    resource_arn: str
    address: str


@dataclass(frozen=True, slots=True)
class Steps:
    """The rows, and how many there would be in all."""

    rows: tuple[Step, ...]
    count: int


def steps_of(trace: Trace, now: datetime, limits: Limits) -> Steps:
    """List the states and steps of an execution and of all within it, in the order they began."""
    found = [(part, span) for part in trace.walk() for span in part.spans]
    shown = shown_spans([span for _, span in found], limits.spans)
    kept = [(part, span) for part, span in found if id(span) in shown]
    kept.sort(key=lambda item: item[1].started)
    return Steps(tuple(_step(part, span, part is trace, now, limits) for part, span in kept), len(found))


def _step(part: Trace, span: Span, is_outermost: bool, now: datetime, limits: Limits) -> Step:
    seconds = ((span.ended or now) - span.started).total_seconds()
    within = span.branch if is_outermost else (part.subject, *span.branch)
    return Step(
        name=span.name,
        kind=span.kind,
        within=" / ".join(within),
        outcome=span.outcome,
        started=f"{span.started:%H:%M:%S}.{span.started.microsecond // 1000:03}",
        began=span.started.timestamp(),
        took=duration(seconds) if span.ended else f"{duration(seconds)} so far",
        seconds=round(seconds, 3),
        attempts=span.attempts,
        reason=cut(span.reason, limits.reason),
        resource=_short(span.resource_arn),
        resource_arn=span.resource_arn,
        address=console_address(span.resource_arn),
    )


def _short(arn: str) -> str:
    """Return what a person calls a resource: the part of its ARN that names it."""
    if ":states:" in arn:
        return "/".join(arn.split(":")[-2:])
    return arn.rpartition(":")[2] if "/" not in arn else arn.rpartition("/")[2]
