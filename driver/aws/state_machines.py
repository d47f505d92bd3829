"""Step Functions: the executions of state machines, as this driver's own values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from driver.aws.history import HistoryEvent, HistoryPage, Reading
from driver.model.documents import object_in
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import StateMachineStatus
from driver.model.values import MapRun, StateMachineExecution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType
    from mypy_boto3_stepfunctions.type_defs import (
        ExecutionListItemTypeDef,
        GetExecutionHistoryInputTypeDef,
        HistoryEventTypeDef,
        ListExecutionsInputPaginateTypeDef,
    )

_PAGE = 100


class StateMachines:
    """Step Functions, as far as this project needs it."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def start(self, state_machine_arn: str, name: str, inputs: Mapping[str, object]) -> str:
        """Start an execution once, whatever is retried on the way: its name makes it the same one.

        Raises `NotDeployedError` if there is no such state machine.
        """
        try:
            answer = self._client.start_execution(
                stateMachineArn=state_machine_arn,
                name=name,
                input=json.dumps(dict(inputs)),
            )
        except self._client.exceptions.StateMachineDoesNotExist as error:
            raise _not_deployed(error, state_machine_arn) from error
        return answer["executionArn"]

    def describe(self, arn: str) -> StateMachineExecution:
        """Describe an execution. Raises `WrongUseError` if there is no such execution."""
        try:
            found = self._client.describe_execution(executionArn=arn)
        except ClientError as error:
            raise _explained(error, arn) from error
        return StateMachineExecution(
            arn=arn,
            status=StateMachineStatus.parse(found["status"]),
            started=found["startDate"],
            ended=found.get("stopDate"),
            output=found.get("output", ""),
            error=found.get("error", ""),
            cause=found.get("cause", ""),
            input=found.get("input", ""),
        )

    def history(self, arn: str, reading: Reading) -> HistoryPage:
        """Read on in an execution's history, with one request.

        Raises `WrongUseError` if there is no such execution.
        """
        asked: GetExecutionHistoryInputTypeDef = {
            "executionArn": arn,
            "reverseOrder": True,
            "maxResults": reading.page_size,
        }
        if reading.next_token:
            asked["nextToken"] = reading.next_token
        try:
            answer = self._client.get_execution_history(**asked)
        except ClientError as error:
            raise _explained(error, arn) from error
        return HistoryPage(tuple(map(_event, answer["events"])), answer.get("nextToken", ""))

    def definition(self, state_machine_arn: str) -> Mapping[str, object]:
        """Return the definition of a state machine, parsed.

        Raises `NotDeployedError` if there is no such state machine.
        """
        try:
            answer = self._client.describe_state_machine(stateMachineArn=state_machine_arn)
        except self._client.exceptions.StateMachineDoesNotExist as error:
            raise _not_deployed(error, state_machine_arn) from error
        return object_in(answer["definition"]) or {}

    def definition_of_execution(self, arn: str) -> Mapping[str, object]:
        """Return the definition of an execution's state machine, parsed, as it was when it started.

        Raises `WrongUseError` if there is no such execution.
        """
        try:
            answer = self._client.describe_state_machine_for_execution(executionArn=arn)
        except ClientError as error:
            raise _explained(error, arn) from error
        return object_in(answer["definition"]) or {}

    def executions(
        self, state_machine_arn: str, status: StateMachineStatus | None = None
    ) -> Iterator[StateMachineExecution]:
        """List a state machine's executions, the newest first; what came of them is not listed.

        `status`: list only executions with this status; None lists all. Yields nothing if there is no such
        state machine. Pages are fetched as they are needed.
        """
        asked: ListExecutionsInputPaginateTypeDef = {
            "stateMachineArn": state_machine_arn,
            "PaginationConfig": {"PageSize": _PAGE},
        }
        if status and status is not StateMachineStatus.UNKNOWN:
            asked["statusFilter"] = cast("ExecutionStatusType", status.value)
        pages = self._client.get_paginator("list_executions").paginate(**asked)
        try:
            for page in pages:
                yield from map(_listed, page["executions"])
        except self._client.exceptions.StateMachineDoesNotExist:
            return

    def map_run(self, execution_arn: str) -> MapRun | None:
        """Find the Map Run of an execution that has one, with two requests; None until it has begun."""
        listed = self._client.list_map_runs(executionArn=execution_arn, maxResults=1)["mapRuns"]
        if not listed:
            return None
        found = self._client.describe_map_run(mapRunArn=listed[0]["mapRunArn"])
        counts = found["itemCounts"]
        return MapRun(
            arn=found["mapRunArn"],
            status=StateMachineStatus.parse(found["status"]),
            total=counts["total"],
            pending=counts["pending"] + counts.get("pendingRedrive", 0),
            running=counts["running"],
            succeeded=counts["succeeded"],
            failed=counts["failed"] + counts["timedOut"],
            aborted=counts["aborted"],
        )

    def redrive(self, arn: str) -> None:
        """Run an execution on from where it failed.

        Raises `WrongUseError` if it cannot be redriven, with AWS's reason.
        """
        try:
            self._client.redrive_execution(executionArn=arn)
        except self._client.exceptions.ExecutionNotRedrivable as error:
            raise WrongUseError(
                f"Execution {arn.rpartition(':')[2]} cannot be redriven.", error.response["Error"]["Message"]
            ) from error
        except ClientError as error:
            raise _explained(error, arn) from error

    def stop(self, arn: str) -> None:
        """End an execution, unless it has ended; what its task started is not stopped by that."""
        try:
            self._client.stop_execution(
                executionArn=arn, error="StoppedByUser", cause="It was stopped with `invoke stop` or `down`."
            )
        except ClientError:
            # It may have ended since it was seen running.
            if not self.describe(arn).status.is_terminal:
                raise


def _not_deployed(error: ClientError, state_machine_arn: str) -> NotDeployedError:
    return NotDeployedError(
        f"There is no state machine {state_machine_arn.rpartition(':')[2]}.",
        error.response["Error"]["Message"],
        "`invoke up` brings it back.",
    )


def _explained(error: ClientError, arn: str) -> Exception:
    """Turn AWS's ExecutionDoesNotExist into a WrongUseError. Other errors are returned as they are."""
    if error.response["Error"]["Code"] not in {"ExecutionDoesNotExist", "InvalidArn"}:
        return error
    machine, _, name = arn.rpartition(":")
    return WrongUseError(
        f"There is no execution {name} of {machine.rpartition(':')[2]}.",
        error.response["Error"]["Message"],
        "`invoke executions` lists the recent ones.",
    )


def _event(event: HistoryEventTypeDef) -> HistoryEvent:
    details = (value for key, value in event.items() if key.endswith("EventDetails"))
    found = next(details, {})
    return HistoryEvent(
        id=event["id"],
        previous=event.get("previousEventId", 0),
        type=event["type"],
        time=event["timestamp"],
        details=found if isinstance(found, dict) else {},
    )


def _listed(item: ExecutionListItemTypeDef) -> StateMachineExecution:
    return StateMachineExecution(
        arn=item["executionArn"],
        status=StateMachineStatus.parse(item["status"]),
        started=item["startDate"],
        ended=item.get("stopDate"),
    )
