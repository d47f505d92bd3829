"""How executions of state machines end: once, at once, and the same in status, history and events."""

import threading
from collections.abc import Callable
from datetime import datetime

from localstack.aws.api.stepfunctions import (
    ExecutionAbortedEventDetails,
    ExecutionStatus,
    ExecutionTimedOutEventDetails,
    HistoryEventType,
)
from localstack.services.stepfunctions.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.error_name import ErrorName
from localstack.services.stepfunctions.asl.component.common.retry.jitter_strategy_decl import (
    JitterStrategyDecl,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext, EventManager
from localstack.services.stepfunctions.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramRunning,
    ProgramStopped,
)
from localstack.services.stepfunctions.backend.execution import BaseExecutionWorkerCommunication, Execution
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
from localstack.utils.patch import patch

from localcloud.localstack.news import NEWS
from localcloud.localstack.progress import Progress
from localcloud.localstack.resting import rest

LAST_EVENTS = frozenset(
    {
        HistoryEventType.ExecutionSucceeded,
        HistoryEventType.ExecutionFailed,
        HistoryEventType.ExecutionAborted,
        HistoryEventType.ExecutionTimedOut,
    }
)
START_SECONDS = 5
"""For so long a stop waits for an execution's first event, which comes within milliseconds."""


def apply() -> None:
    """Apply all patches of this module."""
    let_the_first_end_be_final()
    let_a_history_end_with_its_execution()
    let_executions_be_stopped_from_the_start()
    let_retry_delays_end_with_the_execution()
    let_the_end_be_told_once_and_in_full()
    let_errors_of_the_language_be_passed_on()


