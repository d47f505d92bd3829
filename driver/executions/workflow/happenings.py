"""What can be told of an execution: stays in states, what happened in them, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from driver.aws.history import HistoryEvent
from driver.aws.jobs import JOB_GROUPS
from driver.model.status import StateMachineStatus


class What(Enum):
    """What can happen in an execution."""

    ENTERED = auto()
    SUBMITTED = auto()  # a job or another execution was started; its name is known
    FAILED = auto()  # one attempt; whether there is another is not known yet
    RETRIED = auto()
    CAUGHT = auto()  # the state failed for good, and the execution goes on where its Catch says
    LEFT = auto()
    ABORTED = auto()
    ITERATION_SUCCEEDED = auto()
    ITERATION_FAILED = auto()
    ITERATION_ABORTED = auto()


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a state.

    Parameters
    ----------
    state, kind
        Its name, and its type as the definition has it: Task, Map, Wait, …; both empty outside of any state.
    branch
        The iterations of Maps around it, such as `("Map[0]",)`, the outermost first.
    entered
        When.
    number
        The how many-eth stay in this state of this branch it is, from 1.
    attempts
        How often what it does was begun.
    has_failed
        Whether the last attempt failed.
    error, cause
        Why.
    job_arn
        What it started and waits for: a job or another execution; empty where it waits for nothing.
    service
        Which action of which service does its work, such as ``lambda:invoke``; empty where none does.
    made_arn
        What it started or made without waiting for it, such as an endpoint; empty where nothing.
    left, how
        When it was over, and whether by LEFT, CAUGHT, FAILED or ABORTED; None while it is stayed in.
    input, output
        JSON, as the history has them; empty while they are not known.
    """

    state: str = ""
    kind: str = ""
    branch: tuple[str, ...] = ()
    entered: datetime | None = None
    number: int = 1
    attempts: int = 0
    has_failed: bool = False
    error: str = ""
    cause: str = ""
    job_arn: str = ""
    service: str = ""
    made_arn: str = ""
    left: datetime | None = None
    how: What | None = None
    input: str = ""
    output: str = ""

    @property
    def place(self) -> str:
        """Where it is, as a person reads it."""
        return " / ".join((*self.branch, self.state) if self.state else self.branch)

    @property
    def job(self) -> str:
        """What it waits for, as a person calls it: a job's name, or `<state machine>/<execution>`."""
        if ":states:" in self.job_arn:
            return "/".join(self.job_arn.split(":")[-2:])
        return self.job_arn.rpartition("/")[2]

    @property
    def log_group(self) -> str:
        """CloudWatch's group with the job's logs; empty where there is none."""
        kind = self.job_arn.partition("/")[0].rpartition(":")[2]
        return JOB_GROUPS.get(kind, "")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, where, and when; `depth` is 1 in a nested execution, 2 in one within that."""

    what: What
    visit: Visit
    time: datetime
    depth: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended; `output` is JSON, empty unless it succeeded."""

    status: StateMachineStatus
    time: datetime
    output: str = ""
    error: str = ""
    cause: str = ""


def started_arn(output: str) -> str:
    """Find the ARN of the job or execution in what a service answered to being asked to start one.

    A function that starts a pipeline answers with it, too; Lambda calls a function's answer `Payload`.
    """
    answer = _mapping(output)
    payload = answer.get("Payload")
    if isinstance(payload, Mapping):
        return str(payload.get("pipelineExecutionArn", ""))
    return next((str(answer[key]) for key in answer if key.endswith(("JobArn", "ExecutionArn"))), "")


def made_arn(event: HistoryEvent) -> str:
    """Find the ARN of what a task made that was not waited for: its answer names it alone."""
    if not event.text("resource").startswith(("create", "start", "update")):
        return ""
    arns = [
        str(value) for key, value in _mapping(event.text("output")).items() if key.lower().endswith("arn")
    ]
    return arns[0] if len(arns) == 1 else ""


def _mapping(text: str) -> Mapping[str, object]:
    answer: object = None
    with suppress(ValueError):
        answer = json.loads(text)
    return answer if isinstance(answer, Mapping) else {}
