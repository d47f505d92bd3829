from typing import Any

import pytest

from localcloud.localstack.redriving import Place
from localcloud.localstack.state.attempts import events_of, last_attempt


def events(*types: str) -> list[dict[str, Any]]:
    entered = {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Ask"}}
    return [entered, *({"type": name} for name in types)]


def types(told: Any) -> list[str]:
    return [event["type"] for event in told]


def test_a_state_that_is_entered_again_has_the_events_of_its_last_entry() -> None:
    history = [{"type": "ExecutionStarted"}, *events("TaskScheduled"), *events()]
    assert types(events_of(history, Place("Ask", {}))) == ["TaskStateEntered"]
    assert events_of(history, None) == history


def test_an_attempt_that_waits_is_the_last_one() -> None:
    told = events("TaskScheduled", "TaskSubmitted", "TaskTimedOut", "TaskScheduled", "TaskStarted")
    assert types(last_attempt(told)) == ["TaskStateEntered", "TaskScheduled", "TaskStarted"]


@pytest.mark.parametrize("ending", ["TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "ActivityTimedOut"])
def test_a_task_that_waits_to_be_retried_begins_again(ending: str) -> None:
    told = events("TaskScheduled", "TaskStarted", "TaskSubmitted", ending)
    assert types(last_attempt(told)) == ["TaskStateEntered"]


@pytest.mark.parametrize("started", ["MapStateStarted", "ParallelStateStarted"])
def test_a_task_that_failed_in_a_branch_does_not_begin_all_branches_again(started: str) -> None:
    told = events(started, "TaskScheduled", "TaskFailed")
    assert last_attempt(told) == told
