"""Which hyperparameters the next training job gets; `bayesian` has the strategy of this name.

Each choice is a pure function of what was chosen before and of a seed: the same RandomSeed gives the same
choices (service model, RandomSeed).
"""

import itertools
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from localcloud.sagemaker.tuning.ranges import Categorical, Space, Values
from localcloud.sagemaker.tuning.trials import Observation

if TYPE_CHECKING:
    from numpy.random import Generator

_TRIES = 200  # for a combination that was not chosen before
_FEW = 10_000  # combinations that are listed where trying finds none


class Strategy(StrEnum):
    """HyperParameterTuningJobConfig.Strategy."""

    BAYESIAN = "Bayesian"
    RANDOM = "Random"
    HYPERBAND = "Hyperband"
    GRID = "Grid"


def choose(strategy: Strategy, space: Space, seen: Sequence[Observation], seed: Sequence[int]) -> Values:
    """Choose the next combination.

    `seen`: those chosen before, and those of parent jobs with their scores.
    """
    if strategy is Strategy.GRID:
        return next_in_grid(space, [item.values for item in seen])
    import numpy  # noqa: PLC0415  # the local cloud starts without it

    generator = numpy.random.default_rng(list(seed))
    if strategy is Strategy.BAYESIAN:
        from localcloud.sagemaker.tuning.bayesian import most_promising  # noqa: PLC0415  # imports SciPy

        if (found := most_promising(space, seen, generator)) is not None:
            return found
    return at_random(space, [item.values for item in seen], generator)


def at_random(space: Space, taken: Collection[Values], generator: "Generator") -> Values:
    """Choose a combination, one that was not chosen before where there is one."""
    for _ in range(_TRIES):
        found = space.at(tuple(generator.random(len(space.ranges)).tolist()))
        if found not in taken:
            return found
    if space.size <= _FEW and (left := [item for item in combinations(space) if item not in taken]):
        return left[int(generator.integers(len(left)))]
    return found


def next_in_grid(space: Space, taken: Collection[Values]) -> Values:
    """Give the first combination of categories that was not chosen before."""
    return next(item for item in combinations(space) if item not in taken)


def combinations(space: Space) -> itertools.chain[dict[str, str]]:
    """Give all combinations of a space that has a finite number of them, the last hyperparameter first."""
    lists = [
        item.values
        if isinstance(item, Categorical)
        else tuple(str(int(item.least) + step) for step in range(int(item.size)))
        if item.is_integer
        else (item.at(0.0),)
        for item in space.ranges
    ]
    names = [item.name for item in space.ranges]
    return itertools.chain(dict(zip(names, values, strict=True)) for values in itertools.product(*lists))
