"""The tokens that tasks wait for: one for each attempt, until it is answered, times out or ends."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localstack.services.stepfunctions.asl.component.common.error_name.error_name import ErrorName
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import FailureEvent
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.execute_state import ExecutionState
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.resource import (  # noqa: E501
    ResourceCondition,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.state_task import (
    StateTask,
)
from localstack.services.stepfunctions.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeTimedOut,
    HeartbeatTimedOut,
    HeartbeatTimeoutError,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.utils.patch import patch

from localcloud.localstack.callbacks import Callback, NoAnswer


class TaskCallback(CallbackEndpoint):
    """One attempt of a task, as the interpreter waits for it: a `Callback` for LocalStack's endpoint."""

    def __init__(self, token: str, deadline: float) -> None:
        super().__init__(token)
        self.callback: Callback[CallbackOutcome] = Callback(deadline)

    def setup_heartbeat_endpoint(self, heartbeat_seconds: int) -> None:
        """Expect heartbeats from now on, when the task was submitted."""
        self.callback.expect_heartbeats(heartbeat_seconds)

    def interrupt_all(self) -> None:
        """Take no answer any more: the interpreter says that the task is over."""
        self.callback.close()

    def close(self) -> None:
        """Take no answer any more: the execution, or the branch that the task belongs to, has ended."""
        self.callback.close()

    def outcome(self) -> object:
        """Wait; give what LocalStack calls the outcome."""
        match self.callback.wait():
            case NoAnswer.HEARTBEAT_MISSED:
                return HeartbeatTimedOut()
            case NoAnswer():
                return CallbackOutcomeTimedOut(self.callback_id)
            case outcome:
                return outcome


class HeartbeatTimeout(StatesErrorName):
    """A missed heartbeat: told as ``States.Timeout``, and caught by ``States.HeartbeatTimeout`` as well.

    Sources: AWS's histories (LocalStack's snapshots of its heartbeat tests, recorded 2024-04-18) and "Error
    names" at https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
    """

    def __init__(self) -> None:
        super().__init__(StatesErrorNameType.StatesTimeout)

    def __eq__(self, other: object) -> bool:
        names = {self.error_name, StatesErrorNameType.StatesHeartbeatTimeout.to_name()}
        return isinstance(other, ErrorName) and other.error_name in names

    __hash__ = None  # type: ignore[assignment]  # as of every name of an error


_callbacks: dict[str, TaskCallback] = {}
"""By the tokens of the tasks that wait, in all executions."""

MOST_ENDED = 10_000
"""So many tokens whose tasks have ended are known; one that is older is answered as what is no token."""

_machines: dict[str, str] = {}
"""The state machine of each token, the oldest first: to answer one whose task has ended is another error than
to answer what is none."""


_resumed: dict[int, tuple[str, float]] = {}
"""The token and the deadline of the task that an environment evaluates again."""


def apply() -> None:
    """Apply all patches of this module."""
    let_each_attempt_have_its_own_token()
    let_tasks_wait_for_the_first_answer()
    let_missed_heartbeats_be_caught_by_their_name()


def let_each_attempt_have_its_own_token() -> None:
    """Defect: a task that is tried again keeps its token, and with it the answer that made it fail."""

    @patch(ExecutionState._evaluate_with_timeout)
    def _evaluate_with_timeout(original: Callable[..., None], self: ExecutionState, env: Environment) -> None:
        if not _takes_tokens(self):
            original(self, env)
            return
        self.timeout.eval(env=env)
        deadline = time.monotonic() + env.stack.pop()
        token = env.states.context_object.update_task_token()
        if (before := _resumed.pop(id(env), None)) is not None:
            token, deadline = before
            env.states.context_object.context_object_data["Task"] = {"Token": token}
        machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
        _machines[token] = machine.partition("/")[0]  # without the label of the Map whose child this is
        forget_oldest()
        callback = TaskCallback(token, deadline)
        env.callback_pool_manager._pool[token] = _callbacks[token] = callback
        with env._state_mutex:
            env.waiting_callbacks.add(callback)
            if not env.is_running():
                callback.close()
        try:
            original(self, env)
        finally:
            callback.close()
            env.waiting_callbacks.discard(callback)
            del _callbacks[token], env.callback_pool_manager._pool[token]

    def _takes_tokens(state: ExecutionState) -> bool:
        return (
            isinstance(state, StateTaskServiceCallback)
            and state._is_integration_pattern()
            and ResourceCondition.WaitForTaskToken in state._supported_integration_patterns
        )


def let_tasks_wait_for_the_first_answer() -> None:
    """Defects: a second answer replaces the first, and with HeartbeatSeconds an early one is not noticed."""

    @patch(StateTaskServiceCallback._eval_wait_for_task_token)
    def _eval_wait_for_task_token(
        original: Callable[..., object],
        self: StateTaskServiceCallback,
        *,
        callback_endpoint: TaskCallback,
        **_: object,
    ) -> object:
        return callback_endpoint.outcome()


def let_missed_heartbeats_be_caught_by_their_name() -> None:
    """Defect: a Catch or Retry of ``States.HeartbeatTimeout`` does not take a missed heartbeat."""

    @patch(StateTask._from_error)
    def _from_error(
        original: Callable[..., FailureEvent], self: StateTask, env: Environment, ex: Exception
    ) -> FailureEvent:
        failure = original(self, env=env, ex=ex)
        if isinstance(ex, HeartbeatTimeoutError):
            failure.error_name = HeartbeatTimeout()
        return failure


@contextmanager
def resumed(env: Environment, token: str | None, deadline: float) -> Iterator[None]:
    """Let the next task keep a token and a deadline, in seconds since 1970, that it had before."""
    if token is not None:
        _resumed[id(env)] = token, time.monotonic() + deadline - time.time()
    try:
        yield
    finally:
        _resumed.pop(id(env), None)


def forget_oldest() -> None:
    """Forget tokens whose tasks have ended, the oldest first, where there are too many."""
    surplus = len(_machines) - len(_callbacks) - MOST_ENDED
    if surplus > MOST_ENDED // 10:  # not at each token: all that wait are looked at, too
        ended = [token for token in list(_machines) if token not in _callbacks]
        for token in ended[:surplus]:
            _machines.pop(token, None)


def is_dead(token: str) -> bool:
    """Tell whether a token's task has ended."""
    return token in _machines and token not in _callbacks


def machine_of(token: str) -> str:
    """Give the state machine, by its ARN, whose task waits or waited for a token; else an empty text."""
    return _machines.get(token, "")


def find(token: str) -> TaskCallback | None:
    """Find the task that waits for a token."""
    return _callbacks.get(token)
