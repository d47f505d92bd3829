import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.localstack.callbacks import Callback, NoAnswer


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def callback(clock: Clock) -> Callback[str]:
    """It times out in 60 seconds."""
    return Callback(clock.now + 60, clock)


def test_an_answer_that_came_before_the_wait_is_given(callback: Callback[str]) -> None:
    assert callback.answer("early")
    assert callback.wait() == "early"


def test_an_answer_wakes_who_waits(callback: Callback[str]) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(callback.wait)
        assert callback.answer("now")
        assert waiting.result(10) == "now"


def test_of_many_answers_one_counts(callback: Callback[str]) -> None:
    begin = threading.Barrier(16)

    def answer(number: int) -> bool:
        begin.wait(10)
        return callback.answer(str(number))

    with ThreadPoolExecutor(16) as threads:
        counted = list(threads.map(answer, range(16)))
    assert counted.count(True) == 1
    assert callback.wait() == str(counted.index(True))


def test_nothing_is_taken_after_the_deadline(callback: Callback[str], clock: Clock) -> None:
    clock.now += 60
    assert not callback.answer("late")
    assert not callback.beat()
    assert callback.wait() is NoAnswer.TIMED_OUT


def test_an_answer_in_time_counts_though_nobody_looked_before_the_deadline(
    callback: Callback[str], clock: Clock
) -> None:
    assert callback.answer("in time")
    clock.now += 61
    assert callback.wait() == "in time"


def test_heartbeats_are_timed_from_the_last_one(callback: Callback[str], clock: Clock) -> None:
    callback.expect_heartbeats(10)
    clock.now += 9
    assert callback.beat()
    clock.now += 9
    assert callback.beat()
    clock.now += 10
    assert not callback.beat()
    assert not callback.answer("late")
    assert callback.wait() is NoAnswer.HEARTBEAT_MISSED


def test_heartbeats_are_due_from_the_moment_they_are_expected(callback: Callback[str], clock: Clock) -> None:
    clock.now += 20
    callback.expect_heartbeats(10)
    clock.now += 9
    assert callback.beat()


def test_heartbeats_do_not_put_off_the_deadline(callback: Callback[str], clock: Clock) -> None:
    callback.expect_heartbeats(10)
    for _ in range(6):
        assert callback.beat()
        clock.now += 10 - 1e-6
    clock.now += 1
    assert callback.wait() is NoAnswer.TIMED_OUT


def test_closing_wakes_who_waits_and_refuses_answers(callback: Callback[str]) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(callback.wait)
        callback.close()
        assert waiting.result(10) is NoAnswer.CLOSED
    assert not callback.answer("late")
    assert not callback.beat()


def test_an_answer_outlives_the_closing(callback: Callback[str]) -> None:
    assert callback.answer("first")
    callback.close()
    assert callback.wait() == "first"


def test_an_answered_task_has_no_heartbeats(callback: Callback[str]) -> None:
    assert callback.answer("first")
    assert not callback.beat()
    assert not callback.answer("second")
