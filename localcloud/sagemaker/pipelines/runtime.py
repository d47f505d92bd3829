"""The thin edge of the engine: executions that really run, on a bounded number of threads.

Threads
-------
Every execution has one lock. Under it, and nowhere else, an event becomes the next state and the commands
are handed to the workers, which only queue them; so events are taken one after the other, and what they
order is ordered the same way. Nothing blocks under the lock, and whoever holds it takes no other lock than
those of the queues. A running step holds a worker, a waiting callback holds none.

Whatever goes wrong inside a step, the host's ports included, fails that step with a reason and is logged:
an execution never hangs because of an error of ours.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from localcloud.ports import Ports
from localcloud.sagemaker.events import execution_change, step_change
from localcloud.sagemaker.pipelines.callback_step import CallbackStep, send
from localcloud.sagemaker.pipelines.documents import read_json
from localcloud.sagemaker.pipelines.engine import advance
from localcloud.sagemaker.pipelines.errors import StepError
from localcloud.sagemaker.pipelines.expressions import Environment
from localcloud.sagemaker.pipelines.state import ExecutionInfo, ExecutionState, initial_state
from localcloud.sagemaker.pipelines.steps import CallbackMessage, Context, Failed, Outcome, TimedOut, Work
from localcloud.sagemaker.pipelines.turn import (
    AskToStop,
    Command,
    Event,
    ExecutionBegun,
    PublishExecution,
    PublishStep,
    RunStep,
    StepBegun,
    StepEnded,
)
from localcloud.sagemaker.pipelines.workers import Outbox, Workers

LOG = logging.getLogger(__name__)

_WORKERS = 32  # Steps that run at once, over all executions: each may mean a process of a function.
_MESSENGERS = 4  # Short messages: events, and callbacks that are to stop. They never wait behind a function.
_PATIENCE = 1.0  # Seconds that closing waits for jobs to end.

Clock = Callable[[], datetime]
Cancel = Callable[[], None]
StartTimer = Callable[[float, Callable[[], object]], Cancel]


def start_timer(seconds: float, action: Callable[[], object]) -> Cancel:
    """Do something after so many seconds, unless cancelled before."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()
    return timer.cancel


class Engine:
    """Runs executions.

    Parameters
    ----------
    clock
        Gives the time, aware, in UTC.
    timer
        Starts a timer, and gives what cancels it.
    """

    def __init__(self, clock: Clock, timer: StartTimer = start_timer) -> None:
        self.clock = clock
        self.timer = timer
        self.workers = Workers("pipeline-step", _WORKERS)
        self.messengers = Workers("pipeline-message", _MESSENGERS)

    def close(self) -> None:
        """Begin nothing more; what runs gets a moment to end, and is abandoned after it."""
        self.workers.close(_PATIENCE)
        self.messengers.close(_PATIENCE)


class Execution:
    """One execution of a pipeline.

    Parameters
    ----------
    info
        What it is started with.
    ports
        The services within its account's reach.
    engine
        What runs it.
    issue_token
        Makes a token that leads back to a step of this execution.
    max_parallel
        How many steps may run at once; None means any number.
    """

    def __init__(
        self,
        info: ExecutionInfo,
        ports: Ports,
        engine: Engine,
        issue_token: Callable[["Execution", str], str],
        max_parallel: int | None,
    ) -> None:
        self._lock = threading.Lock()  # guards _info and _state; both are immutable and may be read without
        self._info = info
        self._state = initial_state(max_parallel, info.created)
        self._ports = ports
        self._engine = engine
        self._issue_token = issue_token
        self._outbox = Outbox(engine.messengers)

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

    def rename(self, display_name: str | None, description: str | None) -> None:
        """Replace display name and description, where given."""
        with self._lock:
            self._info = replace(
                self._info,
                display_name=display_name if display_name is not None else self._info.display_name,
                description=description if description is not None else self._info.description,
            )
            self._state = replace(self._state, last_modified=self._engine.clock())

    def handle(self, event: Event) -> bool:
        """Take an event; tell whether it came in time to matter."""
        with self._lock:
            turn = advance(self._info.definition.graph, self._state, event, self._engine.clock())
            if turn.state is self._state:
                return False
            self._state = turn.state
            for command in turn.commands:
                self._order(command)
        return True

    def succeed(self, step: str, outputs: Mapping[str, str]) -> bool:
        """Answer a callback with its outputs; tell whether it was still waiting.

        Raises
        ------
        ValueError
            Where a declared output is not of its type.
        """
        callback, message = self._info.definition.graph.steps[step], self._state.steps[step].message
        assert isinstance(callback, CallbackStep)
        return message is not None and self.handle(StepEnded(step, callback.answered(message, outputs)))

    def _order(self, command: Command) -> None:
        """Hand a command to the threads that carry it out."""
        match command:
            case RunStep(step):
                self._engine.workers.submit(partial(self._run, step))
            case AskToStop(step, message):
                self._engine.messengers.submit(partial(self._ask_to_stop, step, message))
            case PublishExecution():
                self._outbox.add(partial(execution_change(self._info, command).publish, self._ports.events))
            case PublishStep():
                self._outbox.add(partial(step_change(self._info, command).publish, self._ports.events))

    def _run(self, name: str) -> None:
        self._end(name, partial(self._resolve_and_perform, name))

    def _ask_to_stop(self, name: str, message: CallbackMessage) -> None:
        """Send the message that says Stopping; where it cannot be sent, nobody would ever answer."""

        def ask() -> None:
            send(message, "Stopping", self._ports)

        self._end(name, ask)

    def _end(self, name: str, attempt: Callable[[], Outcome | None]) -> None:
        """Try something for a step; whatever goes wrong fails the step."""
        try:
            outcome = attempt()
            if outcome is not None:
                self.handle(StepEnded(name, outcome))
        except StepError as error:
            self.handle(StepEnded(name, Failed(str(error))))
        except Exception as error:  # the boundary between a step and the engine: report, and fail the step
            LOG.exception("Step %s of %s met an internal error", name, self._info.arn)
            self.handle(StepEnded(name, Failed(f"InternalServerError: {type(error).__name__}: {error}")))

    def _resolve_and_perform(self, name: str) -> Outcome | None:
        context = Context(self._environment(), self._info.arn, partial(self._issue_token, self, name))
        work = self._info.definition.graph.steps[name].resolve(context)
        if not self.handle(StepBegun(name, work.metadata, work.message)):
            return None
        return self._perform(name, work)

    def _perform(self, name: str, work: Work) -> Outcome:
        if work.time_limit is None:
            return work.perform(self._ports)
        reason = f"ClientError: The step took longer than {work.time_limit:g} seconds."
        cancel = self._engine.timer(work.time_limit, partial(self.handle, StepEnded(name, TimedOut(reason))))
        try:
            return work.perform(self._ports)
        finally:
            cancel()

    def _environment(self) -> Environment:
        info, state = self._info, self._state
        return Environment(
            parameters=info.parameters,
            execution=execution_variables(info, self._engine.clock()),
            properties={name: step.properties for name, step in state.steps.items()},
            read_json=partial(read_json, self._ports.objects),
        )


def execution_variables(info: ExecutionInfo, now: datetime) -> dict[str, str]:
    """Give what expressions find under ``Execution.``."""
    return {
        "StartDateTime": _iso(info.created),
        "CurrentDateTime": _iso(now),
        "PipelineName": info.pipeline_name,
        "PipelineArn": info.pipeline_arn,
        "PipelineExecutionId": info.execution_id,
        "PipelineExecutionArn": info.arn,
    }


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"
