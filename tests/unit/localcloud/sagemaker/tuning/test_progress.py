"""What a tuning job does next, which trial is the best, and who is stopped early."""

from datetime import UTC, datetime, timedelta

import pytest

from localcloud.sagemaker.jobs.lifecycle import Status
from localcloud.sagemaker.tuning.progress import (
    CONVERGED,
    Finish,
    Launch,
    Limits,
    Step,
    StopTrainings,
    Wait,
    converged_at,
    next_step,
)
from localcloud.sagemaker.tuning.stopping import Hyperband, MedianRule, StoppingRule, first_stop
from localcloud.sagemaker.tuning.trials import Objective, Trial, best, not_improving, status_counters

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LOSS, ACCURACY = Objective("loss", maximizes=False), Objective("accuracy", maximizes=True)
RUNNING, DONE, FAILED = Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED
STOPPING, STOPPED = Status.STOPPING, Status.STOPPED


def trial(number: int, status: Status = DONE, *reports: float, reason: str | None = None) -> Trial:
    ended = NOON + timedelta(seconds=number) if status.terminal else None
    return Trial(number, 0, {"x": str(number)}, status, reports, ended, reason)


def trials(*statuses: Status) -> list[Trial]:
    return [
        trial(number, status, *([1.0] if status is DONE else [])) for number, status in enumerate(statuses, 1)
    ]


def completed(*values: float) -> list[Trial]:
    return [trial(number, DONE, value) for number, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("limits", "found", "wanted", "step"),
    [
        (Limits(10, 3), [], True, Launch(3)),
        (Limits(10, 3), trials(DONE, RUNNING), True, Launch(2)),
        (Limits(3, 3), trials(DONE, RUNNING), True, Launch(1)),
        (Limits(10, 1), trials(DONE, RUNNING), True, Wait()),
        (Limits(10, 2), trials(STOPPING, DONE), True, Launch(1)),
        (Limits(2, 2), trials(DONE, STOPPING), True, Wait()),
        (Limits(2, 2), trials(DONE, DONE), True, Finish()),
        (Limits(10, 2), trials(DONE, RUNNING, STOPPING), False, StopTrainings()),
        (Limits(10, 2), trials(DONE, STOPPING), False, Wait()),
        (Limits(10, 2), trials(DONE), False, Finish()),
        (Limits(10, 2), trials(*[FAILED] * 4), True, Launch(2)),
        (Limits(10, 2), trials(*[FAILED] * 5, RUNNING), True, Wait()),
        (Limits(10, 2), trials(*[FAILED] * 5, DONE), True, Launch(2)),
        (Limits(2, 1), trials(STOPPED, STOPPED), True, Finish()),
        (Limits(10, 2, seconds=60), trials(RUNNING), True, StopTrainings()),
        (Limits(10, 2, seconds=61), trials(RUNNING), True, Launch(1)),
    ],
)
def test_the_next_step_follows_from_the_trials(
    limits: Limits, found: list[Trial], wanted: bool, step: Step
) -> None:
    assert next_step(limits, LOSS, found, 60.0, is_wanted=wanted) == step


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (trials(*[FAILED] * 5), "No training job succeeded after 5 attempts."),
        (
            [trial(number, DONE) for number in range(1, 6)],
            "No objective metrics found after running 5 training",
        ),
    ],
)
def test_a_hopeless_tuning_job_fails(found: list[Trial], reason: str) -> None:
    step = next_step(Limits(10, 2), LOSS, found, 0.0, is_wanted=True)
    assert isinstance(step, Finish)
    assert (step.failure_reason or "").startswith(reason)


@pytest.mark.parametrize(("target", "is_met"), [(0.9, True), (0.91, False)])
def test_a_target_is_met_from_the_side_of_the_objective(target: float, is_met: bool) -> None:
    step = next_step(Limits(10, 1, target=target), ACCURACY, completed(0.5, 0.9), 0.0, is_wanted=True)
    assert (step == Finish()) is is_met
    step = next_step(Limits(10, 1, target=0.4), LOSS, completed(0.5, 0.9), 0.0, is_wanted=True)
    assert step == Launch(1)


def test_an_improvement_below_one_percent_is_none() -> None:
    assert [item.number for item in not_improving(completed(1.0, 0.995, 0.98, 0.979, 0.99), LOSS)] == [4, 5]
    assert not_improving(completed(0.5, 0.6), ACCURACY) == []
    assert not_improving(completed(0.0, -0.1), LOSS) == []


