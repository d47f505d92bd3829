"""The state machine's waiting tasks: answers and heartbeats to whoever holds a token of a run."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, cast

from .answers import Answer, Delivery, Success
from .calls import Clients, RefusedError, classified

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_DEAD = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class Tasks:
    """The calls to Step Functions; a token whose task no longer waits is passed over."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def answer(self, tokens: Iterable[str], answer: Answer) -> Delivery:
        """Answer all tokens of a run.

        Raises `RefusedError` or `PassingError` if a token that may be alive was not answered. Those before it
        were: the call can be repeated.
        """
        taken = [_is_alive(partial(self._send, token, answer)) for token in tokens]
        if any(taken):
            return Delivery.ANSWERED
        return Delivery.DEAD if taken else Delivery.NONE

    def heartbeat(self, tokens: Iterable[str]) -> bool:
        """Say that the work goes on; False where no task waits for it.

        Raises `RefusedError` or `PassingError` if a task that may be waiting was not told.
        """
        told = [_is_alive(partial(self._states().send_task_heartbeat, taskToken=token)) for token in tokens]
        return any(told)

    def _send(self, token: str, answer: Answer) -> None:
        if isinstance(answer, Success):
            self._states().send_task_success(taskToken=token, output=answer.output)
        else:
            self._states().send_task_failure(taskToken=token, error=answer.error, cause=answer.cause)

    def _states(self) -> "SFNClient":
        return cast("SFNClient", self._clients("stepfunctions", None))


def _is_alive(call: Callable[[], object]) -> bool:
    try:
        with classified():
            call()
    except RefusedError as error:
        if error.code not in _DEAD:
            raise
        return False
    return True
