"""RedriveExecution: an execution that did not succeed goes on from the state that it did not get past."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.stepfunctions import (
    ExecutionNotRedrivable,
    ExecutionRedrivenEventDetails,
    ExecutionStatus,
    HistoryEventType,
    RedriveExecutionOutput,
)
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventHistoryContext, EventManager
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.patch import patch

from localcloud.localstack.children import UNSUCCESSFUL
from localcloud.localstack.continued import ContinuedWorker
from localcloud.localstack.patches.token_answers import check
from localcloud.localstack.redriving import why_not

BY_MAP_RUN = "The Map Run redrives its child executions: redrive the execution of the Map"


def apply() -> None:
    """Apply all patches of this module."""
    redrive_executions()
    tell_of_redrives()


class ContinuedHistory(EventManager):
    """The history of an execution, to which a redrive adds."""

    def __init__(self, before: EventManager, count: int) -> None:
        super().__init__(before._cloud_watch_logging_session)
        self._event_id_gen = before._event_id_gen
        self._history_event_list = list(before._history_event_list)  # those of one that has ended are packed
        self._count = count

    def add_event(
        self,
        context: EventHistoryContext,
        event_type: str,
        event_details: EventDetails | None = None,
        timestamp: datetime | None = None,
        update_source_event_id: bool = True,
    ) -> int:
        """Add an event; the start of an execution is its redrive."""
        if event_type == HistoryEventType.ExecutionStarted:
            context.source_event_id = self._history_event_list[-1]["id"]
            details = ExecutionRedrivenEventDetails(redriveCount=self._count)
            event_type = HistoryEventType.ExecutionRedriven
            event_details, update_source_event_id = EventDetails(executionRedrivenEventDetails=details), True
        return int(super().add_event(context, event_type, event_details, timestamp, update_source_event_id))


def redrive_executions() -> None:
    """Defect: there is no RedriveExecution."""

    @patch(Execution.__init__)
    def make(original: Callable[..., None], self: Execution, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.redrive_count, self.redrive_date, self.redrive_tokens = 0, None, {}

    @handler("RedriveExecution")
    def redrive_execution(
        self: StepFunctionsProvider,
        context: RequestContext,
        execution_arn: str,
        client_token: str | None = None,
        **_: object,
    ) -> RedriveExecutionOutput:
        check("RedriveExecution", executionArn=execution_arn, clientToken=client_token)
        self._validate_state_machine_execution_arn(execution_arn)
        execution = self._get_execution(context, execution_arn)
        if "/" in execution_arn:  # it is a child of a Map Run
            if execution.exec_status in UNSUCCESSFUL:
                raise ExecutionNotRedrivable(BY_MAP_RUN)
            raise ExecutionNotRedrivable(f"Execution is {execution.exec_status} and cannot be redriven")
        if client_token in execution.redrive_tokens:
            return RedriveExecutionOutput(redriveDate=execution.redrive_tokens[client_token])
        with execution.exec_worker.env._state_mutex:
            if reason := _reason(execution):
                raise ExecutionNotRedrivable(reason)
            execution.exec_status = ExecutionStatus.RUNNING
        execution.redrive_count += 1
        execution.redrive_date = datetime.now(UTC)
        if client_token is not None:
            execution.redrive_tokens[client_token] = execution.redrive_date
        before, count, error = execution.exec_worker, execution.redrive_count, execution.error
        execution.stop_date = execution.error = execution.cause = execution.output = None
        execution.exec_worker = ContinuedWorker(
            before, lambda history: ContinuedHistory(history, count), error
        )
        execution.publish_execution_status_change_event()
        execution.exec_worker.start()
        return RedriveExecutionOutput(redriveDate=execution.redrive_date)

    StepFunctionsProvider.redrive_execution = redrive_execution


def tell_of_redrives() -> None:
    """Defect: nothing says how often an execution was redriven, and whether it can be."""

    @patch(Execution.to_describe_output)
    def to_describe_output(original: Callable[..., Any], self: Execution) -> Any:
        described = original(self) | {"redriveCount": self.redrive_count}
        if self.redrive_date is not None:
            described["redriveDate"] = self.redrive_date
        if (reason := _reason(self)) is None:
            return described | {"redriveStatus": "REDRIVABLE"}
        return described | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}

    @patch(Execution.to_execution_list_item)
    def to_execution_list_item(original: Callable[..., Any], self: Execution) -> Any:
        date = {} if self.redrive_date is None else {"redriveDate": self.redrive_date}
        return original(self) | {"redriveCount": self.redrive_count} | date

    @patch(StepFunctionsProvider.list_executions)
    def list_executions(
        original: Callable[..., Any],
        self: StepFunctionsProvider,
        context: RequestContext,
        redrive_filter: str | None = None,
        **rest: object,
    ) -> Any:
        listed = original(self, context, **rest)
        if redrive_filter is not None:
            wanted = redrive_filter == "REDRIVEN"
            listed["executions"] = [
                one for one in listed["executions"] if (one["redriveCount"] > 0) is wanted
            ]
        return listed


def _reason(execution: Execution) -> str | None:
    worker = execution.exec_worker
    if worker is None or worker.env is None:
        return "Execution is RUNNING and cannot be redriven"
    events = len(worker.env.event_manager._history_event_list)
    return why_not(execution.exec_status, events, execution.stop_date, datetime.now(UTC))
