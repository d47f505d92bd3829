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
from localstack.services.stepfunctions.asl.component.state.state_execution.execute_state import ExecutionState
from localstack.services.stepfunctions.asl.component.state.state_wait.wait_function.wait_function import (
    WaitFunction,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext, EventManager
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.utils.patch import patch

from localcloud.errors import CLOUD_STOPPED
from localcloud.localstack.continued import ContinuedWorker
from localcloud.localstack.patches import task_tokens
from localcloud.localstack.redriving import Place, find_place
from localcloud.localstack.state.attempts import Event, events_of, last_attempt


@dataclass(slots=True)
class Resumption:
    """Where an execution stood.

    - `told`: the state's entry, and the events of its last attempt, which are in its history.
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
        self._told = deque([*started, *resumption.told])
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


def apply() -> None:
    """Let states look at whether they are resumed."""
    let_tasks_be_resumed()
    let_waits_be_resumed()


def resume(execution: Execution, waiting: Sequence[tuple[str, float]]) -> None:
    """Let an execution go on. `waiting`: the tokens that its tasks waited for, and their deadlines."""
    before = execution.exec_worker
    history: Sequence[Event] = before.env.event_manager._history_event_list
    place = find_place(history, json.loads(execution.state_machine.definition))
    resumption = Resumption(place, last_attempt(events_of(history, place)))
    if waiting:
        resumption.token, resumption.deadline = waiting[0]
    execution.exec_worker = ContinuedWorker(before, lambda history: ReplayedHistory(history, resumption))
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
        if len(resumption.told) == 1:  # it had entered its state and nothing else, or waits to be retried
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
