"""State machines of the tests' own, and their executions as a client sees them."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tests.integration.wire import ROLE, Cloud, Document, eventually, unique

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, HistoryEventTypeDef

DEAD_TOKEN = "Task Timed Out: 'Provided task does not exist anymore'"


@dataclass(frozen=True)
class Run:
    """One execution."""

    cloud: Cloud
    arn: str

    def describe(self) -> "DescribeExecutionOutputTypeDef":
        return self.cloud.states.describe_execution(executionArn=self.arn)

    def end(self, seconds: float = 60) -> "DescribeExecutionOutputTypeDef":
        """Wait for the end; describe it."""
        return eventually(self.describe, lambda seen: seen["status"] != "RUNNING", seconds)

    def output(self) -> Document:
        """Wait for the end, which must be a success; give the output."""
        ended = self.end()
        assert ended["status"] == "SUCCEEDED", ended
        document: Document = json.loads(ended["output"])
        return document

    def failure(self) -> tuple[str, str]:
        """Wait for the end, which must be a failure; give its error and cause."""
        ended = self.end()
        assert ended["status"] == "FAILED", ended
        return ended.get("error", ""), ended.get("cause", "")

    def stop(self, error: str = "Stopped", cause: str = "by hand") -> datetime:
        return self.cloud.states.stop_execution(executionArn=self.arn, error=error, cause=cause)["stopDate"]

    def history(self) -> "Sequence[HistoryEventTypeDef]":
        pages = self.cloud.states.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def events(self, kind: str) -> "list[HistoryEventTypeDef]":
        """Give the events of this type in the history."""
        return [event for event in self.history() if event["type"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> "HistoryEventTypeDef":
        """Wait until the history has so many events of this type; give the last."""
        return eventually(lambda: self.events(kind), lambda seen: len(seen) >= count)[-1]


@dataclass(frozen=True)
class Machine:
    """A state machine."""

    cloud: Cloud
    arn: str

    def start(self, given: Document | None = None) -> Run:
        name = unique("run")
        started = self.cloud.states.start_execution(
            stateMachineArn=self.arn, name=name, input=json.dumps(given or {})
        )
        return Run(self.cloud, started["executionArn"])


def machine(cloud: Cloud, *states: tuple[str, Document], **fields: object) -> Machine:
    """Make a state machine that starts with the first state; a state that says nothing else is the last."""
    written = {name: state if _goes_on(state) else {**state, "End": True} for name, state in states}
    definition = {"StartAt": states[0][0], "States": written, **fields}
    made = cloud.states.create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
    )
    return Machine(cloud, made["stateMachineArn"])


def _goes_on(state: Document) -> bool:
    return "Next" in state or state["Type"] in {"Fail", "Succeed", "Choice"}


def waits_for_token(queue: str, **fields: object) -> Document:
    """Write a task that sends its token to a queue and waits for the answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": queue,
            "MessageBody": {"token.$": "$$.Task.Token", "run.$": "$$.Execution.Id"},
        },
        **fields,
    }


def calls(function: str, wait: bool = False, payload: Document | None = None, **fields: object) -> Document:
    """Write a task that calls a function, and may wait for its token besides."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke" + (".waitForTaskToken" if wait else ""),
        "Parameters": {"FunctionName": function, "Payload": payload or {}},
        **fields,
    }


def catch(*errors: str, then: str = "caught") -> list[Document]:
    """Write a Catch."""
    return [{"ErrorEquals": list(errors), "Next": then}]


def caught() -> tuple[str, Document]:
    """Write the state that a Catch leads to: its output is the error."""
    return "caught", {"Type": "Pass"}


@dataclass
class Stopwatch:
    """Time since the test began to care."""

    began: float

    @classmethod
    def start(cls) -> "Stopwatch":
        return cls(time.monotonic())

    def seconds(self) -> float:
        return time.monotonic() - self.began
