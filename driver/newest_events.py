"""An execution of a state machine as the newest events of its history describe it: pure."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from driver.models import StateMachineExecution
from driver.status import StateMachineStatus

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

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
