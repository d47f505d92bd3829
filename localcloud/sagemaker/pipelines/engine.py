"""The rules of an execution, pure: its state and an event give the next state and the commands.

Rules, from the developer guide ("Pipelines steps", "Fail step", "Callback step", "Lambda step") and the
API reference (StopPipelineExecution):

- A step starts when all steps it waits for have succeeded, at most MaxParallelExecutionSteps at once.
- Steps of the branch not taken, and those that wait for one, never start and are not listed.
- After a failure nothing more starts; what runs is waited for ("the pipeline does not terminate until
  all concurrent steps are completed"), then the execution has failed.
- After a stop nothing more starts; a running callback is told by another message and waited for, a
  running function is waited for, a running job is stopped, then the execution has stopped; it has failed
  where a step took too long.
- A failed step whose retry policies name its error runs again, unless the execution is stopping.
- An execution that has failed or stopped may be retried: what has succeeded stays, the rest runs again.

Nothing here blocks, reads a clock or knows a thread; `localcloud.sagemaker.pipelines.runtime` does.
"""

from dataclasses import replace
from datetime import datetime

from localcloud.sagemaker.pipelines.condition_step import OUTCOME
from localcloud.sagemaker.pipelines.graph import Graph
from localcloud.sagemaker.pipelines.retry_policies import delay_before_retry
from localcloud.sagemaker.pipelines.state import ExecutionState, ExecutionStatus, StepState, StepStatus, after
from localcloud.sagemaker.pipelines.steps import (
    Failed,
    Outcome,
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
    RetryRequested,
    RunStep,
    StepBegun,
    StepEnded,
    StopJob,
    StopRequested,
    Turn,
)

STEP_FAILURE = "Step failure: One or multiple steps failed."


def advance(graph: Graph, state: ExecutionState, event: Event, now: datetime) -> Turn:
    """Decide what an event leads to.

    `event`: what has happened. An event that comes too late, such as the answer to a step that is over, leads
    to nothing: the state comes back as the same object.
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
            case StepBegun():
                return self._begin_step(event)
            case StepEnded(step, outcome, run):
                return self._end_step(step, outcome, run)
            case StopRequested():
                return self._stop()
            case RetryRequested(max_parallel):
                return self._resume(max_parallel)
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
                self._run(name, StepState(StepStatus.STARTING, self._now))
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

    def _resume(self, max_parallel: int | None) -> bool:
        if self.state.status not in {ExecutionStatus.FAILED, ExecutionStatus.STOPPED}:
            return False
        for name, step in list(self._steps.items()):
            if step.status is not StepStatus.SUCCEEDED:
                del self._steps[name]
        self.state = replace(
            self.state,
            max_parallel=max_parallel or self.state.max_parallel,
            failure_reason=None,
            step_failed=False,
            timed_out=False,
        )
        self._move(ExecutionStatus.EXECUTING)
        return True

    def _begin_step(self, event: StepBegun) -> bool:
        step = self._current(event.step, event.run)
        if step is None or step.status is not StepStatus.STARTING:
            return False
        begun = replace(step, status=StepStatus.EXECUTING, metadata=event.metadata)
        self._set(event.step, replace(begun, message=event.message, cache_key=event.cache_key))
        return True

    def _end_step(self, name: str, outcome: Outcome, run: int | None) -> bool:
        step = self._current(name, run)
        if step is None or step.status.terminal:
            return False
        if isinstance(outcome, Failed) and self._try_again(name, step, outcome):
            return True
        step = after(step, outcome, self._now)
        self._set(name, step)
        if isinstance(outcome, Waiting) and step.status is StepStatus.STOPPING:
            self._ask_to_stop(name, step)
        if step.status is StepStatus.FAILED:
            timed_out = self.state.timed_out or isinstance(outcome, TimedOut)
            self.state = replace(self.state, step_failed=True, timed_out=timed_out)
        return True

    def _current(self, name: str, run: int | None) -> StepState | None:
        """Give a step, unless the run that is meant is not the present one."""
        step = self._steps.get(name)
        return step if step is not None and run in {None, step.run} else None

    def _try_again(self, name: str, step: StepState, failure: Failed) -> bool:
        """Start a failed step again, where its policies say so; it counts as running meanwhile."""
        policies, elapsed = self._graph.steps[name].header.retry_policies, self._now - step.start_time
        delay = delay_before_retry(policies, failure.exception, step.attempt, elapsed)
        if delay is None or step.status is StepStatus.STOPPING:
            return False
        self._run(name, StepState(StepStatus.STARTING, step.start_time, attempt=step.attempt + 1), delay)
        return True

    def _run(self, name: str, step: StepState, delay: float = 0.0) -> None:
        self.state = replace(self.state, runs=self.state.runs + 1)
        self._set(name, replace(step, run=self.state.runs))
        self.commands.append(RunStep(name, self.state.runs, delay))

    def _stop(self) -> bool:
        if self.state.status is not ExecutionStatus.EXECUTING:
            return False
        self._move(ExecutionStatus.STOPPING)
        for name, step in list(self._steps.items()):
            if step.status is StepStatus.STARTING:
                self._set(name, replace(step, status=StepStatus.STOPPED, end_time=self._now))
            elif step.status is StepStatus.EXECUTING:
                self._set(name, replace(step, status=StepStatus.STOPPING))
                self._ask_to_stop(name, step)
        return True

    def _ask_to_stop(self, name: str, step: StepState) -> None:
        """Ask for a started step to be stopped; where its job or message is not known yet, ask once it is."""
        if step.waiting and step.message is not None:
            self.commands.append(AskToStop(name, step.run, step.message))
        elif step.waiting and step.job is not None:
            self.commands.append(StopJob(name, step.job))

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

    def _set(self, name: str, step: StepState) -> None:
        """Replace a step's state, and publish an event where its status changes."""
        before = self._steps.get(name)
        self._steps[name] = step
        previous = None if before is None else before.status
        if previous is step.status:
            return
        ran, runs = previous is not None and not previous.terminal, not step.status.terminal
        self.state = replace(self.state, running=self.state.running + runs - ran)
        self.commands.append(PublishStep(name, previous, step))

    def _move(self, status: ExecutionStatus) -> None:
        """Replace the execution's status, and publish an event."""
        previous = self.state.status
        end_time = self._now if status.terminal else None
        self.state = replace(self.state, status=status, end_time=end_time)
        self.commands.append(PublishExecution(previous, status, end_time))
