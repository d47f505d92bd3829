"""The report of an execution with a thousand events: how long it takes, and how large it is."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.table import Goal, Row, repeated, seconds
from tests.integration.stack import Stack
from tests.integration.wire import eventually, unique

EVENTS = 1000
RUNS = 5
_WORKFLOW = "process"  # whose state machine is lent for it: a report is of an execution of the deployment
_STATES = 3  # in an iteration
_EVENTS_OF_AN_ITERATION = 2 + 2 * _STATES


def measure(stack: Stack, folder: Path) -> Iterator[Row]:
    """Run a Map long enough and report it, the whole command each time."""
    with _lent_state_machine(stack) as state_machine:
        name = _run(stack, state_machine)
        path = folder / "report.html"
        command = ("report", "--execution", f"{_WORKFLOW}/{name}", "--output", str(path))
        figures = repeated(RUNS, lambda: seconds(lambda: stack.invoke(*command)))
    yield Row(f"invoke report, {EVENTS} events (s)", figures, goal=Goal(2))
    yield Row("its page (MB)", [path.stat().st_size / 1e6], goal=Goal(2))


@contextmanager
def _lent_state_machine(stack: Stack) -> Iterator[str]:
    """Give a state machine of the deployment another definition for a while."""
    machines = stack.states.list_state_machines()["stateMachines"]
    arn = next(one["stateMachineArn"] for one in machines if one["name"].endswith(f"-{_WORKFLOW}"))
    definition = stack.states.describe_state_machine(stateMachineArn=arn)["definition"]
    stack.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(_definition()))
    try:
        yield arn
    finally:
        stack.states.update_state_machine(stateMachineArn=arn, definition=definition)


def _definition() -> dict[str, object]:
    """Write a Map whose iterations go through a few states."""
    states: dict[str, dict[str, object]] = {
        f"Pass {number}": {"Type": "Pass", "Next": f"Pass {number + 1}"} for number in range(_STATES)
    }
    states[f"Pass {_STATES - 1}"] = {"Type": "Pass", "End": True}
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "Pass 0", "States": states}, "End": True}
    return {"StartAt": "Each", "States": {"Each": each}}


def _run(stack: Stack, state_machine: str) -> str:
    """Run it to its end; returns the execution's name."""
    name = unique("report")
    items = [{"number": number} for number in range(math.ceil(EVENTS / _EVENTS_OF_AN_ITERATION))]
    arn = stack.states.start_execution(stateMachineArn=state_machine, name=name, input=json.dumps(items))[
        "executionArn"
    ]
    ended = eventually(
        lambda: stack.states.describe_execution(executionArn=arn),
        lambda seen: seen["status"] != "RUNNING",
        120,
    )
    assert ended["status"] == "SUCCEEDED", ended
    newest = stack.states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)
    assert newest["events"][0]["id"] >= EVENTS
    return name
