"""Runs executions, on a limited number of threads.

Threads
-------
Every execution has one lock. Under it, and nowhere else, an event becomes the next state and the commands
are handed to the workers, which only queue them; so events are taken one after the other, and what they
order is ordered the same way. Nothing blocks under the lock, and whoever holds it takes no other lock than
those of the queues. A running step holds a worker; one that waits, for the answer to a callback or the end
of a job, holds none.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from localcloud.errors import CLOUD_STOPPED
from localcloud.ports import Ports
from localcloud.sagemaker.clock import Clock, StartTimer, start_timer
from localcloud.sagemaker.events import StatusChange
from localcloud.sagemaker.pipelines.callback_step import CallbackStep
from localcloud.sagemaker.pipelines.engine import advance
from localcloud.sagemaker.pipelines.events import execution_change, step_change
from localcloud.sagemaker.pipelines.reading import ExceptionType
from localcloud.sagemaker.pipelines.service import Service
from localcloud.sagemaker.pipelines.state import ExecutionInfo, ExecutionState, StepStatus, initial_state
from localcloud.sagemaker.pipelines.step_run import Dependencies, StepRun
from localcloud.sagemaker.pipelines.steps import Failed
from localcloud.sagemaker.pipelines.turn import (
    AskToStop,
    Command,
    Event,
    ExecutionBegun,
    PublishExecution,
    PublishStep,
    RetryRequested,
    RunStep,
    StepEnded,
    StopJob,
)
from localcloud.sagemaker.workers import Outbox, Workers

_WORKERS = 32  # Steps that run at once, over all executions: each may mean a process of a function.
_MESSENGERS = 4  # Short messages: events, and callbacks that are to stop. They never wait behind a function.
_PATIENCE = 1.0  # Seconds that closing waits for jobs to end.

_SECONDS = 30.0  # Such a message is short; a thread that takes longer for one is replaced.


class Engine:
    """Runs executions."""

    def __init__(self, clock: Clock, timer: StartTimer = start_timer) -> None:
        self.clock = clock
        self.timer = timer
        self.workers = Workers("pipeline-step", _WORKERS)
        self.messengers = Workers("pipeline-message", _MESSENGERS, _SECONDS)

    def close(self) -> None:
        """Begin nothing more; what runs gets a moment to end, and is abandoned after it."""
        self.workers.close(_PATIENCE)
        self.messengers.close(_PATIENCE)


class Execution:
    """One execution of a pipeline.

    `max_parallel`: how many steps may run at once; None means any number.
    `state`: how far it was when the local cloud stopped; None where it begins.
    """

    __slots__ = ("__weakref__", "_dependencies", "_engine", "_info", "_lock", "_outbox", "_state")

    def __init__(
        self,
        info: ExecutionInfo,
        engine: Engine,
        *,
        max_parallel: int | None,
        state: ExecutionState | None = None,
    ) -> None:
        self._lock = threading.Lock()  # guards all below; _info and _state are immutable, read without it
        self._info = info
        self._state = state or initial_state(max_parallel, info.created, info.selection)
        self._engine = engine
        self._dependencies: Dependencies | None = None  # once it is over: thousands may be kept
        self._outbox: Outbox | None = None  # the same after a retry: its events stay in their order

    def equip(self, ports: Ports, service: Service, issue_token: Callable[["Execution", str], str]) -> None:
        """Give what its steps may use, which it keeps until it is over; before it begins or is retried.

        `issue_token`: makes a token that leads back to a step of this execution.
        """
        engine = self._engine
        with self._lock:
            if self._dependencies is None:
                token = partial(issue_token, self)
                self._outbox = self._outbox or Outbox(engine.messengers)
                self._dependencies = Dependencies(
                    ports, service, engine.clock, engine.timer, engine.messengers, token
                )

    @property
    def info(self) -> ExecutionInfo:
        """What the execution was started with; names may change."""
        return self._info

    @property
    def state(self) -> ExecutionState:
        """How far the execution is now."""
        return self._state

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        status = self._state.status
        return status is not None and status.terminal

    def begin(self) -> None:
        """Begin to run."""
        self.handle(ExecutionBegun())

    def resume(self) -> None:
        """Go on after a stop of the local cloud: what waits goes on waiting, what worked in it has failed."""
        if self._state.status is None:
            self.begin()
            return
        with self._lock:  # before any of them ends: the last one that does takes what steps use with it
            going = [
                (step, self._step_run(name, step.run))
                for name, step in self._state.steps.items()
                if not step.status.terminal
            ]
        for step, run in going:
            if step.status is StepStatus.STARTING:
                self._engine.workers.submit(run.begin)
            elif not step.waiting:
                self.handle(StepEnded(run.name, Failed(CLOUD_STOPPED, ExceptionType.SERVICE_FAULT), step.run))
            elif step.job is not None:
                run.follow(step.job)
            elif step.status is StepStatus.STOPPING and step.message is not None:
                # The first message may not have gone out.
                self._engine.messengers.submit(partial(run.ask_to_stop, step.message))

    def modified(self, by: Mapping[str, object]) -> None:
        """Note who has changed it."""
        with self._lock:
            self._info = replace(self._info, last_modified_by=by)

    def rename(self, display_name: str | None, description: str | None, by: Mapping[str, object]) -> None:
        """Replace display name and description, where given."""
        with self._lock:
            self._info = replace(
                self._info,
                display_name=display_name if display_name is not None else self._info.display_name,
                description=description if description is not None else self._info.description,
                last_modified_by=by,
            )
            self._state = replace(self._state, last_modified=self._engine.clock())

    def handle(self, event: Event) -> bool:
        """Take an event; tell whether it came in time to matter."""
        with self._lock:
            turn = advance(self._info.definition.graph, self._state, event, self._engine.clock())
            is_in_time = turn.state is not self._state
            self._state = turn.state
            for command in turn.commands:
                self._order(command)
            # What comes too late takes nothing from a retry that is about to begin.
            if self.is_over and (is_in_time or isinstance(event, RetryRequested)):
                self._dependencies = None
        return is_in_time

    def succeed(self, step: str, outputs: Mapping[str, str]) -> bool:
        """Answer a callback with its outputs; tell whether it was still waiting.

        Raises `ValueError` where a declared output is not of its type.
        """
        callback, message = self._info.definition.graph.steps[step], self._state.steps[step].message
        assert isinstance(callback, CallbackStep)
        return message is not None and self.handle(StepEnded(step, callback.answered(message, outputs)))

    def _order(self, command: Command) -> None:
        """Hand a command to the threads that carry it out."""
        match command:
            case RunStep(step, run, delay):
                begin = partial(self._engine.workers.submit, self._step_run(step, run).begin)
                if delay:
                    self._engine.timer(delay, begin)
                else:
                    begin()
            case AskToStop(step, run, message):
                ask = partial(self._step_run(step, run).ask_to_stop, message)
                self._engine.messengers.submit(ask)
            case StopJob(step, job):
                self._engine.messengers.submit(partial(self._step_run(step, 0).stop_job, job))
            case PublishExecution():
                self._publish(execution_change(self._info, command))
            case PublishStep():
                self._publish(step_change(self._info, command))

    def _step_run(self, step: str, run: int) -> StepRun:
        assert self._dependencies is not None
        return StepRun(self._info, lambda: self._state, self.handle, self._dependencies, step, run)

    def _publish(self, change: StatusChange) -> None:
        assert self._dependencies is not None
        assert self._outbox is not None
        self._outbox.add(partial(change.publish, self._dependencies.ports.events))
