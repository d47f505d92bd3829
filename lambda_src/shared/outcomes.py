"""What a pipeline execution means to the task that waits for it; no AWS call.

Statuses are those of ``DescribePipelineExecution`` and ``ListPipelineExecutionSteps`` (botocore,
sagemaker 2017-07-24).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from .answers import CAUSE_LIMIT, Answer, Failure, Success
from .limits import cut, shorten
from .runs import is_run_id

_FAILED = frozenset({"Failed", "CompletedWithFailures"})
_REASON_LIMIT = 1300  # That of an execution's FailureReason (botocore).


@dataclass(frozen=True, slots=True)
class PipelineExecution:
    """A pipeline execution at the moment it was asked for."""

    arn: str
    status: str
    created: datetime
    failure_reason: str = ""
    display_name: str = ""

    @property
    def run_id(self) -> str:
        """The run that it belongs to: the start function names it so; empty if it belongs to none."""
        return self.display_name if is_run_id(self.display_name) else ""

    @property
    def is_running(self) -> bool:
        """Whether it can be stopped."""
        return self.status == "Executing"

    @property
    def has_failed(self) -> bool:
        """Whether it has ended, and not as it should."""
        return self.status == "Stopped" or self.status in _FAILED


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a pipeline execution."""

    name: str
    status: str
    failure_reason: str = ""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Read an item of ListPipelineExecutionSteps."""
        return cls(item["StepName"], item["StepStatus"], item.get("FailureReason", ""))


def output(execution_arn: str, results: Mapping[str, object]) -> str:
    """Write the output of a task whose pipeline execution gave these results."""
    return json.dumps({"pipelineExecutionArn": execution_arn, "results": dict(results)})


def answer(execution: PipelineExecution, steps: Iterable[Step], output: str | None) -> Answer | None:
    """Decide what to answer the waiting task.

    - `steps`: its steps in the order they were started, if it has failed.
    - `output`: what the pipeline's last step gave as the output, if it came so far; else what its steps have
      made, if it has succeeded.

    Returns None as long as the execution may still say something itself.
    """
    if execution.has_failed:
        return _failure(execution, steps)
    return None if output is None else Success(output)


def _failure(execution: PipelineExecution, steps: Iterable[Step]) -> Failure:
    """Name the failed steps first: a long cause is cut at its end."""
    stopped = execution.status == "Stopped"
    ended = "was stopped" if stopped else "failed"
    reason = shorten(execution.failure_reason, _REASON_LIMIT)
    end = f"Pipeline execution {ended}{': ' + reason if reason else '.'}\n{execution.arn}"
    lines = [line for step in steps if (line := _line(step))]
    begin = cut("\n".join(lines), CAUSE_LIMIT - len(end) - 1)
    return Failure(
        "PipelineExecutionStopped" if stopped else "PipelineExecutionFailed",
        f"{begin}\n{end}" if begin else end,
    )


def _line(step: Step) -> str:
    if step.status == "Failed":
        return f"Step {step.name} failed: {step.failure_reason or 'AWS gave no reason.'}"
    return f"Step {step.name} was stopped." if step.status == "Stopped" else ""
