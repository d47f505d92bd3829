"""Histories of executions as Step Functions writes them, each event with its second."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta

from driver.aws.history import HistoryEvent
from tests.unit.driver.fakes import NOON

JOB = "arn:aws:sagemaker:us-west-2:000000000000:training-job/sagestep-train-run-1"
REASON = "AlgorithmError: ValueError: no such column"
JOB_FAILED = json.dumps(
    {"TrainingJobName": "sagestep-train-run-1", "TrainingJobStatus": "Failed", "FailureReason": REASON}
)


@dataclass
class History:
    """A history that is written event by event."""

    events: list[tuple[float, HistoryEvent]] = field(default_factory=list)

    def add(self, kind: str, *, after: int | None = None, at: float = 0.0, **details: object) -> int:
        """Add an event, led to by the one before unless another is named; returns its number."""
        number = len(self.events) + 1
        previous = number - 1 if after is None else after
        event = HistoryEvent(number, previous, kind, NOON + timedelta(seconds=at), details)
        self.events.append((at, event))
        return number

    @property
    def plain(self) -> list[HistoryEvent]:
        """The events without their seconds."""
        return [event for _, event in self.events]


def training(*, failures: int = 0, caught: bool = True) -> History:
    """Write the history of a workflow that trains: a failing attempt takes a second, a good one two."""
    history = History()
    history.add("ExecutionStarted", input="{}")
    history.add("PassStateEntered", name="Defaults")
    history.add("PassStateExited", name="Defaults")
    history.add("TaskStateEntered", name="Train")
    at = 0.0
    for _ in range(failures):
        history.add("TaskScheduled", at=at)
        history.add("TaskSubmitted", at=at, output=json.dumps({"TrainingJobArn": JOB}))
        at += 1
        history.add("TaskFailed", at=at, error="States.TaskFailed", cause=JOB_FAILED)
    if failures < 3:
        history.add("TaskScheduled", at=at)
        history.add("TaskSubmitted", at=at, output=json.dumps({"TrainingJobArn": JOB}))
        at += 2
        history.add("TaskSucceeded", at=at, output="{}")
        history.add("TaskStateExited", at=at, name="Train")
        output = {"TrainingJobName": "sagestep-train-run-1", "é": 1}
        history.add("ExecutionSucceeded", at=at + 0.5, output=json.dumps(output))
        return history
    if caught:
        history.add("TaskStateExited", at=at, name="Train")
        history.add("TaskStateEntered", at=at, name="NotifyFailure")
        history.add("TaskScheduled", at=at)
        history.add("TaskSucceeded", at=at)
        history.add("TaskStateExited", at=at, name="NotifyFailure")
        history.add("FailStateEntered", at=at, name="Failed")
    history.add("ExecutionFailed", at=at, error="States.TaskFailed", cause=JOB_FAILED)
    return history


def mapped() -> History:
    """Write the history of a Map of two: the first fails and is caught within, the second succeeds."""
    history = History()
    history.add("ExecutionStarted")
    entered = history.add("MapStateEntered", name="Models")
    started = history.add("MapStateStarted", after=entered, length=2)
    ends = []
    for index in (0, 1):
        history.add("MapIterationStarted", after=started, name="Models", index=index)
        history.add("TaskStateEntered", name="Train")
        history.add("TaskScheduled")
        history.add("TaskSubmitted", output=json.dumps({"TrainingJobArn": f"{JOB}-{index}"}))
        if index:
            history.add("TaskSucceeded")
        else:
            history.add("TaskFailed", error="States.TaskFailed", cause=JOB_FAILED)
        history.add("TaskStateExited", name="Train")
        ends.append(history.add("MapIterationSucceeded", name="Models", index=index))
    history.add("MapStateSucceeded", after=ends[-1])
    history.add("MapStateExited", after=ends[-1], name="Models")
    history.add("TaskStateEntered", name="Best")
    history.add("TaskScheduled")
    history.add("TaskSucceeded")
    history.add("TaskStateExited", name="Best")
    history.add("ExecutionSucceeded", output='{"best": {}}')
    return history
