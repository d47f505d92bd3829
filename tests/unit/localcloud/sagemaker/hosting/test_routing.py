from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.hosting.routing import Route, choose_target, choose_variant
from localcloud.sagemaker.hosting.state import RoutingStrategy


@dataclass(frozen=True)
class Target:
    name: str
    outstanding: int = 0


def route(variant: str, weight: float, *targets: Target) -> Route[Target]:
    return Route(variant, weight, RoutingStrategy.RANDOM, targets or (Target(variant),))


def shares(*routes: Route[Target]) -> Counter[str]:
    chosen: Counter[str] = Counter()
    for number in range(300):
        found = choose_variant(routes, lambda number=number: number / 300)  # type: ignore[misc]
        assert found is not None
        chosen[found.variant] += 1
    return chosen


def test_variants_get_their_share_of_the_weights() -> None:
    assert shares(route("A", 2.0), route("B", 1.0)) == {"A": 200, "B": 100}


def test_a_variant_without_weight_gets_nothing() -> None:
    assert shares(route("A", 0.0), route("B", 1.0)) == {"B": 300}


def test_a_variant_without_servers_leaves_its_share_to_the_others() -> None:
    empty: Route[Target] = Route("A", 9.0, RoutingStrategy.RANDOM, ())
    assert shares(empty, route("B", 1.0), route("C", 1.0)) == {"B": 150, "C": 150}


def test_without_any_server_there_is_no_choice() -> None:
    assert choose_variant([Route("A", 1.0, RoutingStrategy.RANDOM, ())], lambda: 0.5) is None


@given(
    st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=5),
    st.floats(0, 1, exclude_max=True),
)
def test_whatever_the_weights_one_that_weighs_something_is_chosen(weights: list[float], drawn: float) -> None:
    found = choose_variant([route(str(index), weight) for index, weight in enumerate(weights)], lambda: drawn)
    assert found.weight > 0 if found else not any(weights)


@pytest.mark.parametrize(("drawn", "name"), [(0.0, "1"), (0.49, "1"), (0.5, "2"), (0.99, "2")])
def test_instances_are_chosen_at_random(drawn: float, name: str) -> None:
    assert choose_target(route("A", 1.0, Target("1"), Target("2")), lambda: drawn).name == name


def test_or_the_one_with_the_least_to_do_is() -> None:
    targets = (Target("1", 3), Target("2", 1), Target("3", 2))
    strategy = RoutingStrategy.LEAST_OUTSTANDING_REQUESTS
    assert choose_target(Route("A", 1.0, strategy, targets), lambda: 0.0).name == "2"
