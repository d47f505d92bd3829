"""What Step Functions answers to who answers a token, or stops an execution."""

import json
from collections.abc import Callable
from typing import NoReturn

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.stepfunctions import (
    InvalidOutput,
    InvalidToken,
    SendTaskFailureOutput,
    SendTaskHeartbeatOutput,
    SendTaskSuccessOutput,
    StopExecutionOutput,
    TaskTimedOut,
)
from localstack.services.stepfunctions.asl.eval.callback.callback import (
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.patch import patch

from localcloud.errors import ServiceError
from localcloud.localstack.patches import task_tokens
from localcloud.localstack.patches.task_tokens import TaskCallback
from localcloud.validation import validate

TASK_TIMED_OUT = "Task Timed Out: 'Provided task does not exist anymore'"
INVALID_TOKEN = "Invalid Token: 'Invalid token'"  # noqa: S105 - AWS's words


def apply() -> None:
    """Apply all patches of this module."""
    let_dead_tokens_be_refused()
    let_stop_execution_be_repeated()


def let_dead_tokens_be_refused() -> None:
    """Defect: answers to tokens of ended tasks are accepted, or refused as unknown tokens.

    Besides, LocalStack checks neither the lengths nor whether the output is JSON. An unknown token is told
    whatever the output is (recorded from AWS 2025-11-06: LocalStack's snapshots of its API tests).
    """

    @patch(StepFunctionsProvider.send_task_success)
    def send_task_success(
        original: Callable[..., SendTaskSuccessOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        task_token: str,
        output: str,
        **rest: object,
    ) -> SendTaskSuccessOutput:
        check("SendTaskSuccess", taskToken=task_token, output=output)
        task = find(self, context, task_token)  # AWS judges the token before the output
        check_output(output)
        if task is None:
            return original(self, context, task_token, output, **rest)
        if not task.callback.answer(CallbackOutcomeSuccess(task_token, output)):
            raise TaskTimedOut(TASK_TIMED_OUT)
        return SendTaskSuccessOutput()

    @patch(StepFunctionsProvider.send_task_failure)
    def send_task_failure(
        original: Callable[..., SendTaskFailureOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        task_token: str,
        *,
        error: str | None = None,
        cause: str | None = None,
        **rest: object,
    ) -> SendTaskFailureOutput:
        check("SendTaskFailure", taskToken=task_token, error=error, cause=cause)
        if (task := find(self, context, task_token)) is None:
            return original(self, context, task_token, error=error, cause=cause, **rest)
        if not task.callback.answer(CallbackOutcomeFailure(task_token, error, cause)):
            raise TaskTimedOut(TASK_TIMED_OUT)
        return SendTaskFailureOutput()

    @patch(StepFunctionsProvider.send_task_heartbeat)
    def send_task_heartbeat(
        original: Callable[..., SendTaskHeartbeatOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        task_token: str,
        **rest: object,
    ) -> SendTaskHeartbeatOutput:
        check("SendTaskHeartbeat", taskToken=task_token)
        if (task := find(self, context, task_token)) is None:
            return original(self, context, task_token, **rest)
        if not task.callback.beat():
            raise TaskTimedOut(TASK_TIMED_OUT)
        return SendTaskHeartbeatOutput()


def let_stop_execution_be_repeated() -> None:
    """Defect: stopping an execution that has ended gives another date each time."""

    @patch(StepFunctionsProvider.stop_execution)
    def stop_execution(
        original: Callable[..., StopExecutionOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        execution_arn: str,
        *,
        error: str | None = None,
        cause: str | None = None,
        **rest: object,
    ) -> StopExecutionOutput:
        check("StopExecution", executionArn=execution_arn, error=error, cause=cause)
        answer = original(self, context, execution_arn, error=error, cause=cause, **rest)
        ended = self._get_execution(context, execution_arn).stop_date
        return StopExecutionOutput(stopDate=ended or answer["stopDate"])


def find(provider: StepFunctionsProvider, context: RequestContext, token: str) -> TaskCallback | None:
    """Find the task of a token; None where it can only be an activity's, which LocalStack knows."""
    if task := task_tokens.find(token):
        return task
    if task_tokens.is_dead(token):
        raise TaskTimedOut(TASK_TIMED_OUT)
    if provider.get_store(context).activities:
        return None
    raise InvalidToken(INVALID_TOKEN)


def check(operation: str, **request: object) -> None:
    """Refuse a request that breaks a length or a pattern of the API."""
    try:
        validate("stepfunctions", operation, request)
    except ServiceError as error:
        raise CommonServiceException(error.code, error.message, error.status, sender_fault=True) from error


def check_output(output: str) -> None:
    """Refuse an output that is not JSON."""
    try:
        json.loads(output, parse_constant=refuse_constant)
    except ValueError as error:
        raise InvalidOutput(f"Invalid Output: '{error}'") from error


def refuse_constant(name: str) -> NoReturn:
    """Refuse what Python's parser takes beyond JSON."""
    raise ValueError(f"{name} is not JSON")
