"""The engine's decisions: pure, so driven here without a thread, by examples and by random graphs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.sagemaker.pipelines.condition_step import OUTCOME
from localcloud.sagemaker.pipelines.engine import STEP_FAILURE
from localcloud.sagemaker.pipelines.graph import Graph
from localcloud.sagemaker.pipelines.state import LONGEST_REASON, ExecutionStatus, StepStatus
from localcloud.sagemaker.pipelines.steps import (
    Failed,
    Outcome,
    StepType,
    Stopped,
    Succeeded,
    TimedOut,
    Waiting,
)
from localcloud.sagemaker.pipelines.turn import (
    ExecutionBegun,
    ParallelismChanged,
    StepBegun,
    StepEnded,
    StopRequested,
)
from tests.unit.localcloud.sagemaker.cloud import (
    Document,
    callback_step,
    condition_step,
    equals,
    fail_step,
    lambda_step,
)
from tests.unit.localcloud.sagemaker.pipelines.play import (
    INTERNAL_ERROR,
    JOB,
    MESSAGE,
    START,
    Play,
    decide,
    graph_of,
    job_step,
)


def test_steps_run_one_after_the_other_where_they_wait_for_each_other() -> None:
    play = Play(graph_of(lambda_step("a"), lambda_step("b", DependsOn=["a"])))
    assert play.started == ["a"]
    play.succeed("a")
    assert play.started == ["a", "b"]
    play.succeed("b")
    assert play.status() is ExecutionStatus.SUCCEEDED
    assert play.state.end_time == play.state.last_modified == play.now
    assert play.state.failure_reason is None


def test_steps_run_at_once_where_nothing_keeps_them() -> None:
    assert Play(graph_of(lambda_step("a"), lambda_step("b"), lambda_step("c"))).started == ["a", "b", "c"]


def test_parallelism_is_bounded_and_the_bound_may_be_raised() -> None:
    play = Play(graph_of(*(lambda_step(name) for name in "abcde")), max_parallel=2)
    assert play.started == ["a", "b"]
    play.succeed("b")
    assert play.started == ["a", "b", "c"]
    play.max_parallel = 4
    play.take(ParallelismChanged(4))
    assert play.started == ["a", "b", "c", "d", "e"]


def test_a_definition_without_steps_succeeds_at_once() -> None:
    assert Play(graph_of()).status() is ExecutionStatus.SUCCEEDED


def test_after_a_failure_nothing_starts_and_what_runs_is_waited_for() -> None:
    play = Play(
        graph_of(
            lambda_step("a"),
            lambda_step("b"),
            lambda_step("a2", DependsOn=["a"]),
            lambda_step("b2", DependsOn=["b"]),
        )
    )
    play.begin("a")
    play.end("a", Failed("x" * 2000))
    assert play.status() is ExecutionStatus.EXECUTING
    play.succeed("b")
    assert play.statuses() == {"a": StepStatus.FAILED, "b": StepStatus.SUCCEEDED}
    assert play.status() is ExecutionStatus.FAILED
    assert play.state.failure_reason == STEP_FAILURE
    assert len(str(play.state.steps["a"].failure_reason)) == LONGEST_REASON


def test_a_step_may_fail_before_it_has_begun() -> None:
    play = Play(graph_of(lambda_step("a")))
    play.end("a", Failed("an argument has no value"))
    assert play.status() is ExecutionStatus.FAILED


@pytest.mark.parametrize(("outcome", "taken"), [(True, ["yes", "after-yes"]), (False, ["no"])])
def test_the_branch_not_taken_never_starts_nor_what_waits_for_it(outcome: bool, taken: list[str]) -> None:
    graph = graph_of(
        condition_step("c", [equals(1, 1)], [lambda_step("yes")], [lambda_step("no")]),
        lambda_step("after-yes", DependsOn=["yes"]),
        lambda_step("after-both", DependsOn=["yes", "no"]),
        lambda_step("after-that", DependsOn=["after-both"]),
        lambda_step("always", DependsOn=["c"]),
    )  # fmt: skip
    play = Play(graph)
    play.begin("c")
    play.end("c", decide(outcome))
    for step in ["always", *taken]:
        assert play.succeed(step)
    assert play.status() is ExecutionStatus.SUCCEEDED
    assert set(play.started) == {"c", "always", *taken}
    assert set(play.state.steps) | play.state.skipped == set(graph.steps)


def test_an_event_that_comes_too_late_changes_nothing() -> None:
    play = Play(graph_of(lambda_step("a")))
    play.succeed("a")
    for event in (
        StepBegun("a", {}),
        StepEnded("a", Failed("late")),
        StepEnded("a", Waiting()),
        StepEnded("a", TimedOut("late")),
        StopRequested(),
        ExecutionBegun(),
        ParallelismChanged(3),
    ):
        assert not play.take(event)
    assert play.status() is ExecutionStatus.SUCCEEDED


def test_a_stop_waits_for_a_running_function_and_starts_nothing_more() -> None:
    play = Play(graph_of(lambda_step("a"), lambda_step("b", DependsOn=["a"]), lambda_step("c")))
    play.begin("a")
    play.take(StopRequested())
    assert play.status() is ExecutionStatus.STOPPING
    assert play.statuses() == {"a": StepStatus.STOPPING, "c": StepStatus.STOPPED}
    assert not play.begin("c")
    play.end("a", Succeeded())
    assert play.status() is ExecutionStatus.STOPPED
    assert play.statuses() == {"a": StepStatus.STOPPED, "c": StepStatus.STOPPED}
    assert play.state.failure_reason is None


def test_a_stop_without_a_running_step_is_over_at_once() -> None:
    play = Play(graph_of(lambda_step("a")))
    play.take(StopRequested())
    assert play.status() is ExecutionStatus.STOPPED


def test_a_stop_asks_whoever_answers_a_callback_and_waits_for_the_answer() -> None:
    play = Play(graph_of(callback_step("a")))
    play.begin("a", MESSAGE)
    play.end("a", Waiting())
    play.take(StopRequested())
    assert play.asked == ["a"]
    assert play.status() is ExecutionStatus.STOPPING
    assert not play.take(StopRequested())
    play.end("a", Succeeded())
    assert play.status() is ExecutionStatus.STOPPED


def test_the_request_to_stop_never_overtakes_the_first_message() -> None:
    play = Play(graph_of(callback_step("a")))
    play.begin("a", MESSAGE)
    play.take(StopRequested())
    assert play.asked == []
    play.end("a", Waiting())
    assert play.asked == ["a"]


def test_a_callback_may_be_answered_before_its_message_is_known_to_be_sent() -> None:
    play = Play(graph_of(callback_step("a")))
    play.begin("a", MESSAGE)
    play.end("a", Succeeded())
    assert not play.end("a", Waiting())
    assert play.status() is ExecutionStatus.SUCCEEDED


def test_a_failure_while_stopping_is_told_by_the_step_and_the_execution_stops() -> None:
    play = Play(graph_of(lambda_step("a")))
    play.begin("a")
    play.take(StopRequested())
    play.end("a", Failed("broken"))
    assert play.statuses() == {"a": StepStatus.FAILED}
    assert play.status() is ExecutionStatus.STOPPED


def test_a_function_that_takes_too_long_fails_the_execution_even_while_it_stops() -> None:
    play = Play(graph_of(lambda_step("a")))
    play.begin("a")
    play.take(StopRequested())
    play.end("a", TimedOut("too long"))
    assert play.status() is ExecutionStatus.FAILED
    assert not play.end("a", Succeeded())


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs: steps wait for any that come before, and some are conditions with branches."""
    steps: list[Document] = []
    names: list[str] = []
    for number in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(["lambda", "callback", "job", "condition", "fail"]))
        waits = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if names else []
        name = f"s{number}"
        if kind == "lambda":
            steps.append(lambda_step(name, DependsOn=waits))
        elif kind == "callback":
            steps.append(callback_step(name, DependsOn=waits))
        elif kind == "job":
            steps.append(job_step(name, DependsOn=waits))
        elif kind == "fail":
            steps.append(fail_step(name) | {"DependsOn": waits})
        else:
            inner = [f"{name}-{part}" for part in range(draw(st.integers(0, 3)))]
            cut = draw(st.integers(0, len(inner)))
            branches = [[lambda_step(part) for part in group] for group in (inner[:cut], inner[cut:])]
            steps.append(condition_step(name, [equals(1, 1)], *branches, DependsOn=waits))
            names += inner
        if kind != "fail":
            names.append(name)
    return graph_of(*steps)


