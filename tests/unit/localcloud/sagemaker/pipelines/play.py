"""The engine driven by hand, without a thread."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from localcloud.sagemaker.pipelines.condition_step import OUTCOME
from localcloud.sagemaker.pipelines.definition import parse_definition
from localcloud.sagemaker.pipelines.engine import advance
from localcloud.sagemaker.pipelines.graph import Graph
from localcloud.sagemaker.pipelines.reading import ExceptionType
from localcloud.sagemaker.pipelines.service import StartedJob, StartedKind
from localcloud.sagemaker.pipelines.state import ExecutionStatus, StepStatus, initial_state
from localcloud.sagemaker.pipelines.steps import CallbackMessage, Failed, Outcome, Succeeded
from localcloud.sagemaker.pipelines.turn import (
    AskToStop,
    Command,
    Event,
    ExecutionBegun,
    PublishExecution,
    PublishStep,
    RetryRequested,
    RunStep,
    StepBegun,
    StepEnded,
    StopJob,
)
from tests.unit.localcloud.sagemaker.cloud import Document
from tests.unit.localcloud.sagemaker.pipelines.job_steps import training_step

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
MESSAGE = CallbackMessage("https://queue", "abcdefghij", "arn:execution", {})
JOB = StartedJob(StartedKind.TRAINING, "job")
INTERNAL_ERROR = Failed("ClientError: InternalServerError", ExceptionType.JOB_INTERNAL_ERROR)
RETRIES: list[Document] = [
    {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 10, "MaxAttempts": 2}
]


class Play:
    """An execution driven by hand, which checks what must hold at every moment.

    `started` has the steps in the order they did; one that is tried again stays where it is.
    """

    def __init__(self, graph: Graph, max_parallel: int | None = None) -> None:
        self.graph = graph
        self.now = START
        self.state = initial_state(max_parallel, START)
        self.max_parallel = max_parallel
        self.begun: set[str] = set()
        self.started: list[str] = []
        self.asked: list[str] = []
        self.stopped_jobs: list[StartedJob] = []
        self.runs: set[int] = set()
        self.delays: list[float] = []
        self.told: dict[str, StepStatus] = {}
        self.told_execution: ExecutionStatus | None = None
        self.take(ExecutionBegun())

    def take(self, event: Event) -> bool:
        self.now += timedelta(seconds=1)
        turn = advance(self.graph, self.state, event, self.now)
        accepted = turn.state is not self.state
        assert accepted or not turn.commands
        self.state = turn.state
        for command in turn.commands:
            self._check(command)
        assert self.state.running == sum(not status.terminal for status in self.statuses().values())
        if self.max_parallel is not None:
            assert self.state.running <= self.max_parallel
        return accepted

    def begin(self, step: str, message: CallbackMessage | None = None) -> bool:
        self.begun.add(step)
        return self.take(StepBegun(step, {}, message))

    def end(self, step: str, outcome: Outcome) -> bool:
        return self.take(StepEnded(step, outcome))

    def succeed(self, step: str) -> bool:
        return self.begin(step) and self.end(step, Succeeded())

    def retry(self) -> bool:
        """Retry the execution; what has succeeded is not told again."""
        kept = [name for name, status in self.statuses().items() if status is StepStatus.SUCCEEDED]
        forgotten = set(self.statuses()) - set(kept)
        self.started = [name for name in self.started if name in kept]
        self.told = {name: status for name, status in self.told.items() if name not in forgotten}
        return self.take(RetryRequested())

    def status(self) -> ExecutionStatus | None:
        return self.state.status

    def statuses(self) -> Mapping[str, StepStatus]:
        return {name: step.status for name, step in self.state.steps.items()}

    def _check(self, command: Command) -> None:
        match command:
            case RunStep(step, run, delay):
                assert run == self.state.steps[step].run not in self.runs
                self.runs.add(run)
                self.begun.discard(step)
                if self.state.steps[step].attempt > 1:
                    assert step in self.started
                    self.delays.append(delay)
                    return
                assert step not in self.started
                self.started.append(step)
                before = [self.state.steps[name].status for name in self.graph.dependencies[step]]
                assert set(before) <= {StepStatus.SUCCEEDED}
            case AskToStop(step, _, message):
                assert message == MESSAGE
                self.asked.append(step)
            case StopJob(_, job):
                self.stopped_jobs.append(job)
            case PublishStep(step, previous, current):
                assert self.told.get(step) == previous != current.status
                self.told[step] = current.status
            case PublishExecution(previous, current, end_time):
                assert self.told_execution == previous != current
                assert (end_time is not None) is current.terminal
                self.told_execution = current


def graph_of(*steps: Document) -> Graph:
    return parse_definition(json.dumps({"Steps": list(steps)})).graph


def decide(outcome: bool) -> Succeeded:
    return Succeeded({OUTCOME: outcome})


def job_step(name: str, **more: object) -> Document:
    return training_step(name, None, RetryPolicies=RETRIES, **more)
