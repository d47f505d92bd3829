"""How an execution of a state machine goes on that ran when the local cloud stopped.

It enters its state again, and what its history has of that state is not told again. A task that had started
something else waits for that: for its token, the nested execution or the job. A Wait waits for the rest of
its time. A task whose work was in this process, a Map and a Parallel have failed: Retry and Catch take that
up, and count retries from the beginning.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType, TaskFailedEventDetails
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.common.flow.start_at import StartAt
from localstack.services.stepfunctions.asl.component.eval_component import EvalComponent
from localstack.services.stepfunctions.asl.component.state.state_execution.execute_state import ExecutionState
from localstack.services.stepfunctions.asl.component.state.state_wait.wait_function.wait_function import (
    WaitFunction,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext, EventManager
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
from localstack.utils.patch import patch

from localcloud.errors import CLOUD_STOPPED
from localcloud.localstack.patches import task_tokens
from localcloud.localstack.redriving import Place, find_place

Event = Mapping[str, Any]


@dataclass(slots=True)
class Resumption:
    """Where an execution stood.

    - `told`: the events of its state, which are in its history.
    - `token`, `deadline`: of the task that waits for its token; seconds since 1970.
    """

    place: Place | None
    told: Sequence[Event]
    token: str | None = None
    deadline: float = 0.0

    @property
    def elapsed(self) -> float:
        """The seconds since it entered its state."""
        entered: datetime = self.told[0]["timestamp"]
        return (datetime.now(UTC) - entered).total_seconds()

    @property
    def submitted(self) -> Any:
        """What the service has answered that the task called; None while it had not."""
        events = [event for event in self.told if event["type"] == HistoryEventType.TaskSubmitted]
        return json.loads(events[-1]["taskSubmittedEventDetails"]["output"]) if events else None


class ReplayedHistory(EventManager):
    """The history of an execution that goes on: what is told already is not told again."""

    resumption: Resumption | None

    def __init__(self, before: EventManager, resumption: Resumption) -> None:
        super().__init__(before._cloud_watch_logging_session)
        self._event_id_gen = before._event_id_gen
        self._history_event_list = before._history_event_list
        started = [event for event in self._history_event_list[:1] if resumption.place is not None]
        self._told = deque([*started, *_last_attempt(resumption.told)])
        self.resumption = resumption

    def add_event(
        self,
        context: EventHistoryContext,
        event_type: str,
        event_details: EventDetails | None = None,
        timestamp: datetime | None = None,
        update_source_event_id: bool = True,
    ) -> int:
        """Add an event unless it is the next one that was told."""
        if self._told and self._told[0]["type"] == event_type:
            number = int(self._told.popleft()["id"])
            context.last_published_event_id = number
            if update_source_event_id:
                context.source_event_id = number
            self.started.set()
            return number
        self._told.clear()
        return int(super().add_event(context, event_type, event_details, timestamp, update_source_event_id))


class ResumedWorker(ExecutionWorker):
    """Runs an execution from the state on in which it was."""

    def __init__(self, before: ExecutionWorker, resumption: Resumption) -> None:
        super().__init__(
            evaluation_details=before._evaluation_details,
            exec_comm=before._execution_communication,
            cloud_watch_logging_session=before._cloud_watch_logging_session,
            activity_store=before._activity_store,
        )
        self._before, self._resumption = before, resumption

    def _get_evaluation_entrypoint(self) -> EvalComponent:
        program = super()._get_evaluation_entrypoint()
        if self._resumption.place is not None:
            program.start_at = StartAt(start_at_name=self._resumption.place.state)
        return program

    def _get_evaluation_environment(self) -> Environment:
        if self.env is not None:
            return self.env
        env = super()._get_evaluation_environment()
        env.event_manager = ReplayedHistory(self._before.env.event_manager, self._resumption)
        env.variable_store = self._before.env.variable_store
        env.map_run_record_pool_manager = self._before.env.map_run_record_pool_manager
        if self._resumption.place is not None:
            env.states.reset(input_value=self._resumption.place.given)
        return env


def apply() -> None:
    """Let states look at whether they are resumed."""
    let_tasks_be_resumed()
    let_waits_be_resumed()


def resume(execution: Execution, waiting: Sequence[tuple[str, float]]) -> None:
    """Let an execution go on. `waiting`: the tokens that its tasks waited for, and their deadlines."""
    before = execution.exec_worker
    history: Sequence[Event] = before.env.event_manager._history_event_list
    place = find_place(history, json.loads(execution.state_machine.definition))
    resumption = Resumption(place, _events_of(history, place))
    if waiting:
        resumption.token, resumption.deadline = waiting[0]
    execution.exec_worker = ResumedWorker(before, resumption)
    execution.exec_worker.start()


def resumed(env: Environment) -> Resumption | None:
    """Tell where the execution stood whose first state this is; None for every other state."""
    return getattr(env.event_manager, "resumption", None)


def let_tasks_be_resumed() -> None:
    """Let a task wait for what it had started, or fail."""

    @patch(ExecutionState._evaluate_with_timeout)
    def _evaluate_with_timeout(original: Callable[..., None], self: ExecutionState, env: Environment) -> None:
        resumption = resumed(env)
        if resumption is None or env.is_frame():
            original(self, env)
            return
        env.event_manager.resumption = None
        if len(resumption.told) == 1:  # it had entered its state, and nothing else
            original(self, env)
            return
        answer = resumption.submitted

        def lost(env: Environment, **_: object) -> None:
            raise FailureEventException(_failure(env, resumption))

        def answered(env: Environment, **_: object) -> None:
            env.stack.append(answer)

        name, act = ("_eval_execution", lost) if answer is None else ("_eval_service_task", answered)
        setattr(self, name, act)
        try:
            with task_tokens.resumed(env, resumption.token, resumption.deadline):
                original(self, env)
        finally:
            delattr(self, name)


def let_waits_be_resumed() -> None:
    """Let a Wait last as long as it would have lasted."""

    @patch(WaitFunction._wait_interval)
    def _wait_interval(
        original: Callable[..., None], self: WaitFunction, env: Environment, wait_seconds: float
    ) -> None:
        if (resumption := resumed(env)) is not None and not env.is_frame():
            env.event_manager.resumption = None
            if type(self).__name__.startswith("Seconds"):  # else it is until a time of day
                wait_seconds = max(0, wait_seconds - resumption.elapsed)
        original(self, env, wait_seconds)


def deadline_of(callback: task_tokens.TaskCallback) -> float:
    """Tell when a task times out, in seconds since 1970."""
    return time.time() + callback.callback._deadline - time.monotonic()


def _events_of(history: Sequence[Event], place: Place | None) -> Sequence[Event]:
    """Give the events from the state's entry on; all there are where no state was entered."""
    if place is None:
        return list(history)
    for number in range(len(history) - 1, -1, -1):
        entered = history[number].get("stateEnteredEventDetails")
        if entered is not None and entered["name"] == place.state:
            return list(history[number:])
    return []


def _last_attempt(told: Sequence[Event]) -> Sequence[Event]:
    """Leave out the attempts of a task that have failed."""
    scheduled = [
        number for number, event in enumerate(told) if event["type"] == HistoryEventType.TaskScheduled
    ]
    return [told[0], *told[scheduled[-1] :]] if scheduled else told


def _failure(env: Environment, resumption: Resumption) -> FailureEvent:
    details: Mapping[str, str] = next(
        (
            event["taskScheduledEventDetails"]
            for event in resumption.told
            if "taskScheduledEventDetails" in event
        ),
        {},
    )
    name = StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed)
    failed = TaskFailedEventDetails(
        error=name.error_name,
        cause=CLOUD_STOPPED,
        resource=details.get("resource", ""),
        resourceType=details.get("resourceType", ""),
    )
    return FailureEvent(
        env=env,
        error_name=name,
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(taskFailedEventDetails=failed),
    )
