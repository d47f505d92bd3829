"""Executions to colour pictures by."""

from __future__ import annotations

from datetime import timedelta

from driver.executions.names import Kind
from driver.executions.trace import Outcome, Span, Trace
from driver.model.status import StateMachineStatus
from tests.unit.driver.fakes import NOON, RUNS
from tests.unit.driver.inspection.graph.machines import Definition, machine, task

# Polls, in each of a Map's iterations, until something is done, and tells of it when it cannot be.
POLLED: dict[str, Definition] = {
    "Ask": task("Done?", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Give up"}]),
    "Done?": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.done", "BooleanEquals": True, "Next": "Note"}],
        "Default": "Rest",
    },
    "Rest": {"Type": "Wait", "Seconds": 2, "Next": "Ask"},
    "Give up": {"Type": "Pass", "End": True},
    "Note": {"Type": "Pass", "End": True},
}
POLLING = machine(
    Each={"Type": "Map", "ItemProcessor": machine(**POLLED), "Next": "Tell"},
    Tell=task(Catch=[{"ErrorEquals": ["X"], "Next": "Never"}]),
    Never={"Type": "Fail"},
)


def span(
    name: str,
    since: float,
    until: float | None,
    outcome: Outcome = Outcome.SUCCEEDED,
    *,
    kind: str = "Task",
    item: int | None = None,
    attempts: int = 1,
    reason: str = "",
) -> Span:
    """Make a stay; times are in seconds after noon."""
    branch = () if item is None else (f"Each[{item}]",)
    ended = None if until is None else NOON + timedelta(seconds=until)
    return Span(name, kind, NOON + timedelta(seconds=since), ended, outcome, branch, attempts, reason)


def trace(definition: Definition, *spans: Span, status: str = "SUCCEEDED") -> Trace:
    return Trace(
        arn=f"{RUNS}:run-1",
        kind=Kind.STATE_MACHINE,
        status=StateMachineStatus(status),
        started=NOON,
        ended=NOON + timedelta(seconds=10),
        definition=definition,
        spans=spans,
    )


def polled() -> Trace:
    """Two iterations: one asks twice, the other cannot ask, at the third attempt still."""
    return trace(
        POLLING,
        span("Each", 0, 8, kind="Map"),
        span("Ask", 0, 1, item=0),
        span("Ask", 0, 3, Outcome.CAUGHT, item=1, attempts=3, reason="no route to host\ndetails"),
        span("Done?", 1, 1, item=0, kind="Choice"),
        span("Rest", 1, 3, item=0, kind="Wait"),
        span("Give up", 3, 3, item=1, kind="Pass"),
        span("Ask", 3, 4, item=0),
        span("Done?", 4, 4, item=0, kind="Choice"),
        span("Note", 4, 4, item=0, kind="Pass"),
        span("Tell", 8, None, Outcome.RUNNING),
        status="RUNNING",
    )
