"""No setting of a fan-out breaks a quota of AWS; docs/scale.md shows what was computed."""

import re
from pathlib import Path

import pytest

from benchmarks.at_scale import (
    LARGE,
    LOADS,
    OTHER,
    PLANS,
    Bucket,
    Load,
    Quotas,
    plans,
    simulate,
    simulations,
)
from driver.executions.fan_out.order import MOST_IN_BATCH

ROOT = Path(__file__).parents[2]
FAN_OUT = (ROOT / "terraform" / "fan_out.tf").read_text(encoding="utf-8")
EVENTS_A_TRY = 3  # TaskScheduled, TaskStarted, TaskFailed
EVENTS_IN_BATCH = 11  # of an item: iteration and states begun and ended, its task
THROTTLED = 20  # tries of an item, where MaxConcurrency is not far above what may be started
EVENTS_BESIDES = 20  # start, end, states entered and left


def setting(pattern: str) -> int:
    found = re.search(pattern, FAN_OUT)
    assert found, pattern
    return int(found[1])


ATTEMPTS = setting(r'"ThrottlingException,ExecutionLimitExceeded" = (\d+)')
DELAY = setting(r"MaxDelaySeconds = (\d+)")


def test_the_page_shows_what_is_computed() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert "\n".join(plans()) in page
    assert "\n".join(simulations()) in page


@pytest.mark.parametrize("quotas", [LARGE, OTHER])
@pytest.mark.parametrize("load", LOADS)
def test_a_refused_child_is_retried_for_long_enough(load: Load, quotas: Quotas) -> None:
    run = simulate(load, quotas)
    # With full jitter a wait is half as long as it may be, on average.
    retried_for = (ATTEMPTS - 10) * DELAY / 2
    assert run.patience < retried_for
    assert run.open <= quotas.open_executions


def test_histories_stay_below_the_quota() -> None:
    child = EVENTS_BESIDES + EVENTS_A_TRY * ATTEMPTS
    assert child < LARGE.history
    batch = EVENTS_BESIDES + MOST_IN_BATCH * (EVENTS_IN_BATCH + EVENTS_A_TRY * THROTTLED)
    assert batch < LARGE.history
    assert EVENTS_BESIDES + EVENTS_A_TRY * LARGE.redrives < LARGE.history


def test_plans_keep_within_one_map_run() -> None:
    assert all(plan.items <= plan.quotas.items for plan in PLANS)
    assert all(plan.run.open <= 2 * plan.quotas.instances for plan in PLANS)


def test_answers_come_no_faster_than_they_may() -> None:
    for quotas in (LARGE, OTHER):
        assert quotas.starts.refill <= quotas.answers.refill
        assert quotas.starts.size <= quotas.answers.size


def test_the_simulation_knows_each_bound() -> None:
    free = Bucket(10**9, 10**9)
    assert simulate(Load(1_000, 5), Quotas(free, free, free)).seconds == 10 + 5  # a hundred a second
    assert simulate(Load(1_000, 5, 10), Quotas(free, free, free)).seconds == 100 * 5 + 1  # ten at once
    slow = simulate(Load(1_000, 5), Quotas(free, Bucket(10, 10), free))  # ten starts a second
    assert (slow.seconds, slow.refused, slow.patience) == (100 + 5, 900, 99)
    many = simulate(Load(1_000, 5, batch_size=10), Quotas(free, free, free))  # all hundred batches at once
    assert (many.seconds, many.open) == (10 * 5 + 1, 200)
    few = simulate(Load(1_000, 5), Quotas(Bucket(40, 40), free, free))  # ten items' transitions a second
    assert (few.seconds, few.refused) == (100 + 5, 0)
