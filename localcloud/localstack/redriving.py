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

BY_BRANCHES = frozenset({"Map", "Parallel"})
"""AWS redrives their failed branches and iterations alone, which the local cloud cannot."""


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


def why_not(
    status: str,
    history: Sequence[Mapping[str, Any]],
    definition: Mapping[str, Any],
    ended: datetime | None,
    now: datetime,
) -> str | None:
    """Say why an execution cannot be redriven, or None where it can."""
    if status in {"RUNNING", "SUCCEEDED"}:
        return f"Execution is {status} and cannot be redriven"
    if len(history) >= MAX_EVENTS:
        return "Execution history event limit exceeded"
    if ended is not None and now - ended > PERIOD:
        return "Execution redrivable period exceeded"
    place = find_place(history, definition)
    kind = definition["States"][place.state]["Type"] if place else ""
    if kind in BY_BRANCHES:
        return f"The local cloud cannot redrive an execution from within a {kind} state"
    return None
