from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.localstack.redriving import Place, find_place, why_not

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DEFINITION: dict[str, Any] = {"States": {"a": {"Type": "Pass"}, "b": {"Type": "Task"}, "c": {"Type": "Map"}}}


def entered(name: str, number: int = 1, text: str = '{"x": 1}') -> dict[str, Any]:
    return {
        "id": number,
        "type": "TaskStateEntered",
        "stateEnteredEventDetails": {"name": name, "input": text},
    }


def test_an_execution_stood_at_the_last_state_that_it_entered() -> None:
    history = [
        {"id": 1, "type": "ExecutionStarted"},
        entered("a"),
        entered("b"),
        entered("within"),
        {"id": 5},
    ]
    assert find_place(history, DEFINITION) == Place("b", {"x": 1})
    assert find_place(history[:1], DEFINITION) is None


@pytest.mark.parametrize(
    ("status", "age", "reason"),
    [
        ("FAILED", 13, None),
        ("ABORTED", 13, None),
        ("TIMED_OUT", 13, None),
        ("RUNNING", 0, "Execution is RUNNING and cannot be redriven"),
        ("SUCCEEDED", 0, "Execution is SUCCEEDED and cannot be redriven"),
        ("FAILED", 15, "Execution redrivable period exceeded"),
    ],
)
def test_which_executions_can_be_redriven(status: str, age: int, reason: str | None) -> None:
    ended = NOW - timedelta(days=age)
    assert why_not(status, 1, ended, NOW) == reason


def test_a_history_that_is_full_takes_no_redrive() -> None:
    assert why_not("FAILED", 24_999, NOW, NOW) == "Execution history event limit exceeded"