def test_a_tuning_job_has_converged_after_ten_trials_without_an_improvement() -> None:
    found = completed(0.5, *[0.5] * CONVERGED)
    assert converged_at(found[:-1], ACCURACY) is None
    assert converged_at(found, ACCURACY) == found[-1].ended
    for complete, step in ((True, Finish()), (False, Launch(1))):
        limits = Limits(50, 1, until_converged=complete)
        assert next_step(limits, ACCURACY, found, 0.0, is_wanted=True) == step


def test_the_best_is_the_first_of_equals_with_a_final_objective() -> None:
    found = [
        trial(1, FAILED, 0.1),
        trial(2, DONE, 0.5, 0.3),
        trial(3, STOPPED, 0.3),
        trial(4, RUNNING, 0.0),
        trial(5),
    ]
    assert best(found, LOSS) == found[1]
    assert best(found, ACCURACY) == found[1]
    assert best([found[0], found[4]], LOSS) is None


def test_a_failure_of_the_service_counts_as_retryable() -> None:
    found = [
        trial(1, FAILED, reason="InternalServerError: sorry"),
        trial(2, FAILED, reason="AlgorithmError: no"),
    ]
    counters = status_counters([*found, trial(3, STOPPING)])
    assert counters == {
        "Completed": 0, "InProgress": 1, "RetryableError": 1, "NonRetryableError": 1, "Stopped": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reports", "stops"),
    [((0.6,), False), ((0.7,), True), ((0.6, 0.5), False), ((0.6, 0.55), True), ((0.1, 0.1, 9.0), False)],
)
def test_a_value_worse_than_the_median_of_running_averages_stops(
    reports: tuple[float, ...], stops: bool
) -> None:
    # Their running averages: 0.6, 0.5 and 0.4 in the middle; none has a third epoch but the last.
    others = [
        trial(1, DONE, 0.6, 0.4),
        trial(2, DONE, 0.9, 0.7),
        trial(3, DONE, 0.3, 0.3),
        trial(4, STOPPED, 0.1),
    ]
    running = trial(5, RUNNING, *reports)
    assert first_stop(MedianRule(), running, 0, [*others, running], LOSS) is stops


def test_only_new_epochs_are_judged_and_only_of_those_that_run() -> None:
    others = [trial(1, DONE, 0.5)]
    running = trial(2, RUNNING, 0.9)
    assert first_stop(MedianRule(), running, 0, [*others, running], LOSS)
    assert not first_stop(MedianRule(), running, 1, [*others, running], LOSS)
    stopping = trial(2, STOPPING, 0.9)
    assert not first_stop(MedianRule(), stopping, 0, [*others, stopping], LOSS)


def judged(rule: StoppingRule, number: int, *reports: float, others: list[Trial]) -> bool:
    running = trial(number, RUNNING, *reports)
    return first_stop(rule, running, 0, [*others, running], LOSS)


def test_hyperband_keeps_the_best_third_at_a_rung_of_the_bracket() -> None:
    rule = Hyperband(1, 9)  # rungs 1 and 3; brackets by turns: odd numbers begin at 1, even ones at 3
    others = [trial(1, DONE, 0.5, 0.5, 0.5), trial(3, DONE, 0.2, 0.2, 0.2)]
    assert judged(rule, 5, 0.3, others=others)
    assert not judged(rule, 5, 0.1, others=others)
    assert not judged(rule, 5, 0.3, others=others[:1])  # two are too few to choose from
    assert not judged(rule, 6, 0.9, 0.9, others=others)  # another bracket: its first rung is 3
    assert judged(rule, 5, 0.1, 0.1, 0.3, others=others)
    assert not judged(rule, 5, 0.1, 0.9, others=others)  # no rung


def test_hyperband_stops_what_goes_on_after_the_last_epoch() -> None:
    assert not judged(Hyperband(1, 3), 1, 0.1, 0.1, 0.1, others=[])
    assert judged(Hyperband(1, 3), 1, 0.1, 0.1, 0.1, 0.1, others=[])
    assert not judged(Hyperband(3, 3), 1, 0.9, 0.9, others=[trial(4, DONE, 0.1), trial(7, DONE, 0.1)])
