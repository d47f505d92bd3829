"""The life of a job, without any of it happening."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.jobs.lifecycle import (
    Effect,
    Ended,
    Event,
    JobState,
    Stage,
    StageBegun,
    Status,
    StopAsked,
    TimeUp,
    advance,
    initial_state,
)

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
WORKING = [StageBegun(Stage.DOWNLOADING), StageBegun(Stage.TRAINING)]
EVENTS = st.one_of(
    st.sampled_from([StageBegun(Stage.DOWNLOADING), StageBegun(Stage.TRAINING), StageBegun(Stage.UPLOADING)]),
    st.sampled_from([StopAsked(), TimeUp(), Ended(), Ended("AlgorithmError: , exit code: 1")]),
)


def live(*events: Event) -> JobState:
    """Take events, a second apart."""
    state = initial_state(START)
    for second, event in enumerate(events, start=1):
        state = advance(state, event, START + timedelta(seconds=second)).state
    return state


def stages(state: JobState) -> list[str]:
    return [transition.stage.value for transition in state.transitions]


def test_a_job_that_succeeds() -> None:
    state = live(*WORKING, StageBegun(Stage.UPLOADING), Ended())
    assert (state.status, state.stage) == (Status.COMPLETED, Stage.COMPLETED)
    assert stages(state) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert state.started == START + timedelta(seconds=1)
    assert state.ended == state.modified == START + timedelta(seconds=4)


def test_a_job_that_fails() -> None:
    state = live(*WORKING, Ended("because"))
    assert (state.status, state.stage, state.failure_reason) == (Status.FAILED, Stage.FAILED, "because")


def test_a_job_that_is_stopped_has_stopped_when_its_container_has_ended() -> None:
    turn = advance(live(*WORKING), StopAsked(), START)
    assert turn.state.status is Status.STOPPING
    assert turn.effects == (Effect.PUBLISH, Effect.STOP_CONTAINER)
    assert advance(turn.state, StopAsked(), START).state is turn.state
    state = live(
        *WORKING, StopAsked(), StageBegun(Stage.UPLOADING), Ended("AlgorithmError: , exit code: 143")
    )
    assert stages(state)[2:] == ["Training", "Stopping", "Uploading", "Stopped"]
    assert (state.status, state.failure_reason) == (Status.STOPPED, None)


def test_a_job_that_is_to_stop_begins_nothing_but_to_upload() -> None:
    state = live(WORKING[0], StopAsked())
    assert advance(state, StageBegun(Stage.TRAINING), START).state is state


def test_a_job_that_has_not_begun_stops_at_once() -> None:
    turn = advance(initial_state(START), StopAsked(), START)
    assert turn.state.status is Status.STOPPED
    assert stages(turn.state) == ["Starting", "Stopping", "Stopped"]
    assert turn.effects == (Effect.PUBLISH,)


def test_a_job_out_of_time_says_so() -> None:
    state = live(*WORKING, TimeUp(), Ended())
    assert (state.status, state.stage) == (Status.STOPPED, Stage.MAX_RUNTIME_EXCEEDED)


@pytest.mark.parametrize("first", [StopAsked(), TimeUp()])
def test_the_first_reason_to_stop_counts(first: Event) -> None:
    state = live(*WORKING, first, TimeUp(), StopAsked(), Ended())
    assert (state.stage is Stage.MAX_RUNTIME_EXCEEDED) == isinstance(first, TimeUp)


@given(st.lists(EVENTS, max_size=12))
def test_every_life_is_a_chain_of_stages_with_at_most_one_end(events: list[Event]) -> None:
    state = live(*events)
    for earlier, later in zip(state.transitions, state.transitions[1:], strict=False):
        assert earlier.end == later.start
    assert state.status.terminal == (state.ended is not None) == (state.transitions[-1].end is not None)
    assert (state.failure_reason is not None) == (state.status is Status.FAILED)
    if state.status.terminal:
        assert all(advance(state, event, START).state is state for event in (StopAsked(), TimeUp(), Ended()))
