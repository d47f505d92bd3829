"""GetExecutionHistory answers in pages, and without inputs and outputs where these are not asked for."""

import base64
from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import GetExecutionHistoryOutput, InvalidToken
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.services.stepfunctions.stepfunctions_utils import normalise_max_results
from localstack.utils.patch import patch

from localcloud.localstack.history import page_of
from localcloud.localstack.patches.token_answers import INVALID_TOKEN, check

_DATA = frozenset({"input", "inputDetails", "output", "outputDetails"})
"""What is left out, as in the log events of `includeExecutionData: false` (LocalStack's recorded answers)."""


def apply() -> None:
    """Apply all patches of this module."""
    let_histories_be_read_in_pages()


def let_histories_be_read_in_pages() -> None:
    """Defects: all events in one answer; maxResults, nextToken and includeExecutionData are not heeded.

    Besides, LocalStack copies all events for each answer.
    """

    @patch(Execution.to_history_output)
    def to_history_output(original: object, self: Execution) -> GetExecutionHistoryOutput:
        env = self.exec_worker.env
        return GetExecutionHistoryOutput(events=list(env.event_manager._history_event_list) if env else [])

    @patch(StepFunctionsProvider.get_execution_history)
    def get_execution_history(
        original: Any,
        self: StepFunctionsProvider,
        context: RequestContext,
        execution_arn: str,
        *,
        max_results: int | None = None,
        reverse_order: bool | None = None,
        next_token: str | None = None,
        include_execution_data: bool | None = None,
        **rest: object,
    ) -> GetExecutionHistoryOutput:
        check("GetExecutionHistory", executionArn=execution_arn, maxResults=max_results, nextToken=next_token)
        known = original(self, context, execution_arn=execution_arn, **rest)["events"]
        is_reverse = bool(reverse_order)
        after = None if next_token is None else _position(next_token, execution_arn, is_reverse)
        page, last = page_of(known, normalise_max_results(max_results), after, is_reverse=is_reverse)
        if include_execution_data is False:
            page = [_without_data(event) for event in page]
        answer = GetExecutionHistoryOutput(events=page)
        if last is not None:
            answer["nextToken"] = _token(execution_arn, last, is_reverse)
        return answer


def _token(arn: str, last: int, is_reverse: bool) -> str:
    return base64.urlsafe_b64encode(f"{last}:{is_reverse:d}:{arn}".encode()).decode()


def _position(token: str, arn: str, is_reverse: bool) -> int:
    try:
        last, order, of = base64.urlsafe_b64decode(token.encode()).decode().split(":", 2)
        if (order, of) == (f"{is_reverse:d}", arn):
            return int(last)
    except ValueError:
        pass
    raise InvalidToken(INVALID_TOKEN)


def _without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    def stripped(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: item for name, item in value.items() if name not in _DATA}

    return {name: stripped(value) for name, value in event.items()}
