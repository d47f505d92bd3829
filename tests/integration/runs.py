"""Executions of the state machine past the driver: with inputs, and at moments, that it would not choose."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.integration.executions import sample_parameters
from tests.integration.stack import Stack
from tests.integration.wire import Document, eventually, unique

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


def start_run(stack: Stack, **parameters: str) -> str:
    """Start the state machine on the sample, unless parameters say otherwise; gives the execution's ARN."""
    return start_with(stack, {"parameters": sample_parameters(stack, **parameters)})


def start_with(stack: Stack, given: Document) -> str:
    """Start the state machine with any input; gives the execution's ARN."""
    return stack.states.start_execution(
        stateMachineArn=stack.output("state_machine_arn"), name=unique("run"), input=json.dumps(given)
    )["executionArn"]


def describe_run(stack: Stack, run: str) -> "DescribeExecutionOutputTypeDef":
    """Describe an execution of the state machine."""
    return stack.states.describe_execution(executionArn=run)


def finish_run(stack: Stack, run: str, seconds: float = 60) -> "DescribeExecutionOutputTypeDef":
    """Wait until an execution of the state machine has ended; describes it."""
    return eventually(
        lambda: describe_run(stack, run), lambda seen: seen["status"] != "RUNNING", seconds=seconds
    )


def pipeline_of(stack: Stack, run: str) -> str:
    """Wait until the start function has answered; gives the pipeline execution's ARN."""

    def submitted() -> str:
        events = stack.states.get_execution_history(executionArn=run)["events"]
        outputs = [
            event["taskSubmittedEventDetails"]["output"]
            for event in events
            if "taskSubmittedEventDetails" in event
        ]
        return str(json.loads(outputs[-1])["Payload"]["pipelineExecutionArn"]) if outputs else ""

    return eventually(submitted)


@contextmanager
def definition_with(stack: Stack, **fields: object) -> Iterator[None]:
    """Give the state that runs the pipeline other fields within the block; None takes a field away."""

    def change(definition: Document) -> None:
        state = definition["States"]["RunPipeline"] | fields
        if "HeartbeatSeconds" in fields:
            state.pop("HeartbeatSecondsPath")
        definition["States"]["RunPipeline"] = {
            key: value for key, value in state.items() if value is not None
        }

    with changed_definition(stack, change):
        yield


@contextmanager
def changed_definition(stack: Stack, change: Callable[[Document], None]) -> Iterator[None]:
    """Change the state machine within the block."""
    arn = stack.output("state_machine_arn")
    before = stack.states.describe_state_machine(stateMachineArn=arn)["definition"]
    definition: Document = json.loads(before)
    change(definition)
    stack.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    try:
        yield
    finally:
        stack.states.update_state_machine(stateMachineArn=arn, definition=before)


def log_lines(stack: Stack, function: str, pattern: str) -> list[dict[str, Any]]:
    """Give the JSON lines of a function's log in which a word occurs."""
    found = stack.logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern=pattern)
    return [
        json.loads(line) for event in found["events"] if (line := event.get("message", "")).startswith("{")
    ]
