from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.hosting.lifecycle import (
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
    StartInstance,
    UpdateRequested,
    WeightsRequested,
)
from tests.unit.localcloud.sagemaker.hosting.fleets import NOW, fleet

EVENTS = st.lists(
    st.one_of(
        st.builds(InstanceReady, st.sampled_from(["i-1", "i-2", "i-3", "i-4"])),
        st.builds(InstanceCrashed, st.sampled_from(["i-1", "i-2", "i-3", "i-4"])),
        st.builds(InstanceFailed, st.sampled_from(["i-1", "i-2", "i-3", "i-4"]), st.just("reason")),
        st.builds(InstanceStopped, st.sampled_from(["i-1", "i-2", "i-3", "i-4"])),
        st.just(UpdateRequested(fleet("two", "i-3", "i-4"))),
        st.just(WeightsRequested({"A": 2.0})),
        st.just(DeletionRequested()),
    ),
    max_size=30,
)


@given(EVENTS)
def test_whatever_happens_every_instance_that_runs_has_exactly_one_place(events: list[Event]) -> None:
    turn, running = create(fleet("one", "i-1", "i-2"), NOW), {"i-1", "i-2"}
    updated = False
    for event in events:
        if isinstance(event, UpdateRequested):
            if updated:  # ids are never used twice
                continue
        elif not isinstance(event, WeightsRequested | DeletionRequested) and event.instance_id not in running:
            continue
        before = turn.state
        turn = advance(before, event, NOW)
        updated |= isinstance(event, UpdateRequested) and turn.state is not before
        if isinstance(event, InstanceCrashed | InstanceFailed):
            running.discard(event.instance_id)
        if isinstance(event, InstanceStopped) and event.instance_id in before.retiring:
            running.discard(event.instance_id)
        running |= {effect.instance_id for effect in turn.effects if isinstance(effect, StartInstance)}
        state = turn.state
        places = [state.live.ids if state.live else set(), state.pending.ids if state.pending else set()]
        placed = [*places[0], *places[1], *state.retiring]
        assert len(placed) == len(set(placed))
        assert running <= set(placed)
        if Forget() in turn.effects:
            assert not running
            break
        if state.status is EndpointStatus.IN_SERVICE:
            assert state.live is not None
            assert state.pending is None
            assert not state.retiring
        if state.status is EndpointStatus.FAILED:
            assert state.failure_reason
