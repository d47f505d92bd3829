import json
from datetime import timedelta

import pytest

from driver.aws.logs import LogEvent
from driver.inspection.logs.errors import BEFORE, ErrorFilter, ErrorJudge, with_last_words
from driver.inspection.logs.events import LogLine
from tests.unit.driver.fakes import NOON


def event(message: str, number: int = 0, stream: str = "s") -> LogEvent:
    return LogEvent(NOON + timedelta(seconds=number), "g", stream, str(number), message)


def line(message: str, number: int = 0, stream: str = "s", *, is_error: bool = False) -> LogLine:
    return LogLine(event(message, number, stream), "job", is_error)


@pytest.mark.parametrize(
    "message",
    [
        '{"level": "ERROR", "message": "The step fails"}',
        '{"level": "WARNING", "message": "odd", "exception": "Traceback …"}',
        '{"type": "ExecutionFailed", "execution_arn": "arn:x", "details": {}}',
        '{"type": "ExecutionTimedOut", "execution_arn": "arn:x"}',
        "[ERROR] ValueError: no such job\nTraceback (most recent call last):\n  …",
        "2026-11-21 12:00:00,000 - ERROR - disk full",
        "CRITICAL: disk full",
        "ValueError: no such column",
        "pandas.errors.ParserError: Error tokenizing data",
        "KeyboardInterrupt",
        "2026-11-21T12:00:00Z 6a07a771 Task timed out after 30.03 seconds",
        "REPORT RequestId: 6a07a771\tDuration: 1 ms\tStatus: timeout",
    ],
)
def test_a_line_that_says_so_is_an_error(message: str) -> None:
    assert ErrorJudge().is_error(event(message))


@pytest.mark.parametrize(
    "message",
    [
        '{"level": "INFO", "message": "No ERROR at all"}',
        '{"level": "WARNING", "message": "odd"}',
        '{"type": "TaskSucceeded", "execution_arn": "arn:x"}',
        '{"type": "TaskFailed", "execution_arn": "arn:x", "details": {}}',
        "mean squared error: 0.12",
        "validation-error=0.03",
        "Trained with an ErrorHandler in place",
        "START RequestId: 6a07a771 Version: $LATEST",
        "REPORT RequestId: 6a07a771\tDuration: 1 ms",
        "",
    ],
)
def test_other_lines_are_none(message: str) -> None:
    assert not ErrorJudge().is_error(event(message))


def test_a_traceback_is_one_from_its_first_line_to_its_last_in_its_own_stream() -> None:
    judge = ErrorJudge()
    told = [
        ("Loading", "a"),
        ("Traceback (most recent call last):", "a"),
        ('  File "train.py", line 1, in <module>', "a"),
        ("Epoch 1", "b"),
        ("    main()", "a"),
        ("TableError: no target", "a"),
        ("Bye", "a"),
    ]
    found = [message for message, stream in told if judge.is_error(event(message, stream=stream))]
    assert found == [told[1][0], told[2][0], told[4][0], told[5][0]]


def test_errors_come_after_what_led_to_them_in_their_stream_alone() -> None:
    before = [line(f"Epoch {number}", number) for number in range(BEFORE + 2)]
    other = line("Elsewhere", 50, stream="t")
    error = line("ValueError: x", 51, is_error=True)
    after = line("Bye", 52)
    assert ErrorFilter().take([*before, other, error, after]) == [*before[2:], error]


def test_what_led_to_an_error_may_have_come_at_an_earlier_look_and_is_told_once() -> None:
    errors = ErrorFilter()
    first, second = line("Epoch 1", 1), line("ValueError: x", 2, is_error=True)
    third = line("ValueError: y", 3, is_error=True)
    assert errors.take([first]) == []
    assert errors.take([second, third]) == [first, second, third]


def test_the_last_words_of_a_job_that_failed_are_an_error_whatever_they_say() -> None:
    lines = [line("Epoch 1", 1), line("Training failed: no column 'target'", 2)]
    assert [told.is_error for told in with_last_words(lines, frozenset({"job"}))] == [False, True]
    assert with_last_words(lines, frozenset({"another"})) == lines


def test_they_are_told_too_if_the_failure_is_known_only_later() -> None:
    errors = ErrorFilter()
    lines = [line("Epoch 1", 1), line("Training failed", 2)]
    assert errors.take(lines) == []
    late = errors.take([], frozenset({"job"}))
    assert [(told.event.message, told.is_error) for told in late] == [
        ("Epoch 1", False),
        ("Training failed", True),
    ]
    assert errors.take([], frozenset({"job"})) == []


def test_json_that_is_no_object_is_a_line_like_others() -> None:
    assert not ErrorJudge().is_error(event(json.dumps(["ok"])))
    assert not ErrorJudge().is_error(event("{not json"))
