"""Reading an execution's history bit by bit: only what is new, however long it is. Pure.

GetExecutionHistory has no way to ask for what came after an event. Asked for the newest first, it can be
asked until an event is met that is known already: one request while little happens, a few after much.
Events are numbered from one without gaps (Step Functions API, HistoryEvent).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from driver.model.status import StateMachineStatus
from driver.model.values import StateMachineExecution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef


MOST = 1000  # events in a page, by the API
_USUAL = 100  # as many as may well happen between two looks


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One event of an execution's history.

    Parameters
    ----------
    id, previous
        Its number, and that of the event that led to it; 0 if none did.
    type
        AWS's word, such as `TaskStateEntered`.
    time
        An aware datetime.
    details
        What the API has under the type's own key, such as `name`, `error` or `output`.
    """

    id: int
    previous: int
    type: str
    time: datetime
    details: Mapping[str, object] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a detail as text; empty if it is not there."""
        value = self.details.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One answer: events, the newest first, and where the older ones go on; empty if these were all."""

    events: tuple[HistoryEvent, ...]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a history was read.

    Parameters
    ----------
    read_to
        The number of the newest event below which all are known.
    waiting
        Events, the newest first, that are newer than some not yet read.
    next_token
        Where those go on.
    """

    read_to: int = 0
    waiting: tuple[HistoryEvent, ...] = ()
    next_token: str = ""

    @property
    def page_size(self) -> int:
        """How many events to ask for."""
        return MOST if self.next_token or not self.read_to else _USUAL

    def take(self, page: HistoryPage) -> tuple[Reading, tuple[HistoryEvent, ...]]:
        """Add an answer.

        Parameters
        ----------
        page
            The answer to a request with this reading's token and page size.

        Returns
        -------
        Reading, tuple of HistoryEvent
            How far it is read now, and the events that can be told, the oldest first: none while older ones
            are missing.
        """
        oldest_waiting = self.waiting[-1].id if self.waiting else None
        fresh = tuple(
            event
            for event in page.events
            if event.id > self.read_to and (oldest_waiting is None or event.id < oldest_waiting)
        )
        waiting = (*self.waiting, *fresh)
        if page.next_token and waiting and waiting[-1].id > self.read_to + 1:
            return Reading(self.read_to, waiting, page.next_token), ()
        return Reading(waiting[0].id if waiting else self.read_to), waiting[::-1]


_ENDS = {
    "ExecutionSucceeded": StateMachineStatus.SUCCEEDED,
    "ExecutionFailed": StateMachineStatus.FAILED,
    "ExecutionTimedOut": StateMachineStatus.TIMED_OUT,
    "ExecutionAborted": StateMachineStatus.ABORTED,
}
_PIPELINE_EXECUTION = re.compile(r"arn:[\w-]+:sagemaker:[\w-]+:\d+:pipeline/[\w-]+/execution/\w+")


def described(arn: str, newest_first: list[HistoryEventTypeDef]) -> StateMachineExecution:
    """Read a history; the newest event of each kind counts, for a redrive takes an execution up again."""
    started = next((event for event in newest_first if event["type"] == "ExecutionStarted"), None)
    newest = next((event for event in newest_first if event["type"] in {*_ENDS, "ExecutionRedriven"}), None)
    end = newest if newest and newest["type"] in _ENDS else None
    output, error, cause = _outcome(end) if end else ("", "", "")
    submitted = (event.get("taskSubmittedEventDetails", {}).get("output", "") for event in newest_first)
    answers = (_pipeline_in_answer(text) for text in submitted if text)
    return StateMachineExecution(
        arn=arn,
        status=_ENDS[end["type"]] if end else StateMachineStatus.RUNNING,
        started=started["timestamp"] if started else None,
        ended=end["timestamp"] if end else None,
        output=output,
        error=error,
        cause=cause,
        pipeline_arn=next(filter(None, answers), "") or _pipeline_in_text(output or cause),
    )


def _outcome(end: HistoryEventTypeDef) -> tuple[str, str, str]:
    """Return output, error and cause of an end."""
    failure = (
        end.get("executionFailedEventDetails")
        or end.get("executionTimedOutEventDetails")
        or end.get("executionAbortedEventDetails")
        or {}
    )
    output = end.get("executionSucceededEventDetails", {}).get("output", "")
    return output, failure.get("error", ""), failure.get("cause", "")


def _pipeline_in_answer(text: str) -> str:
    """Find the pipeline execution in what the start function answered."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(text)["Payload"]["pipelineExecutionArn"])
    return ""


def _pipeline_in_text(text: str) -> str:
    """Find the pipeline execution that the end speaks of, where the beginning is not in the history."""
    found = _PIPELINE_EXECUTION.search(text)
    return found.group() if found else ""
