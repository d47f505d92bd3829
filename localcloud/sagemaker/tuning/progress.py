"""What a tuning job does next, as a pure function of its plan and its training jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from localcloud.sagemaker.jobs.lifecycle import Status
from localcloud.sagemaker.tuning.trials import Objective, Trial, best, not_improving

_ATTEMPTS = 5
"""Training jobs that may fail before one succeeds. "No training job succeeded after 5 attempts" is what AWS
says (aws/amazon-sagemaker-examples#2437); those that run by then are not stopped: users show 8 failures after
it."""

CONVERGED = 10
"""Training jobs in a row without a significant improvement, by which a tuning job has converged. AWS says
what convergence is ("none of the training jobs return significant improvement (1% or less)"), not after how
many."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a tuning job is complete (ResourceLimits, TuningJobCompletionCriteria).

    - `trainings`: how many training jobs may be launched.
    - `seconds`: how long it may run.
    - `target`: the objective that is good enough.
    - `not_improving`: how many training jobs in a row may fail to improve the best objective.
    - `until_converged`: whether it is complete when it has converged.
    """

    trainings: int
    parallel: int
    seconds: int | None = None
    target: float | None = None
    not_improving: int | None = None
    until_converged: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """Launch so many training jobs more."""

    count: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until something happens to a training job."""


@dataclass(frozen=True, slots=True)
class StopTrainings:
    """Stop the training jobs that run."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing runs any more, and nothing is to be launched.

    The tuning job has failed if there is a reason.
    """

    failure_reason: str | None = None


Step = Launch | Wait | StopTrainings | Finish


def next_step(
    limits: Limits, objective: Objective, trials: Sequence[Trial], seconds: float, *, is_wanted: bool
) -> Step:
    """Decide what to do.

    `seconds`: for how long the tuning job has run. `is_wanted`: whether it is not asked to stop.
    """
    running = [trial for trial in trials if not trial.status.terminal]
    if not is_wanted or is_complete(limits, objective, trials, seconds):
        if not running:
            return Finish()
        return StopTrainings() if any(trial.status is Status.IN_PROGRESS for trial in running) else Wait()
    reason = hopeless(trials)
    free = min(limits.parallel - len(running), limits.trainings - len(trials))
    if reason is not None or limits.trainings <= len(trials):
        if running:
            return Wait()
        return Finish(reason or nothing_succeeded(trials))
    return Launch(free) if free > 0 else Wait()


def is_complete(limits: Limits, objective: Objective, trials: Sequence[Trial], seconds: float) -> bool:
    """Tell whether a completion criterion is met that ends a tuning job before its last training job."""
    if limits.seconds is not None and seconds >= limits.seconds:
        return True
    found = best(trials, objective)
    if found is None or found.objective is None:
        return False
    if limits.target is not None and objective.score(found.objective) >= objective.score(limits.target):
        return True
    if limits.not_improving is not None and len(not_improving(trials, objective)) >= limits.not_improving:
        return True
    return limits.until_converged and converged_at(trials, objective) is not None


def converged_at(trials: Sequence[Trial], objective: Objective) -> datetime | None:
    """Give the time since when the tuning job has converged; None where it has not."""
    idle = not_improving(trials, objective)
    return idle[CONVERGED - 1].ended if len(idle) >= CONVERGED else None


def hopeless(trials: Sequence[Trial]) -> str | None:
    """Say why no further training job is launched; None where there is hope."""
    if any(trial.objective is not None for trial in trials):
        return None
    if len(_failed(trials)) >= _ATTEMPTS and not _completed(trials):
        return _no_success(_ATTEMPTS)
    return _no_metrics(_ATTEMPTS) if len(_completed(trials)) >= _ATTEMPTS else None


def nothing_succeeded(trials: Sequence[Trial]) -> str | None:
    """Say why a tuning job has failed whose training jobs are all over; None where it has not."""
    if any(trial.objective is not None for trial in trials):
        return None
    if completed := _completed(trials):
        return _no_metrics(len(completed))
    return _no_success(len(_failed(trials))) if _failed(trials) else None


def _failed(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.status is Status.FAILED]


def _completed(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.status is Status.COMPLETED]


def _no_success(attempts: int) -> str:
    return (
        f"No training job succeeded after {attempts} attempts. For additional details, please take a look at "
        "the training job failures by listing training jobs for the hyperparameter tuning job."
    )


def _no_metrics(count: int) -> str:
    return (
        f"No objective metrics found after running {count} training jobs. Please ensure that the custom "
        "algorithm is emitting the objective metric as defined by the regular expression provided."
    )
