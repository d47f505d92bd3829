"""What an execution of a state machine was doing when the local cloud stopped, as its history tells it."""

from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.localstack.redriving import Place

Event = Mapping[str, Any]

_HAVE_BRANCHES = frozenset({"MapStateStarted", "ParallelStateStarted"})
"""What follows one of these is told of its branches, too."""


def events_of(history: Sequence[Event], place: Place | None) -> Sequence[Event]:
    """Give the events from the state's entry on; all there are where no state was entered."""
    if place is None:
        return list(history)
    for number in range(len(history) - 1, -1, -1):
        entered = history[number].get("stateEnteredEventDetails")
        if entered is not None and entered["name"] == place.state:
            return list(history[number:])
    return []


def last_attempt(told: Sequence[Event]) -> Sequence[Event]:
    """Leave out the attempts of a task that have failed: what they submitted is awaited no more.

    `told`: the events from the state's entry on. Only the entry is left of a task that waits to be retried.
    """
    if len(told) > 1 and told[1]["type"] in _HAVE_BRANCHES:
        return told
    if told and told[-1]["type"].endswith(("Failed", "TimedOut")):
        return told[:1]
    scheduled = [number for number, event in enumerate(told) if event["type"] == "TaskScheduled"]
    return [told[0], *told[scheduled[-1] :]] if scheduled else told
