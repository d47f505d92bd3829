"""Which training jobs are stopped early, by what they and the others have printed.

An epoch is one value of the objective metric: "your algorithm must emit the value of the objective metric
after each epoch" (developer guide, "Stop Training Jobs Early").
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Protocol

from localcloud.sagemaker.jobs.lifecycle import Status
from localcloud.sagemaker.tuning.trials import Objective, Trial


class StoppingRule(Protocol):
    """Tells whether a training job is stopped after an epoch."""

    def stops(self, trial: Trial, epoch: int, trials: Sequence[Trial], objective: Objective) -> bool:
        """Tell whether a trial that has printed so many values is stopped. `trials`: all of them."""
        ...


@dataclass(frozen=True, slots=True)
class Never:
    """TrainingJobEarlyStoppingType Off."""

    def stops(self, trial: Trial, epoch: int, trials: Sequence[Trial], objective: Objective) -> bool:
        """Stop none."""
        return False


@dataclass(frozen=True, slots=True)
class MedianRule:
    """TrainingJobEarlyStoppingType Auto (developer guide, "How Early Stopping Works").

    A training job is stopped whose value is worse than the median of the running averages, up to the same
    epoch, of those that have completed.
    """

    def stops(self, trial: Trial, epoch: int, trials: Sequence[Trial], objective: Objective) -> bool:
        """Compare the value of this epoch with those before."""
        averages = [
            objective.score(fmean(other.reports[:epoch]))
            for other in trials
            if other.status is Status.COMPLETED and len(other.reports) >= epoch
        ]
        return bool(averages) and objective.score(trial.reports[epoch - 1]) < median(averages)


_FACTOR = 3  # of training jobs, one goes on from a rung to the next (Li et al., "Hyperband", JMLR 2018)


@dataclass(frozen=True, slots=True)
class Hyperband:
    """The strategy Hyperband, with asynchronous successive halving in each bracket.

    At each rung (`least`, `least` times 3, …) a training job goes on where it is among the best third of
    those that have come to this rung in its bracket. Brackets differ in their first rung; training jobs take
    turns. One that goes on after `most` epochs is stopped; at the last of them it may still write its model.
    """

    least: int
    most: int

    def stops(self, trial: Trial, epoch: int, trials: Sequence[Trial], objective: Objective) -> bool:
        """Stop after the last epoch, or at a rung where others are better."""
        if epoch >= self.most:
            return epoch > self.most
        if epoch not in self._rungs(trial):
            return False
        bracket = self._bracket(trial)
        scores = sorted(
            (
                objective.score(other.reports[epoch - 1])
                for other in trials
                if self._bracket(other) == bracket and len(other.reports) >= epoch
            ),
            reverse=True,
        )
        if len(scores) < _FACTOR:
            return False
        return objective.score(trial.reports[epoch - 1]) < scores[len(scores) // _FACTOR - 1]

    def _all_rungs(self) -> list[int]:
        count = max(1, math.ceil(math.log(max(self.most / self.least, 1), _FACTOR) - 1e-9))
        return [self.least * _FACTOR**power for power in range(count)]

    def _bracket(self, trial: Trial) -> int:
        return (trial.number - 1) % len(self._all_rungs())

    def _rungs(self, trial: Trial) -> list[int]:
        return self._all_rungs()[self._bracket(trial) :]


def first_stop(
    rule: StoppingRule, trial: Trial, seen: int, trials: Sequence[Trial], objective: Objective
) -> bool:
    """Tell whether a running trial is stopped at an epoch after those seen before."""
    if trial.status is not Status.IN_PROGRESS:
        return False
    epochs = range(seen + 1, len(trial.reports) + 1)
    return any(rule.stops(trial, epoch, trials, objective) for epoch in epochs)
