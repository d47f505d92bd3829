"""The training jobs of a tuning job as it sees them: how they stand, and which is the best."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from localcloud.sagemaker.jobs.lifecycle import Status
from localcloud.sagemaker.tuning.ranges import Values

SIGNIFICANT = 0.01
"""Of the best objective: "fail to improve model performance by 1% or greater" (service model)."""


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric that tells which training job is better than another."""

    metric: str
    maximizes: bool

    def score(self, value: float) -> float:
        """Give a number that is greater for what is better."""
        return value if self.maximizes else -value


@dataclass(frozen=True, slots=True)
class Observation:
    """Hyperparameters that were chosen. `score`: greater is better; None while it is not known."""

    values: Values
    score: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A training job at one moment.

    - `number`: from 1, in the order of their launch.
    - `definition`: the place of its training job definition.
    - `reports`: the values of the objective metric that it has printed, in order.
    - `ended`: aware, in UTC; None while it runs.
    """

    number: int
    definition: int
    values: Values
    status: Status
    reports: tuple[float, ...] = ()
    ended: datetime | None = None
    failure_reason: str | None = None

    @property
    def objective(self) -> float | None:
        """Its final objective: the last value of a training job that has completed or was stopped."""
        if self.status not in {Status.COMPLETED, Status.STOPPED} or not self.reports:
            return None
        return self.reports[-1]

    @property
    def objective_status(self) -> str:
        """ObjectiveStatus."""
        if not self.status.terminal:
            return "Pending"
        return "Failed" if self.objective is None else "Succeeded"

    @property
    def _counter(self) -> str:
        match self.status:
            case Status.COMPLETED | Status.STOPPED:
                return self.status.value
            case Status.FAILED:
                # "can be retried only if it failed because an internal service error occurred" (service
                # model)
                is_internal = (self.failure_reason or "").startswith("InternalServerError")
                return "RetryableError" if is_internal else "NonRetryableError"
        return "InProgress"


def status_counters(trials: Iterable[Trial]) -> dict[str, int]:
    """Give TrainingJobStatusCounters."""
    counted = Counter(trial._counter for trial in trials)
    names = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return {name: counted[name] for name in names}


def objective_counters(trials: Iterable[Trial]) -> dict[str, int]:
    """Give ObjectiveStatusCounters."""
    counted = Counter(trial.objective_status for trial in trials)
    return {name: counted[name] for name in ("Succeeded", "Pending", "Failed")}


def best(trials: Iterable[Trial], objective: Objective) -> Trial | None:
    """Give the trial with the best final objective, the earliest of equals; None where none has any."""
    scored = [(objective.score(trial.objective), trial) for trial in trials if trial.objective is not None]
    return max(scored, key=lambda item: (item[0], -item[1].number))[1] if scored else None


def in_order_of_end(trials: Iterable[Trial]) -> list[Trial]:
    """Give those that have a final objective, in the order in which they ended."""
    ended = [
        (trial.ended, trial.number, trial)
        for trial in trials
        if trial.ended is not None and trial.objective is not None
    ]
    return [trial for _, _, trial in sorted(ended, key=lambda item: item[:2])]


def not_improving(trials: Sequence[Trial], objective: Objective) -> list[Trial]:
    """Give the last trials that have not improved the best objective by 1% or more, as they ended."""
    found: list[Trial] = []
    best_score: float | None = None
    for trial in in_order_of_end(trials):
        assert trial.objective is not None
        score = objective.score(trial.objective)
        if best_score is None or score - best_score >= SIGNIFICANT * max(abs(best_score), 1e-12):
            found = []
        else:
            found.append(trial)
        best_score = score if best_score is None else max(score, best_score)
    return found
