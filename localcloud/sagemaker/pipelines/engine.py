"""The pure heart: an execution's state and an event give the next state and what is to be done.

Rules, from the developer guide ("Pipelines steps", "Fail step", "Callback step", "Lambda step") and the
API reference (StopPipelineExecution):

- A step starts when all steps it waits for have succeeded, at most MaxParallelExecutionSteps at once.
- Steps of the branch not taken, and those that wait for one, never start and are not listed.
- After a failure nothing more starts; what runs is waited for ("the pipeline does not terminate until
  all concurrent steps are completed"), then the execution has failed.
- After a stop nothing more starts; a running callback is told by another message and waited for, a
  running function is waited for, then the execution has stopped; it has failed where a step's time was
  over meanwhile.

Nothing here blocks, reads a clock or knows a thread; `localcloud.sagemaker.pipelines.runtime` does.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from localcloud.sagemaker.pipelines.condition_step import OUTCOME
from localcloud.sagemaker.pipelines.graph import Graph
from localcloud.sagemaker.pipelines.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from localcloud.sagemaker.pipelines.steps import (
    CallbackMessage,
    Failed,
    Outcome,
    Succeeded,
    TimedOut,
    Waiting,
)
from localcloud.sagemaker.pipelines.turn import (
    AskToStop,
    Command,
    Event,
    ExecutionBegun,
    ParallelismChanged,
    PublishExecution,
    PublishStep,
    RunStep,
    StepBegun,
    StepEnded,
    StopRequested,
    Turn,
)

LONGEST_STEP_REASON = 1024
STEP_FAILURE = "Step failure: One or multiple steps failed."


def advance(graph: Graph, state: ExecutionState, event: Event, now: datetime) -> Turn:
    """Decide what an event leads to.

    Parameters
    ----------
    graph, state
        The execution: what it consists of and how far it is.
    event
        What has happened. An event that comes too late, such as the answer to a step that is over,
        leads to nothing: the state comes back as the same object.
    now
        The time, aware, in UTC.
    """
    turn = _Turn(graph, state, now)
    if not turn.take(event):
        return Turn(state, ())
    turn.start_what_is_ready()
    turn.end_if_nothing_runs()
    return Turn(replace(turn.state, last_modified=now), tuple(turn.commands))


class _Turn:
    """One call of `advance`: gathers changes and commands."""

    def __init__(self, graph: Graph, state: ExecutionState, now: datetime) -> None:
        self._graph = graph
        self._now = now
        self._steps = dict(state.steps)
        self.state = replace(state, steps=self._steps)
        self.commands: list[Command] = []

    def take(self, event: Event) -> bool:
        """Apply an event; tell whether it came in time to matter."""
        match event:
            case ExecutionBegun():
                return self._begin()
            case StepBegun(step, metadata, message):
                return self._begin_step(step, metadata, message)
            case StepEnded(step, outcome):
                return self._end_step(step, outcome)
            case StopRequested():
                return self._stop()
            case ParallelismChanged(max_parallel):
                self.state = replace(self.state, max_parallel=max_parallel)
                return not self._over

    def start_what_is_ready(self) -> None:
        if self.state.status is not ExecutionStatus.EXECUTING or self.state.step_failed:
            return
        self._skip_branches_not_taken()
        free = len(self._graph.steps) if self.state.max_parallel is None else self.state.max_parallel
        free -= self.state.running
        for name in self._graph.steps:
            if free <= 0:
                return
            if name not in self._steps and name not in self.state.skipped and self._is_ready(name):
                self._set(name, StepState(StepStatus.STARTING, self._now))
                self.commands.append(RunStep(name))
                free -= 1

    def end_if_nothing_runs(self) -> None:
        if self._over or self.state.running:
            return
        stopping = self.state.status is ExecutionStatus.STOPPING
        if self.state.timed_out or (self.state.step_failed and not stopping):
            self.state = replace(self.state, failure_reason=STEP_FAILURE)
            self._move(ExecutionStatus.FAILED)
        elif stopping:
            self._move(ExecutionStatus.STOPPED)
        else:
            self._move(ExecutionStatus.SUCCEEDED)

    @property
    def _over(self) -> bool:
        return self.state.status is not None and self.state.status.terminal

    def _begin(self) -> bool:
        if self.state.status is not None:
            return False
        self._move(ExecutionStatus.EXECUTING)
        return True

    def _begin_step(self, name: str, metadata: Mapping[str, object], message: CallbackMessage | None) -> bool:
        step = self._steps[name]
        if step.status is not StepStatus.STARTING:
            return False
        self._set(name, replace(step, status=StepStatus.EXECUTING, metadata=metadata, message=message))
        return True

    def _end_step(self, name: str, outcome: Outcome) -> bool:
        step = self._steps[name]
        if step.status.terminal:
            return False
        match outcome:
            case Waiting():
                self._wait(name, step)
            case Succeeded(properties, metadata):
                stopping = step.status is StepStatus.STOPPING
                status = StepStatus.STOPPED if stopping else StepStatus.SUCCEEDED
                metadata = step.metadata if metadata is None else metadata
                self._finish(name, replace(step, status=status, properties=properties, metadata=metadata))
            case Failed(reason) | TimedOut(reason):
                cut = None if reason is None else reason[:LONGEST_STEP_REASON]
                self._finish(name, replace(step, status=StepStatus.FAILED, failure_reason=cut))
                timed_out = self.state.timed_out or isinstance(outcome, TimedOut)
                self.state = replace(self.state, step_failed=True, timed_out=timed_out)
        return True

    def _wait(self, name: str, step: StepState) -> None:
        """Note that a callback's message is on the queue, and that another may have to follow it."""
        self._set(name, replace(step, message_sent=True))
        if step.status is StepStatus.STOPPING and step.message is not None:
            self.commands.append(AskToStop(name, step.message))

    def _stop(self) -> bool:
        if self.state.status is not ExecutionStatus.EXECUTING:
            return False
        self._move(ExecutionStatus.STOPPING)
        for name, step in list(self._steps.items()):
            if step.status is StepStatus.STARTING:
                self._finish(name, replace(step, status=StepStatus.STOPPED))
            elif step.status is StepStatus.EXECUTING:
                self._set(name, replace(step, status=StepStatus.STOPPING))
                if step.message is not None and step.message_sent:
                    self.commands.append(AskToStop(name, step.message))
        return True

    def _skip_branches_not_taken(self) -> None:
        skipped = set(self.state.skipped)
        for name in self._graph.order:
            if name in self._steps or name in skipped:
                continue
            if not self._is_taken(name) or not skipped.isdisjoint(self._graph.dependencies[name]):
                skipped.add(name)
        self.state = replace(self.state, skipped=frozenset(skipped))

    def _is_taken(self, name: str) -> bool:
        """Tell whether a step may still run: only a decision can rule that out."""
        branch = self._graph.branches.get(name)
        decision = self._steps.get(branch.condition) if branch is not None else None
        if branch is None or decision is None or OUTCOME not in decision.properties:
            return True
        return decision.properties[OUTCOME] is branch.outcome

    def _is_ready(self, name: str) -> bool:
        waited_for = (self._steps.get(dependency) for dependency in self._graph.dependencies[name])
        return all(step is not None and step.status is StepStatus.SUCCEEDED for step in waited_for)

    def _finish(self, name: str, step: StepState) -> None:
        self._set(name, replace(step, end_time=self._now))

    def _set(self, name: str, step: StepState) -> None:
        """Replace a step's state, and tell the world where its status is another."""
        before = self._steps.get(name)
        self._steps[name] = step
        previous = None if before is None else before.status
        if previous is step.status:
            return
        ran, runs = previous is not None and not previous.terminal, not step.status.terminal
        self.state = replace(self.state, running=self.state.running + runs - ran)
        self.commands.append(PublishStep(name, previous, step))

    def _move(self, status: ExecutionStatus) -> None:
        """Replace the execution's status, and tell the world."""
        previous = self.state.status
        end_time = self._now if status.terminal else None
        self.state = replace(self.state, status=status, end_time=end_time)
        self.commands.append(PublishExecution(previous, status, end_time))