def let_the_first_end_be_final() -> None:
    """Defect: StopExecution and TimeoutSeconds do not wake a task, and what it raises then becomes the end.

    So an aborted execution stays RUNNING until its task ends, and becomes FAILED by it. The same holds for
    what is inside an execution, such as the branches beside one that failed.
    """

    @patch(Environment.__init__)
    def make(original: Callable[..., None], self: Environment, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.waiting_callbacks = set()

    def end(env: Environment, change_state: Callable[[], None], tell: Callable[[], object] | None) -> None:
        with env._state_mutex:
            if not env.is_running():
                return
            change_state()
            if tell and not env.is_frame():
                tell()  # before anybody wakes up and tells of what follows from it
            env.program_state_event.set()  # for good: who starts to wait later must not wait either
            for callback in list(env.waiting_callbacks):
                callback.close()

    @patch(Environment.set_ended)
    def set_ended(original: Callable[..., None], self: Environment) -> None:
        end(self, lambda: original(self), None)

    @patch(Environment.set_error)
    def set_error(original: Callable[..., None], self: Environment, error: object) -> None:
        end(self, lambda: original(self, error=error), None)

    @patch(Environment.set_timed_out)
    def set_timed_out(original: Callable[..., None], self: Environment) -> None:
        def tell() -> None:
            self.event_manager.add_event(
                context=self.event_history_context,
                event_type=HistoryEventType.ExecutionTimedOut,
                event_details=EventDetails(executionTimedOutEventDetails=ExecutionTimedOutEventDetails()),
            )

        end(self, lambda: original(self), tell)

    @patch(Environment.set_stop)
    def set_stop(
        original: Callable[..., None],
        self: Environment,
        stop_date: datetime,
        cause: str | None,
        error: str | None,
    ) -> None:
        def tell() -> None:
            self.event_history_context.source_event_id = 0
            self.event_manager.add_event(
                context=self.event_history_context,
                event_type=HistoryEventType.ExecutionAborted,
                event_details=EventDetails(
                    executionAbortedEventDetails=ExecutionAbortedEventDetails(error=error, cause=cause)
                ),
            )

        end(self, lambda: original(self, stop_date=stop_date, cause=cause, error=error), tell)

    set_next_state_name = Environment.next_state_name.fset

    def set_next_state_name_while_running(self: Environment, name: str) -> None:
        with self._state_mutex:
            if self._program_state is None or self.is_running():  # an end may come at any time
                set_next_state_name(self, name)

    Environment.next_state_name = Environment.next_state_name.setter(set_next_state_name_while_running)


def let_a_history_end_with_its_execution() -> None:
    """Defect: events are added to the history of an execution that has ended."""

    @patch(EventManager.__init__)
    def make(original: Callable[..., None], self: EventManager, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.adding = threading.Lock()
        self.started = threading.Event()
        self.ended = False
        self.finished = 0  # how many branches and iterations have succeeded, with the execution itself

    @patch(EventManager.add_event)
    def add_event(
        original: Callable[..., int],
        self: EventManager,
        context: EventHistoryContext,
        event_type: str,
        *args: object,
        **kwargs: object,
    ) -> int:
        told = getattr(context, "told", None)
        with self.adding:
            if self.ended or (told and event_type in told):
                if told:
                    told.discard(event_type)
                return int(context.last_published_event_id)
            self.ended = event_type in LAST_EVENTS
            event_id = original(self, context, event_type, *args, **kwargs)
            self.started.set()
            return event_id


def let_executions_be_stopped_from_the_start() -> None:
    """Defect: StopExecution fails with an internal error until the execution's definition is parsed.

    Besides, the status must be ABORTED when StopExecution answers, whatever the task is doing.
    """

    @patch(ExecutionWorker.start)
    def start(original: Callable[[ExecutionWorker], None], self: ExecutionWorker) -> None:
        self.env = self._get_evaluation_environment()
        self.env._program_state = ProgramRunning()
        original(self)

    @patch(ExecutionWorker._get_evaluation_environment)
    def _get_evaluation_environment(
        original: Callable[[ExecutionWorker], Environment], self: ExecutionWorker
    ) -> Environment:
        return self.env or original(self)

    @patch(ExecutionWorker.stop)
    def stop(
        original: Callable[..., None],
        self: ExecutionWorker,
        stop_date: datetime,
        error: str | None,
        cause: str | None,
    ) -> None:
        self.env.event_manager.started.wait(START_SECONDS)
        original(self, stop_date=stop_date, error=error, cause=cause)
        if isinstance(self.env.program_state(), ProgramStopped):
            conclude(self._execution_communication)


def let_retry_delays_end_with_the_execution() -> None:
    """Defect: a delay before a retry lasts to its end, though the execution is over."""

    @patch(JitterStrategyDecl._eval_body)
    def _eval_body(
        original: Callable[..., None], self: JitterStrategyDecl, env: Environment
    ) -> None:  # the last that a retrier asks for its delay
        original(self, env)
        env.program_state_event.wait(env.stack.pop())
        env.stack.append(0)


def let_the_end_be_told_once_and_in_full() -> None:
    """Defect: an aborted execution shows neither error nor cause, and a succeeded one no output at first."""

    @patch(BaseExecutionWorkerCommunication.terminated)
    def terminated(
        original: Callable[..., None],
        self: BaseExecutionWorkerCommunication,
    ) -> None:
        conclude(self)


def let_errors_of_the_language_be_passed_on() -> None:
    """Defect: a Fail state or a branch that passes on an error of the language fails by States.Runtime."""

    @patch(CustomErrorName.__init__)
    def make(original: Callable[..., None], self: CustomErrorName, error_name: str | None) -> None:
        ErrorName.__init__(self, error_name=error_name)


def conclude(communication: BaseExecutionWorkerCommunication) -> None:
    """Show the end in the execution's description, then tell of it, unless that was done before."""
    execution: Execution = communication.execution
    env: Environment = execution.exec_worker.env
    with env._state_mutex:
        if execution.exec_status != ExecutionStatus.RUNNING:
            return
        state = env.program_state()
        if isinstance(state, ProgramRunning):
            return  # it was redriven before the thread of its earlier run had ended
        if isinstance(state, ProgramEnded):
            execution.output = env.states.get_input()
            env.progress = Progress()  # nobody goes on from there
        elif isinstance(state, ProgramStopped):
            execution.error, execution.cause = state.error, state.cause
        elif isinstance(state, ProgramError):
            execution.error, execution.cause = state.error.get("error"), state.error.get("cause")
        communication._reflect_execution_status()
        rest(execution)
    NEWS.tell(execution.exec_arn)
    threading.Thread(target=execution.publish_execution_status_change_event, daemon=True).start()
