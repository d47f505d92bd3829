"""What is chosen next: by chance, from a grid, and by what is known."""

import math
from collections.abc import Sequence

import pytest

from localcloud.sagemaker.tuning.ranges import Categorical, Numeric, Scaling, Space, Values
from localcloud.sagemaker.tuning.search import Strategy, choose, combinations
from localcloud.sagemaker.tuning.trials import Observation

FINITE = Space((Categorical("c", ("a", "b")), Numeric("n", 1, 3, Scaling.LINEAR, is_integer=True)))
MIXED = Space(
    (
        Numeric("x", -5, 5, Scaling.LINEAR, is_integer=False),
        Numeric("rate", 1e-5, 1, Scaling.LOGARITHMIC, is_integer=False),
        Categorical("c", ("a", "b", "c")),
    )
)


def score(values: Values) -> float:
    """Give a number that is greatest, 0, at x = 2, rate = 0.003 and c = b."""
    far = (float(values["x"]) - 2) ** 2 + 2 * math.log10(float(values["rate"]) / 0.003) ** 2
    return -far - (0 if values["c"] == "b" else 1)


def chosen(strategy: Strategy, space: Space, count: int, seed: int = 0) -> list[Observation]:
    found: list[Observation] = []
    for number in range(count):
        values = choose(strategy, space, found, (seed, number))
        found.append(Observation(values, score(values) if space is MIXED else None))
    return found


def test_random_search_tries_each_combination_of_a_small_space_once() -> None:
    found = [item.values for item in chosen(Strategy.RANDOM, FINITE, 6)]
    assert sorted(map(str, found)) == sorted(map(str, combinations(FINITE)))


def test_a_grid_is_walked_in_order() -> None:
    space = Space((Categorical("a", ("1", "2")), Categorical("b", ("x", "y"))))
    found = [tuple(item.values.values()) for item in chosen(Strategy.GRID, space, 4)]
    assert found == [("1", "x"), ("1", "y"), ("2", "x"), ("2", "y")]


@pytest.mark.parametrize("strategy", [Strategy.RANDOM, Strategy.BAYESIAN, Strategy.HYPERBAND])
def test_a_seed_decides(strategy: Strategy) -> None:
    one, two, other = (chosen(strategy, MIXED, 7, seed) for seed in (1, 1, 2))
    assert one == two != other


def test_bayesian_search_beats_chance() -> None:
    def best(strategy: Strategy, seed: int) -> float:
        return max(item.score or 0 for item in chosen(strategy, MIXED, 18, seed) if item.score is not None)

    bayesian, random = ([best(of, seed) for seed in range(3)] for of in (Strategy.BAYESIAN, Strategy.RANDOM))
    assert sum(bayesian) / 3 > sum(random) / 3 + 0.3


def test_bayesian_search_chooses_others_than_those_that_still_run() -> None:
    known = chosen(Strategy.RANDOM, MIXED, 8)
    running: list[Observation] = []
    for number in range(4):
        running.append(Observation(choose(Strategy.BAYESIAN, MIXED, [*known, *running], (9, number)), None))
    places = [MIXED.features(item.values) for item in running]
    assert all(_distance(a, b) > 0.02 for i, a in enumerate(places) for b in places[i + 1 :])


def test_bayesian_search_tries_each_combination_of_a_small_space_once() -> None:
    found: list[Observation] = []
    for number in range(6):
        values = choose(Strategy.BAYESIAN, FINITE, found, (0, number))
        found.append(Observation(values, float(values["n"])))
    assert len({str(item.values) for item in found}) == 6


def test_what_a_parent_has_tried_elsewhere_is_left_out() -> None:
    elsewhere = [Observation({"x": "1", "rate": "0.1", "c": "unknown"}, 5.0)] * 9
    values = choose(Strategy.BAYESIAN, MIXED, elsewhere, (0, 1))
    assert values == choose(Strategy.RANDOM, MIXED, elsewhere, (0, 1))


def test_results_that_are_all_the_same_break_nothing() -> None:
    known = [Observation(item.values, 1.0) for item in chosen(Strategy.RANDOM, MIXED, 9)]
    assert MIXED.features(choose(Strategy.BAYESIAN, MIXED, known, (0, 1))) is not None


def _distance(one: Sequence[float] | None, other: Sequence[float] | None) -> float:
    assert one is not None
    assert other is not None
    return math.dist(one, other)
