"""What became of the items of a batch: a child execution that runs several items, one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from driver.aws.history import HistoryEvent, Reading
from driver.aws.state_machines import StateMachines
from driver.model.documents import Document, object_in, object_of
from driver.model.status import StateMachineStatus

_FAILURES = {"TaskFailed", "TaskSubmitFailed", "TaskStartFailed", "TaskTimedOut"}
_AGAIN = re.compile(r"-r[0-9]+$")  # of an execution's name, once its item is redriven


def singles(child: Document, states: StateMachines) -> Sequence[Document]:
    """Tell of each item of a batch what ResultWriter tells of an item that is alone.

    What became of the items of a batch that did not succeed is in its history alone.
    """
    given = object_in(str(child.get("Input", ""))) or {}
    if "Items" not in given:
        return [child]
    ended: dict[object, Document] = {}
    if child.get("Status") == StateMachineStatus.SUCCEEDED:
        output = object_in(str(child.get("Output", ""))) or {}
        ended = {one["index"]: {"Output": json.dumps(one)} for one in _list(output.get("Results"))}
    elif arn := child.get("ExecutionArn"):
        ended = _ended(_history(states, str(arn)))
    shared = object_of(given.get("BatchInput"))
    return [
        {"Status": child.get("Status"), **ended.get(one["index"], {}), "Input": json.dumps({**shared, **one})}
        for one in _list(given["Items"])
    ]


def _history(states: StateMachines, arn: str) -> Sequence[HistoryEvent]:
    """Read a whole history, the oldest event first."""
    reading = Reading()
    while True:
        reading, events = reading.take(states.history(arn, reading))
        if not reading.next_token:
            return events


def _ended(events: Iterable[HistoryEvent]) -> dict[object, Document]:
    """Tell by number how the newest execution of each item ended."""
    numbers: dict[int, int] = {}  # by an event, of the item whose task it tells of
    ended: dict[object, Document] = {}
    for event in events:
        if event.type == "TaskScheduled":
            asked = object_in(event.text("parameters")) or {}
            number = _AGAIN.sub("", str(asked.get("Name"))).rpartition("-")[2]
            numbers[event.id] = int(number) if number.isdigit() else -1
            ended.pop(numbers[event.id], None)
        elif event.previous in numbers:
            numbers[event.id] = numbers[event.previous]
            if event.type == "TaskSucceeded":
                arn = (object_in(event.text("output")) or {}).get("ExecutionArn")
                told = {"Status": StateMachineStatus.SUCCEEDED, "Output": json.dumps({"execution_arn": arn})}
                ended[numbers[event.id]] = told
            elif event.type in _FAILURES:
                told = {"Status": StateMachineStatus.FAILED}
                ended[numbers[event.id]] = told | {"Error": event.text("error"), "Cause": event.text("cause")}
    return ended


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
