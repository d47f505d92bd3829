"""The API of Map Runs and their child executions: describe, list, update, stop."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import (
    ExecutionDoesNotExist,
    ListExecutionsOutput,
    ListMapRunsOutput,
    MapRunStatus,
    ResourceNotFound,
    UpdateMapRunOutput,
)
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.services.stepfunctions.stepfunctions_utils import (
    assert_pagination_parameters_valid,
    get_next_page_token_from_arn,
    normalise_max_results,
)
from localstack.utils.collections import PaginatedList
from localstack.utils.patch import patch

from localcloud.localstack.children import SUCCEEDED, Child
from localcloud.localstack.map_run import MapRun
from localcloud.localstack.patches.token_answers import check


def apply() -> None:
    """Apply all patches of this module."""
    let_children_be_found()
    let_map_runs_be_described_and_listed()
    let_running_map_runs_be_updated()


class ChildExecution:
    """A child execution as the API's operations take an execution."""

    sm_type = "STANDARD"  # what is asked of it is answered, also where it is EXPRESS

    def __init__(self, parent: Execution, run: MapRun, child: Child) -> None:
        self._parent, self._run, self._child = parent, run, child
        self.exec_arn = f"{run.execution_prefix}{child.name}"
        self.exec_status = child.status
        self.stop_date = child.stopped

    def to_execution_list_item(self) -> dict[str, Any]:
        """Give what ListExecutions answers."""
        child = self._child
        item = {
            "executionArn": self.exec_arn,
            "stateMachineArn": self._run.map_state_machine_arn,
            "name": child.name,
            "status": child.status,
            "startDate": child.started,
            "stopDate": child.stopped,
            "mapRunArn": self._run.map_run_arn,
            "itemCount": child.items,
            "redriveCount": child.redrives,
            "redriveDate": child.redriven,
        }
        return {name: value for name, value in item.items() if value is not None}

    def to_describe_output(self) -> dict[str, Any]:
        """Give what DescribeExecution answers."""
        child, described = self._child, self.to_execution_list_item()
        del described["itemCount"]
        described |= {"input": child.given, "inputDetails": {"included": True}}
        if child.status == SUCCEEDED:
            described |= {"output": child.output, "outputDetails": {"included": True}}
        told = {"error": child.error, "cause": child.cause}
        described |= {name: value for name, value in told.items() if value is not None}
        if (reason := child.why_not(datetime.now(UTC))) is None:
            return described | {"redriveStatus": "REDRIVABLE_BY_MAP_RUN"}
        return described | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}

    def to_history_output(self) -> dict[str, Any]:
        """Give what GetExecutionHistory answers."""
        return {"events": self._child.history()}

    def to_describe_state_machine_for_execution_output(self) -> Any:
        """Give what DescribeStateMachineForExecution answers: the machine of the parent, with the Map Run."""
        told = self._parent.to_describe_state_machine_for_execution_output()
        return told | {
            "mapRunArn": self._run.map_run_arn,
            "label": self._run.label,
        }

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:
        """Stop it, if it runs."""
        if self._run.engine is not None:
            self._run.engine.stop(self._child, error, cause)


def let_children_be_found() -> None:
    """Defect: the ARN of a child execution, with the label of its Map, is refused as none."""
    name = r"[a-zA-Z0-9-_.]+(/[a-zA-Z0-9-_.]+)?"
    known = StepFunctionsProvider._STATE_MACHINE_EXECUTION_ARN_REGEX.pattern
    StepFunctionsProvider._STATE_MACHINE_EXECUTION_ARN_REGEX = re.compile(
        known.replace("express):[a-zA-Z0-9-_.]+", f"express):{name}")
    )

    @patch(StepFunctionsProvider._get_execution)
    def _get_execution(
        original: Callable[..., Execution],
        self: StepFunctionsProvider,
        context: RequestContext,
        execution_arn: str,
    ) -> Execution | ChildExecution:
        if "/" not in execution_arn:
            return original(self, context, execution_arn)
        for parent, run in _map_runs(self, context):
            prefix = run.execution_prefix
            if execution_arn.startswith(prefix):
                child = run.children.find(execution_arn.removeprefix(prefix))
                if child is not None and child.started is not None:
                    return ChildExecution(parent, run, child)
        raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{execution_arn}'")


