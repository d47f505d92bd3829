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
    """A row of the table, sorted by `began` and `seconds`; times are in their own zone."""

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
        resource=span.resource,
        resource_arn=span.resource_arn,
        address=console_address(span.resource_arn),
    )
