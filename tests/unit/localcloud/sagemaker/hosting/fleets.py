"""Fleets and endpoints for the tests of their life."""

from datetime import UTC, datetime

from localcloud.sagemaker.hosting.lifecycle import advance, create
from localcloud.sagemaker.hosting.state import EndpointState, Fleet, RoutingStrategy, Variant, new_fleet
from localcloud.sagemaker.hosting.turn import Event, InstanceReady, Turn
from localcloud.sagemaker.wire.model_container import ModelContainer

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
CONTAINER = ModelContainer("image", None, {})


def variant(name: str = "A", count: int = 1, weight: float = 1.0) -> Variant:
    return Variant(name, CONTAINER, weight, count, RoutingStrategy.RANDOM, 60.0, 60.0)


def fleet(config: str, *ids: str, wait: float = 0.0) -> Fleet:
    return new_fleet(config, [variant(count=len(ids))], ids, NOW, wait)


def in_service(*ids: str) -> EndpointState:
    return after(create(fleet("one", *ids), NOW).state, *(InstanceReady(item) for item in ids)).state


def after(state: EndpointState, *events: Event, now: datetime = NOW) -> Turn:
    turn = Turn(state)
    for event in events:
        turn = advance(turn.state, event, now)
    return turn