def let_map_runs_be_described_and_listed() -> None:
    """Defects: ListExecutions does not know child executions; Map Runs are not listed in pages."""

    @patch(StepFunctionsProvider.list_executions)
    def list_executions(
        original: Callable[..., Any],
        self: StepFunctionsProvider,
        context: RequestContext,
        map_run_arn: str | None = None,
        **rest: Any,
    ) -> Any:
        if map_run_arn is None or rest.get("state_machine_arn") is not None:
            return original(self, context, map_run_arn=map_run_arn, **rest)
        status, redrive = rest.get("status_filter"), rest.get("redrive_filter")
        check("ListExecutions", mapRunArn=map_run_arn, statusFilter=status, redriveFilter=redrive)
        parent, run = _find(self, context, map_run_arn)
        listed = [
            ChildExecution(parent, run, one).to_execution_list_item()
            for one in run.children
            if one.started is not None
            and (status is None or one.status == status)
            and (redrive is None or (one.redrives > 0) is (redrive == "REDRIVEN"))
        ]
        page, token = _page(listed, "executionArn", **rest)
        return ListExecutionsOutput(executions=page, nextToken=token)

    @patch(StepFunctionsProvider.describe_map_run)
    def describe_map_run(
        original: object, self: StepFunctionsProvider, context: RequestContext, map_run_arn: str, **_: object
    ) -> Any:
        return _find(self, context, map_run_arn)[1].describe()

    @patch(StepFunctionsProvider.list_map_runs)
    def list_map_runs(
        original: object,
        self: StepFunctionsProvider,
        context: RequestContext,
        execution_arn: str,
        **rest: Any,
    ) -> Any:
        self._get_execution(context=context, execution_arn=execution_arn)
        runs = [run for _, run in _map_runs(self, context) if run.execution_arn == execution_arn]
        page, token = _page([run.list_item() for run in runs], "mapRunArn", **rest)
        return ListMapRunsOutput(mapRuns=page, nextToken=token)


def _page(
    listed: list[Any], name: str, max_results: int | None = None, next_token: str | None = None, **_: object
) -> tuple[list[Any], str | None]:
    """Give a page of what began last, and the token of the next one. `name`: the member with the ARN."""
    assert_pagination_parameters_valid(max_results, next_token, next_token_length_limit=3096)
    listed.sort(key=lambda one: one["startDate"], reverse=True)
    page: tuple[list[Any], str | None] = PaginatedList(listed).get_page(
        token_generator=lambda one: get_next_page_token_from_arn(one[name]),
        page_size=normalise_max_results(max_results),
        next_token=next_token,
    )
    return page


def let_running_map_runs_be_updated() -> None:
    """Defect: tolerances are refused with status 501, and another concurrency is described but not heeded."""

    @patch(StepFunctionsProvider.update_map_run)
    def update_map_run(
        original: Callable[..., object],
        self: StepFunctionsProvider,
        context: RequestContext,
        map_run_arn: str,
        *,
        max_concurrency: int | None = None,
        tolerated_failure_percentage: float | None = None,
        tolerated_failure_count: int | None = None,
        **_: object,
    ) -> UpdateMapRunOutput:
        check(
            "UpdateMapRun",
            mapRunArn=map_run_arn,
            maxConcurrency=max_concurrency,
            toleratedFailurePercentage=tolerated_failure_percentage,
            toleratedFailureCount=tolerated_failure_count,
        )
        _, run = _find(self, context, map_run_arn)
        run.update(max_concurrency, tolerated_failure_count, tolerated_failure_percentage)
        if run.engine is not None and run.status == MapRunStatus.RUNNING:
            run.engine.adapt()
        return UpdateMapRunOutput()


def _map_runs(provider: StepFunctionsProvider, context: RequestContext) -> Iterator[tuple[Execution, MapRun]]:
    for execution in list(provider.get_store(context).executions.values()):
        worker = execution.exec_worker
        if worker is not None and worker.env is not None:
            for run in worker.env.map_run_record_pool_manager.get_all():
                yield execution, run


def _find(provider: StepFunctionsProvider, context: RequestContext, arn: str) -> tuple[Execution, MapRun]:
    for execution, run in _map_runs(provider, context):
        if run.map_run_arn == arn:
            return execution, run
    raise ResourceNotFound(f"Resource not found: '{arn}'")
