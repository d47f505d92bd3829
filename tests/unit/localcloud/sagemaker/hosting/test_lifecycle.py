from dataclasses import replace
from datetime import timedelta

import pytest

from localcloud.sagemaker.hosting.health import ping_failed
from localcloud.sagemaker.hosting.lifecycle import (
    DEPLOYMENT_CRASHES,
    SERVICE_CRASHES,
    STABLE,
    advance,
    create,
)
from localcloud.sagemaker.hosting.state import (
    EndpointStatus,
)
from localcloud.sagemaker.hosting.turn import (
    DeletionRequested,
    Event,
    Forget,
    InstanceCrashed,
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
from tests.unit.localcloud.sagemaker.hosting.fleets import NOW, after, fleet, in_service, variant


def test_creating_starts_every_instance() -> None:
    turn = create(fleet("one", "i-1", "i-2"), NOW)
    assert turn.state.status is EndpointStatus.CREATING
    assert turn.effects == (
        Publish(EndpointStatus.CREATING),
        StartInstance("i-1", variant(count=2)),
        StartInstance("i-2", variant(count=2)),
    )


def test_an_endpoint_is_in_service_once_every_instance_is() -> None:
    state = create(fleet("one", "i-1", "i-2"), NOW).state
    first = advance(state, InstanceReady("i-1"), NOW)
    assert (first.state.status, first.effects) == (EndpointStatus.CREATING, ())
    second = advance(first.state, InstanceReady("i-2"), NOW)
    assert second.effects == (Publish(EndpointStatus.IN_SERVICE),)
    assert second.state.live is not None
    assert second.state.live.in_service("A") == ("i-1", "i-2")


def test_an_instance_that_cannot_start_fails_a_creation_and_ends_the_others() -> None:
    turn = after(create(fleet("one", "i-1", "i-2"), NOW).state, InstanceFailed("i-1", "no image"))
    assert (turn.state.status, turn.state.failure_reason) == (EndpointStatus.FAILED, "no image")
    assert turn.effects == (Publish(EndpointStatus.FAILED), StopInstance("i-2"))


def test_crashes_while_starting_are_tried_again_and_then_fail_the_creation() -> None:
    state = create(fleet("one", "i-1"), NOW).state
    delays = []
    for _ in range(DEPLOYMENT_CRASHES - 1):
        turn = advance(state, InstanceCrashed("i-1"), NOW)
        (start,) = turn.effects
        assert isinstance(start, StartInstance)
        delays.append(start.delay)
        state = turn.state
    assert delays == [0.0, 1.0]
    turn = advance(state, InstanceCrashed("i-1"), NOW)
    assert turn.state.status is EndpointStatus.FAILED
    assert turn.state.failure_reason == ping_failed("A")


def test_an_update_starts_the_new_fleet_and_touches_nothing_else() -> None:
    turn = after(in_service("i-1"), UpdateRequested(fleet("two", "i-2")))
    assert turn.effects == (Publish(EndpointStatus.UPDATING), StartInstance("i-2", variant()))
    assert turn.state.live is not None
    assert turn.state.live.in_service("A") == ("i-1",)
    assert turn.state.config_name == "one"


def test_the_old_fleet_ends_once_the_new_one_serves_and_only_then_the_update_is_over() -> None:
    turn = after(in_service("i-1"), UpdateRequested(fleet("two", "i-2", wait=5.0)), InstanceReady("i-2"))
    assert turn.effects == (StopInstance("i-1", 5.0),)
    assert turn.state.status is EndpointStatus.UPDATING
    assert turn.state.live is not None
    assert turn.state.live.config_name == turn.state.config_name == "two"
    turn = advance(turn.state, InstanceStopped("i-1"), NOW)
    assert turn.effects == (Publish(EndpointStatus.IN_SERVICE),)


def test_a_failed_update_rolls_back_and_keeps_the_reason() -> None:
    turn = after(
        in_service("i-1"), UpdateRequested(fleet("two", "i-2", "i-3")), InstanceFailed("i-2", "no data")
    )
    assert turn.effects == (Publish(EndpointStatus.ROLLING_BACK), StopInstance("i-3"))
    turn = advance(turn.state, InstanceStopped("i-3"), NOW)
    assert turn.effects == (Publish(EndpointStatus.IN_SERVICE),)
    assert (turn.state.failure_reason, turn.state.config_name) == ("no data", "one")
    assert turn.state.live is not None
    assert turn.state.live.in_service("A") == ("i-1",)


def test_the_next_update_clears_the_reason() -> None:
    state = replace(in_service("i-1"), failure_reason="no data")
    turn = after(state, UpdateRequested(fleet("two", "i-2")), InstanceReady("i-2"), InstanceStopped("i-1"))
    assert turn.state.failure_reason is None


def test_a_rollback_with_nothing_left_to_end_is_over_at_once() -> None:
    turn = after(in_service("i-1"), UpdateRequested(fleet("two", "i-2")), InstanceFailed("i-2", "no data"))
    assert turn.effects == (Publish(EndpointStatus.ROLLING_BACK), Publish(EndpointStatus.IN_SERVICE))


def test_a_crash_in_service_starts_the_instance_again_and_takes_it_out_of_service() -> None:
    turn = after(in_service("i-1", "i-2"), InstanceCrashed("i-1"))
    assert turn.effects == (StartInstance("i-1", variant(count=2)),)
    assert turn.state.status is EndpointStatus.IN_SERVICE
    assert turn.state.live is not None
    assert turn.state.live.in_service("A") == ("i-2",)


def test_an_instance_that_keeps_crashing_fails_the_endpoint() -> None:
    state = in_service("i-1", "i-2")
    for _ in range(SERVICE_CRASHES - 1):
        state = after(state, InstanceCrashed("i-1"), InstanceReady("i-1")).state
    turn = advance(state, InstanceCrashed("i-1"), NOW)
    assert turn.effects == (Publish(EndpointStatus.FAILED), StopInstance("i-2"))
    assert turn.state.failure_reason == ping_failed("A")


def test_an_instance_that_served_for_a_while_starts_with_a_clean_record() -> None:
    state, now = in_service("i-1"), NOW
    for _ in range(2 * SERVICE_CRASHES):
        now += STABLE
        state = after(state, InstanceCrashed("i-1"), InstanceReady("i-1"), now=now).state
    assert state.status is EndpointStatus.IN_SERVICE


def test_a_crash_while_starting_again_counts_though_much_time_has_passed() -> None:
    state, now = in_service("i-1"), NOW
    for _ in range(SERVICE_CRASHES):
        now += timedelta(hours=1)
        state = after(state, InstanceCrashed("i-1"), now=now).state
    assert state.status is EndpointStatus.FAILED


def test_during_an_update_the_old_fleet_is_never_given_up() -> None:
    state = after(in_service("i-1"), UpdateRequested(fleet("two", "i-2"))).state
    for _ in range(2 * SERVICE_CRASHES):
        turn = advance(state, InstanceCrashed("i-1"), NOW)
        assert isinstance(turn.effects[0], StartInstance)
        state = turn.state
    turn = advance(state, InstanceReady("i-2"), NOW)
    assert turn.effects == (StopInstance("i-1"),)


def test_a_rollback_to_a_fleet_of_which_nothing_is_left_fails() -> None:
    turn = after(
        in_service("i-1"),
        UpdateRequested(fleet("two", "i-2")),
        InstanceFailed("i-1", "gone"),
        InstanceFailed("i-2", "no data"),
    )
    assert turn.state.status is EndpointStatus.FAILED


def test_weights_change_at_once() -> None:
    turn = after(in_service("i-1"), WeightsRequested({"A": 3.0}))
    assert turn.effects == (Publish(EndpointStatus.UPDATING), Publish(EndpointStatus.IN_SERVICE))
    assert turn.state.live is not None
    assert turn.state.live.variant("A").weight == 3.0


def test_deleting_ends_every_instance_and_then_the_endpoint_is_forgotten() -> None:
    turn = after(in_service("i-1"), DeletionRequested())
    assert turn.effects == (Publish(EndpointStatus.DELETING), StopInstance("i-1"))
    assert after(turn.state, InstanceStopped("i-1")).effects == (Forget(),)


def test_a_failed_endpoint_without_instances_is_forgotten_at_once() -> None:
    turn = after(
        create(fleet("one", "i-1"), NOW).state, InstanceFailed("i-1", "no image"), DeletionRequested()
    )
    assert turn.effects == (Publish(EndpointStatus.DELETING), Forget())


@pytest.mark.parametrize(
    "event", [UpdateRequested(fleet("three", "i-9")), WeightsRequested({"A": 2.0}), DeletionRequested()]
)
def test_a_change_during_another_one_is_refused(event: Event) -> None:
    creating = create(fleet("one", "i-1"), NOW).state
    updating = after(in_service("i-1"), UpdateRequested(fleet("two", "i-2"))).state
    for state in (creating, updating):
        assert advance(state, event, NOW) == Turn(state)


@pytest.mark.parametrize("kind", [InstanceReady, InstanceCrashed, InstanceStopped])
def test_news_of_an_unknown_instance_changes_nothing(kind: type[InstanceReady]) -> None:
    state = in_service("i-1")
    assert advance(state, kind("i-9"), NOW).state is state
