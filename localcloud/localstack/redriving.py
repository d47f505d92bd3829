"""Whether an execution can be redriven, and from where.

Sources: Step Functions API reference, RedriveExecution and DescribeExecution (the conditions and reasons);
developer guide, "Restarting state machine executions with redrive".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PERIOD = timedelta(days=14)
MAX_EVENTS = 24_999


@dataclass(frozen=True, slots=True)
class Place:
    """The state that an execution did not get past, and what it was given."""

    state: str
    given: Any


def find_place(history: Sequence[Mapping[str, Any]], definition: Mapping[str, Any]) -> Place | None:
    """Find where an execution stood, in the order of its history; None where it entered no state."""
    for event in reversed(history):
        details = event.get("stateEnteredEventDetails")
        if details is not None and details["name"] in definition["States"]:
            return Place(details["name"], json.loads(details.get("input") or "{}"))
    return None


def why_not(status: str, events: int, ended: datetime | None, now: datetime) -> str | None:
    """Say why an execution cannot be redriven, or None where it can. `events`: how many its history has."""
    if status in {"RUNNING", "SUCCEEDED"}:
        return f"Execution is {status} and cannot be redriven"
    if events >= MAX_EVENTS:
        return "Execution history event limit exceeded"
    if ended is not None and now - ended > PERIOD:
        return "Execution redrivable period exceeded"
    return None
