"""The life of an endpoint as a pure function: (state, event, now) gives (state, effects).

Creating and updating are the same thing: a fleet is deployed beside the one that serves, if any. Once all its
instances are in service it takes over, and the one before ends (blue/green, all at once). Where the new fleet
fails, an endpoint that serves rolls back; one that does not fails.

A crashed instance is started again: at once, then after pauses that double. One that keeps crashing fails
its deployment, or the endpoint where it was in service. While an update is under way, the old fleet's
instances are started again without end: whatever can still serve shall.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from localcloud.sagemaker.hosting.health import ping_failed
from localcloud.sagemaker.hosting.state import EndpointState, EndpointStatus, Fleet, Instance, Phase
from localcloud.sagemaker.hosting.turn import (
    DeletionRequested,
    Effect,
    Event,
    Forget,
    InstanceCrashed,
    InstanceEvent,
    InstanceFailed,
    InstanceReady,
    InstanceStopped,
    Publish,
    StartInstance,
    StopInstance,
    Turn,
    UpdateRequested,
    WeightsRequested,
)

DEPLOYMENT_CRASHES = 3
"""So many crashes of one instance that was never in service fail the deployment."""

SERVICE_CRASHES = 5
"""So many crashes of one instance in a row fail an endpoint that is in service."""

STABLE = timedelta(seconds=60)
"""An instance that served this long starts with a clean record."""

LONGEST_PAUSE = 30.0
"""Seconds between a crash and the next start, at most."""


def create(fleet: Fleet, now: datetime) -> Turn:
    """Begin an endpoint with its first fleet."""
    state = EndpointState(EndpointStatus.CREATING, fleet.config_name, now, pending=fleet)
    begun = Turn(state, (Publish(EndpointStatus.CREATING), *_starts(fleet)))
    return _after(begun, fleet, now)


def resume(state: EndpointState) -> Turn:
    """Begin an endpoint again whose servers have ended with the local cloud: all of them start again."""
    live, pending = _starting(state.live), _starting(state.pending)
    starts = [start for fleet in (live, pending) if fleet for start in _starts(fleet)]
    return Turn(replace(state, live=live, pending=pending), tuple(starts))


def advance(state: EndpointState, event: Event, now: datetime) -> Turn:
    """Give what an event leads to; the very same state where it does not matter."""
    match event:
        case UpdateRequested(fleet):
            return _update(state, fleet, now)
        case WeightsRequested(weights):
            return _weigh(state, weights, now)
        case DeletionRequested():
            return _delete(state, now)
        case _:
            return _advance_instance(state, event, now)


def _advance_instance(state: EndpointState, event: InstanceEvent, now: datetime) -> Turn:
    match event:
        case InstanceReady(instance_id):
            return _ready(state, instance_id, now)
        case InstanceCrashed(instance_id):
            return _crashed(state, instance_id, now)
        case InstanceFailed(instance_id, reason):
            return _failed(state, instance_id, reason, now)
        case InstanceStopped(instance_id):
            return _stopped(state, instance_id, now)


def _update(state: EndpointState, fleet: Fleet, now: datetime) -> Turn:
    if state.status is not EndpointStatus.IN_SERVICE:
        return Turn(state)
    updating = replace(state, pending=fleet, failure_reason=None)
    return _after(_enter(updating, EndpointStatus.UPDATING, now, _starts(fleet)), fleet, now)


def _after(begun: Turn, fleet: Fleet, now: datetime) -> Turn:
    """Let a fleet without instances take over at once: nobody will report that it serves."""
    if not fleet.is_empty:
        return begun
    turn = _take_over(begun.state, fleet, now)
    return Turn(turn.state, (*begun.effects, *turn.effects))


def _weigh(state: EndpointState, weights: Mapping[str, float], now: datetime) -> Turn:
    if state.status is not EndpointStatus.IN_SERVICE or state.live is None:
        return Turn(state)
    effects = (Publish(EndpointStatus.UPDATING), Publish(EndpointStatus.IN_SERVICE))
    return Turn(replace(state, live=state.live.with_weights(weights), last_modified=now), effects)


def _delete(state: EndpointState, now: datetime) -> Turn:
    if state.status not in {EndpointStatus.IN_SERVICE, EndpointStatus.FAILED}:
        return Turn(state)
    ended, stops = _retire(state, state.live)
    turn = _enter(replace(ended, live=None), EndpointStatus.DELETING, now, stops)
    return turn if turn.state.retiring else Turn(turn.state, (*turn.effects, Forget()))


def _ready(state: EndpointState, instance_id: str, now: datetime) -> Turn:
    if state.pending and (instance := state.pending.instance(instance_id)):
        pending = state.pending.with_instance(_serving(instance, now))
        waiting = replace(state, pending=pending)
        return _take_over(waiting, pending, now) if pending.is_in_service else Turn(waiting)
    if state.live and (instance := state.live.instance(instance_id)):
        return Turn(replace(state, live=state.live.with_instance(_serving(instance, now))))
    return Turn(state)


def _take_over(state: EndpointState, fleet: Fleet, now: datetime) -> Turn:
    """Let a fleet serve that is complete, and end the one before."""
    ended, stops = _retire(state, state.live, fleet.termination_wait)
    serving = replace(
        ended, config_name=fleet.config_name, live=fleet, pending=None, failure_reason=None, last_modified=now
    )
    if serving.retiring:
        return Turn(serving, stops)
    return _enter(serving, EndpointStatus.IN_SERVICE, now)


def _crashed(state: EndpointState, instance_id: str, now: datetime) -> Turn:
    if instance_id in state.retiring:
        return _stopped(state, instance_id, now)
    fleet = _fleet_of(state, instance_id)
    instance = fleet.instance(instance_id) if fleet else None
    if fleet is None or instance is None:
        return Turn(state)
    since, is_pending = instance.in_service_since, fleet is state.pending
    was_stable = instance.phase is Phase.IN_SERVICE and since is not None and now - since >= STABLE
    crashes = 1 if was_stable else instance.crashes + 1
    most = SERVICE_CRASHES if since is not None else DEPLOYMENT_CRASHES
    if crashes >= most and (is_pending or state.status is EndpointStatus.IN_SERVICE):
        return _failed(state, instance_id, ping_failed(instance.variant), now)
    crashed = fleet.with_instance(replace(instance, phase=Phase.STARTING, crashes=crashes))
    restarted = replace(state, pending=crashed) if is_pending else replace(state, live=crashed)
    return Turn(restarted, (StartInstance(instance_id, fleet.variant(instance.variant), _pause(crashes)),))


def _failed(state: EndpointState, instance_id: str, reason: str, now: datetime) -> Turn:
    """Remove an instance that has ended and is not started again."""
    if instance_id in state.retiring:
        return _stopped(state, instance_id, now)
    if state.pending and state.pending.instance(instance_id):
        ended, stops = _retire(state, state.pending.without_instance(instance_id))
        rest = replace(ended, pending=None, failure_reason=reason)
        if state.live is None:
            return _enter(rest, EndpointStatus.FAILED, now, stops)
        turn = _enter(rest, EndpointStatus.ROLLING_BACK, now, stops)
        return turn if turn.state.retiring else _settle(turn.state, now, turn.effects)
    if state.live and state.live.instance(instance_id):
        live = state.live.without_instance(instance_id)
        if state.status is not EndpointStatus.IN_SERVICE:
            return Turn(replace(state, live=live, failure_reason=reason))
        ended, stops = _retire(state, live)
        return _enter(replace(ended, live=None, failure_reason=reason), EndpointStatus.FAILED, now, stops)
    return Turn(state)


def _stopped(state: EndpointState, instance_id: str, now: datetime) -> Turn:
    if instance_id not in state.retiring:
        return Turn(state)
    rest = replace(state, retiring=state.retiring - {instance_id})
    if rest.retiring:
        return Turn(rest)
    match rest.status:
        case EndpointStatus.UPDATING | EndpointStatus.ROLLING_BACK:
            return _settle(rest, now)
        case EndpointStatus.DELETING:
            return Turn(rest, (Forget(),))
        case _:
            return Turn(rest)


def _settle(state: EndpointState, now: datetime, effects: Iterable[Effect] = ()) -> Turn:
    """End an update or a rollback: the live fleet serves on, if there is anything left of it."""
    is_left = state.live is not None and (state.live.instances or state.live.is_empty)
    turn = _enter(state, EndpointStatus.IN_SERVICE if is_left else EndpointStatus.FAILED, now)
    return Turn(turn.state, (*effects, *turn.effects))


def _retire(
    state: EndpointState, fleet: Fleet | None, wait: float = 0.0
) -> tuple[EndpointState, tuple[StopInstance, ...]]:
    """Order the instances of a fleet to stop."""
    ids = fleet.ids if fleet else frozenset[str]()
    stops = tuple(StopInstance(instance_id, wait) for instance_id in sorted(ids))
    return replace(state, retiring=state.retiring | ids), stops


def _enter(
    state: EndpointState, status: EndpointStatus, now: datetime, effects: Iterable[Effect] = ()
) -> Turn:
    """Change the status and publish it, before anything else happens."""
    return Turn(replace(state, status=status, last_modified=now), (Publish(status), *effects))


def _starts(fleet: Fleet) -> tuple[StartInstance, ...]:
    return tuple(StartInstance(item.id, fleet.variant(item.variant)) for item in fleet.instances)


def _starting(fleet: Fleet | None) -> Fleet | None:
    if fleet is None:
        return None
    again = tuple(replace(one, phase=Phase.STARTING, crashes=0) for one in fleet.instances)
    return replace(fleet, instances=again)


def _serving(instance: Instance, now: datetime) -> Instance:
    return replace(instance, phase=Phase.IN_SERVICE, in_service_since=now)


def _fleet_of(state: EndpointState, instance_id: str) -> Fleet | None:
    fleets = (state.pending, state.live)
    return next((fleet for fleet in fleets if fleet and fleet.instance(instance_id)), None)


def _pause(crashes: int) -> float:
    """Give the seconds to wait after so many crashes: 0, 1, 2, 4, …."""
    return 0.0 if crashes < 2 else min(2.0 ** (crashes - 2), LONGEST_PAUSE)
