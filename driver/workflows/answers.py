"""What services answered to being asked to start or make something: its ARN. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

from driver.workflows.history import HistoryEvent


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