@settings(max_examples=300)
@given(graph=graphs(), max_parallel=st.one_of(st.none(), st.integers(1, 3)), data=st.data())
def test_every_execution_ends_whatever_happens_in_whatever_order(
    graph: Graph, max_parallel: int | None, data: st.DataObject
) -> None:
    play = Play(graph, max_parallel)
    stopped = False
    for _ in range(12 * len(graph.steps) + 2):  # begun, waiting, ended, three times; a stop, a retry
        if play.state.status is None or play.state.status.terminal:
            break
        if not stopped and data.draw(st.integers(0, 15)) == 0:
            stopped = play.take(StopRequested())
            continue
        running = [name for name, step in play.state.steps.items() if not step.status.terminal]
        name = data.draw(st.sampled_from(running))
        _move_on(play, name, data)
    assert play.state.status is not None
    assert play.state.status.terminal, "the execution hangs"
    _check_the_end(play, stopped)
    if play.status() is not ExecutionStatus.SUCCEEDED:
        assert play.retry()
        _succeed_at_everything(play, data)


def _succeed_at_everything(play: Play, data: st.DataObject) -> None:
    """Let whatever runs succeed; only a Fail step cannot."""
    fails = False
    while running := [name for name, step in play.state.steps.items() if not step.status.terminal]:
        name = data.draw(st.sampled_from(running))
        kind = play.graph.steps[name].header.type
        play.begin(name, MESSAGE if kind is StepType.CALLBACK else None)
        if kind is StepType.FAIL:
            fails = True
            play.end(name, Failed("because"))
        else:
            play.end(name, decide(True) if kind is StepType.CONDITION else Succeeded())
    assert play.status() is (ExecutionStatus.FAILED if fails else ExecutionStatus.SUCCEEDED)


