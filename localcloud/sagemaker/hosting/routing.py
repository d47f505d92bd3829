"""Which server gets a request: first the variant, by weight or by name, then one of its instances."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from localcloud.sagemaker.hosting.state import RoutingStrategy


class Target(Protocol):
    """A server, as far as routing is concerned."""

    @property
    def outstanding(self) -> int:
        """How many requests it is serving."""
        ...


Server = TypeVar("Server", bound=Target)


@dataclass(frozen=True, slots=True)
class Route(Generic[Server]):
    """A variant with those of its servers that are in service."""

    variant: str
    weight: float
    strategy: RoutingStrategy
    targets: tuple[Server, ...]


Draw = Callable[[], float]
"""Draws a number from 0 up to, but not including, 1."""


def choose_variant(routes: Sequence[Route[Server]], draw: Draw) -> Route[Server] | None:
    """Draw a variant by its share of the weights; one without a server gets nothing.

    "The traffic to a production variant is determined by the ratio of the VariantWeight to the sum of all
    VariantWeight values across all ProductionVariants" (service model).
    """
    able = [route for route in routes if route.targets and route.weight > 0]
    if len(able) < 2:
        return able[0] if able else None
    left = draw() * sum(route.weight for route in able)
    for route in able:
        left -= route.weight
        if left < 0:
            return route
    return able[-1]  # where the sum was rounded


def choose_target(route: Route[Server], draw: Draw) -> Server:
    """Choose one of a variant's servers, at random or the one with the least to do; there must be one."""
    if route.strategy is RoutingStrategy.LEAST_OUTSTANDING_REQUESTS:
        return min(route.targets, key=lambda target: target.outstanding)
    return route.targets[int(draw() * len(route.targets))]
