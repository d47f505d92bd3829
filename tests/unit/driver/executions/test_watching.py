from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from driver.aws.connection import Connection
from driver.aws.waiter import AWS_BACKOFF, LOCAL_BACKOFF, Backoff, Waiter
from driver.deployments.workspace import Workspace
from driver.executions.deployed import Deployed
from driver.executions.readers import ANSWER_STEP, Request
from driver.executions.watching import Watch
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Outputs, Step
from tests.unit.driver.fake_logs import FakeJobs, FakeLogs
from tests.unit.driver.fake_services import FakeHosting, FakePipelines, FakeStateMachines
from tests.unit.driver.fakes import (
    ID,
    LOCAL,
    NOON,
    OUTPUTS,
    PIPELINE,
    RUNS,
    WORKFLOWS,
    FakeLostEvents,
    FakeStorage,
    execution,
    run,
)
from tests.unit.driver.histories import History

ARN = f"{PIPELINE}/execution/{ID}"
RUN = f"{RUNS}:run-1"
SECONDS = st.floats(0, 40)
BACKOFFS = st.sampled_from([LOCAL_BACKOFF, AWS_BACKOFF])
Sm = StateMachineStatus


class Clock:
    """A clock that only sleeping moves."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def at(seconds: float, name: str, status: Status) -> Step:
    ended = NOON + timedelta(seconds=seconds) if status.is_terminal else None
    return Step(name, "Lambda", status, NOON, ended)


class Life:
    """A pipeline whose steps run one after the other, and perhaps a state machine that waits for it.

    Parameters
    ----------
    lengths
        Seconds of each step; the last one answers the state machine if `outcome` is a success.
    outcome
        How the pipeline ends.
    start, answer
        Seconds until the state machine knows its pipeline, and from the pipeline's end (if it fails) or from
        that of its last step (if not; it may be negative) to the state machine's.
    """

    def __init__(self, lengths: list[float], outcome: Status, start: float, answer: float) -> None:
        self.clock = Clock()
        self.pipelines = FakePipelines(lambda: self.clock.now, {})
        self.state_machines = FakeStateMachines(self.pipelines)
        self.steps: tuple[Step, ...] = ()
        time = start
        self.pipelines.plays(execution(ID, Status.EXECUTING))
        for number, length in enumerate(lengths, 1):
            is_last = number == len(lengths)
            name = ANSWER_STEP if is_last and outcome is Status.SUCCEEDED else f"step-{number}"
            self._step(time, at(time, name, Status.EXECUTING))
            time += length
            self._step(time, at(time, name, outcome if is_last else Status.SUCCEEDED))
        self.pipeline_end = time + 0.2
        self.pipelines.plays(execution(ID, outcome), *self.steps, since=self.pipeline_end)
        failed = outcome is not Status.SUCCEEDED
        self.end = max(start, time + answer)
        self.state_machines.plays(run("run-1", Sm.RUNNING))
        self.state_machines.plays(run("run-1", Sm.RUNNING, pipeline=ID), since=start)
        ended = run("run-1", Sm.FAILED if failed else Sm.SUCCEEDED, pipeline=ID)
        self.state_machines.plays(ended, since=self.end)

    def _step(self, time: float, step: Step) -> None:
        self.steps = (*(seen for seen in self.steps if seen.name != step.name), step)
        self.pipelines.plays(execution(ID, Status.EXECUTING), *self.steps, since=time)

    def begin(self, arn: str, backoff: Backoff = LOCAL_BACKOFF) -> Watch:
        waiter = Waiter(backoff, clock=lambda: self.clock.now, sleep=self.clock.sleep, chance=lambda: 0.5)
        connection = Connection(
            FakeStorage(),
            self.pipelines,
            self.state_machines,
            FakeHosting(lambda: self.clock.now),
            FakeJobs(lambda: self.clock.now),
            FakeLogs(lambda: self.clock.now),
            FakeLostEvents(),
            waiter,
        )
        return Watch(
            Deployed(LOCAL, Outputs.read({**OUTPUTS, **WORKFLOWS}), connection, Workspace(Path("local"))), arn
        )

    def watch(self, arn: str, backoff: Backoff) -> Watch:
        watch = self.begin(arn, backoff)
        waited = watch.deployed.connection.waiter.wait_for(
            watch.look, lambda seen: seen.is_complete, timeout=100_000
        )
        assert waited.is_done
        return watch


LIVES = st.builds(
    Life,
    lengths=st.lists(SECONDS, min_size=1, max_size=6),
    outcome=st.sampled_from([Status.SUCCEEDED, Status.FAILED, Status.STOPPED]),
    start=SECONDS,
    answer=st.floats(-0.5, 30),
)
WATCHED = st.sampled_from([RUN, ARN])


@given(LIVES, WATCHED, BACKOFFS)
def test_whatever_happens_it_finishes_with_every_step_that_ended(
    life: Life, arn: str, backoff: Backoff
) -> None:
    watch = life.watch(arn, backoff)
    assert watch.has_ended
    pipeline = watch.trace().pipeline
    ended = [(step.name, step.status) for step in pipeline.spans] if pipeline else []
    assert ended == [(step.name, step.status) for step in life.steps]
    longest = backoff.longest * (1 + backoff.jitter)
    # The slowest way to the end: what changed was just asked for, and all else comes first.
    assert life.clock.now <= max(life.end, life.pipeline_end) + 4 * longest + 4 * backoff.first


@given(LIVES, WATCHED, BACKOFFS)
def test_a_look_is_one_request_and_there_is_one_a_second_at_most(
    life: Life, arn: str, backoff: Backoff
) -> None:
    watch = life.watch(arn, backoff)
    assert [name for _, name in life.pipelines.asked] == [request.value for _, request in watch.asked]
    times = [time for time, _ in life.pipelines.asked]
    assert all(after - before >= 1 - 1e-9 for before, after in pairwise(times))


@given(LIVES, WATCHED, BACKOFFS)
def test_nothing_is_asked_again_that_cannot_change_any_more(life: Life, arn: str, backoff: Backoff) -> None:
    life.watch(arn, backoff)
    for name, end in (
        ("GetExecutionHistory", life.end),
        ("DescribePipelineExecution", life.pipeline_end),
        ("ListPipelineExecutionSteps", max(life.end, life.pipeline_end)),
    ):
        late = [time for time, asked in life.pipelines.asked if asked == name and time >= end]
        # The steps may be listed while they run on, and once more after all has ended.
        assert len(late) <= (2 if name.startswith("List") else 1)


@given(LIVES, BACKOFFS)
def test_a_pipeline_alone_is_all_that_is_asked_about(life: Life, backoff: Backoff) -> None:
    asked = life.watch(ARN, backoff).asked
    assert {arn for arn, _ in asked} == {ARN}
    assert asked[0] == (ARN, Request.PIPELINE)


def requests(watch: Watch, looks: int) -> list[Request]:
    for _ in range(looks):
        watch.look()
    return [request for _, request in watch.asked[-looks:]]


def test_a_quick_success_takes_four_requests() -> None:
    life = Life([0.7, 1.0, 0.1, 0.1, 0.2], Status.SUCCEEDED, start=0.5, answer=-0.1)
    life.clock.now = 1.0
    asked = [request for _, request in life.watch(RUN, LOCAL_BACKOFF).asked]
    assert asked == [Request.HISTORY, Request.STEPS, Request.STEPS, Request.HISTORY]
    assert life.clock.now == 4


def test_a_state_machine_that_fails_before_its_pipeline_starts_is_over_at_once() -> None:
    life = Life([1], Status.FAILED, start=50, answer=0)
    life.state_machines.plays(run("run-1", Sm.FAILED))
    life.state_machines.states = {RUN: [(0, run("run-1", Sm.FAILED))]}
    watch = life.begin(RUN)
    assert watch.look().is_complete
    assert watch.trace().pipeline is None


def test_a_state_machine_that_waits_in_vain_is_all_that_is_left_to_ask() -> None:
    """Its pipeline has ended and nobody told it: it ends when its heartbeat is missed."""
    life = Life([1], Status.FAILED, start=0, answer=1000)
    life.clock.now = 2
    watch = life.begin(RUN)
    assert requests(watch, 3) == [Request.HISTORY, Request.STEPS, Request.PIPELINE]
    assert watch.look().has_ended is False
    assert set(requests(watch, 4)) <= {Request.HISTORY, Request.STEPS}
    assert requests(watch, 3) == [Request.HISTORY] * 3


def test_a_state_machine_is_looked_at_now_and_then_while_a_step_runs_for_long() -> None:
    life = Life([1000], Status.SUCCEEDED, start=0, answer=0)
    asked = requests(life.begin(RUN), 9)
    assert asked == [Request.HISTORY, *[Request.STEPS] * 3, Request.HISTORY, *[Request.STEPS] * 3, asked[0]]


def test_looking_again_is_no_news_if_nothing_changed() -> None:
    life = Life([10], Status.SUCCEEDED, start=1, answer=0)
    watch = life.begin(RUN)
    first = watch.look()
    assert watch.look() == first
    life.clock.now = 1
    assert watch.look() != first


def test_of_several_nested_executions_each_is_looked_at() -> None:
    life = Life([1], Status.SUCCEEDED, start=0, answer=0)
    train = RUNS.replace("run-pipeline", "train")
    children, parent = [f"{train}:run-{number}" for number in range(3)], History()
    parent.add("ExecutionStarted")
    entered = parent.add("MapStateEntered", name="Each")
    for number, child in enumerate(children):
        parent.add("MapIterationStarted", after=entered, name="Each", index=number)
        parent.add("TaskStateEntered", name="Train")
        parent.add("TaskScheduled")
        parent.add("TaskSubmitted", output=f'{{"ExecutionArn": "{child}"}}')
        history = History()
        history.add("ExecutionStarted")
        life.state_machines.histories[child] = history.events
    life.state_machines.histories[f"{train}:whole"] = parent.events
    watch = life.begin(f"{train}:whole")
    requests(watch, 9)
    asked = [arn.rpartition(":")[2] for arn, _ in watch.asked]
    assert asked == ["whole", "run-0", "run-1", "run-2", "whole", "run-0", "run-1", "run-2", "whole"]


def test_an_execution_with_many_events_is_read_to_its_end_at_once() -> None:
    life = Life([1], Status.FAILED, start=0, answer=0)
    life.state_machines.page = 2
    life.clock.now = 10
    watch = life.begin(RUN)
    assert not watch.look().has_ended
    watch.catch_up()
    assert watch.has_ended
    assert watch.pipeline is not None