def _move_on(play: Play, name: str, data: st.DataObject) -> None:
    """Let something happen to a running step."""
    step, kind = play.state.steps[name], play.graph.steps[name].header.type
    callback = kind is StepType.CALLBACK
    if name not in play.begun:
        play.begin(name, MESSAGE if callback else None)
    elif callback and not step.waiting and data.draw(st.booleans()):
        play.end(name, Waiting())
    elif kind is StepType.TRAINING and not step.waiting and data.draw(st.booleans()):
        play.end(name, Waiting(JOB))
    elif kind is StepType.FAIL:
        play.end(name, Failed("because"))
    elif kind is StepType.CONDITION:
        play.end(name, decide(data.draw(st.booleans())))
    else:
        outcomes: tuple[Outcome, ...] = (
            Succeeded(),
            Succeeded(),
            Succeeded(),
            Failed("broken"),
            TimedOut("late"),
            Stopped("stopped"),
            INTERNAL_ERROR,
        )
        play.end(name, data.draw(st.sampled_from(outcomes)))


def _check_the_end(play: Play, stopped: bool) -> None:
    state, statuses = play.state, set(play.statuses().values())
    assert all(step.status.terminal and step.end_time is not None for step in state.steps.values())
    assert play.started == list(state.steps)
    assert play.told == play.statuses()
    assert play.told_execution is state.status
    match state.status:
        case ExecutionStatus.SUCCEEDED:
            assert not stopped
            assert statuses <= {StepStatus.SUCCEEDED}
            assert set(state.steps) | state.skipped == set(play.graph.steps)
            assert not set(state.steps) & state.skipped
        case ExecutionStatus.FAILED:
            assert StepStatus.FAILED in statuses
            assert state.failure_reason == STEP_FAILURE
        case _:
            assert stopped
            assert state.failure_reason is None
    for name, step in state.steps.items():
        branch = play.graph.branches.get(name)
        if branch is not None:
            assert state.steps[branch.condition].properties[OUTCOME] is branch.outcome
        assert step.start_time <= (step.end_time or START)
