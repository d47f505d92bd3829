from dataclasses import replace
from itertools import pairwise

import pytest

from localcloud.watch.judging import Look, Record, State, judge, repaired, tried


def looked(*looks: Look, awake: float = 1.0, record: Record | None = None) -> Record:
    """Look once a second; the clock of `due` starts at 0."""
    record = record or Record()
    for now, look in enumerate(looks):
        record = judge(record, look, float(now), awake)
    return record


def test_a_thread_that_rests_is_running_for_ever() -> None:
    assert looked(*[Look(is_alive=True)] * 100).state is State.RUNNING


def test_a_thread_that_has_ended_is_told_at_once() -> None:
    assert looked(Look(is_alive=False)).state is State.ENDED


def test_a_thread_is_overdue_after_five_seconds() -> None:
    late = Look(is_alive=True, due=2.0)
    assert looked(*[late] * 7).state is State.RUNNING
    assert looked(*[late] * 8).state is State.OVERDUE


def test_a_thread_that_goes_on_late_is_not_blocked() -> None:
    """A machine that has too much to do makes everything late."""
    assert looked(*[Look(is_alive=True, due=now - 3.0) for now in range(100)]).state is State.RUNNING


def test_time_that_nobody_was_awake_does_not_count() -> None:
    late = Look(is_alive=True, due=0.0)
    record = looked(late)
    record = judge(record, late, now=50_000.0, awake=2.0)  # the machine slept for a night
    assert record.state is State.RUNNING
    assert judge(record, late, now=50_003.5, awake=3.5).state is State.OVERDUE


def test_a_thread_that_was_overdue_and_goes_on_is_running() -> None:
    record = looked(*[Look(is_alive=True, due=0.0)] * 9)
    assert record.state is State.OVERDUE
    assert judge(record, Look(is_alive=True), 9.0, 1.0).state is State.RUNNING


def test_a_thread_that_was_repaired_says_so_as_long_as_it_runs() -> None:
    record = repaired(looked(Look(is_alive=False)))
    assert (record.state, record.repairs) == (State.REPAIRED, 1)
    assert looked(*[Look(is_alive=True)] * 1000, record=record).state is State.REPAIRED


@pytest.mark.parametrize("again", [repaired, tried])
def test_what_fails_again_and_again_is_repaired_after_pauses_that_grow(again: object) -> None:
    assert callable(again)
    dead, record, times = Look(is_alive=False), Record(), []
    for now in range(200):
        record = judge(record, dead, float(now), 1.0)
        if record.may_be_repaired:
            times.append(now)
            record = again(record)
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60]


def test_after_a_quiet_minute_it_is_repaired_at_once_again() -> None:
    record = replace(repaired(looked(Look(is_alive=False))), streak=5)
    record = looked(*[Look(is_alive=True)] * 62, record=record)
    assert judge(record, Look(is_alive=False), 62.0, 1.0).may_be_repaired
