"""What the classes return: frozen dataclasses; pandas takes a list of them as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Description:
    """How an execution stands.

    - `kind`: `pipeline`, `workflow`, or `state machine`: that which runs pipelines.
    - `status`: AWS's. Of state machines RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE; of
      pipelines Executing, Stopping, Succeeded, Failed or Stopped.
    - `outcome`: the same for all kinds: `running`, `succeeded`, `failed` or `stopped`.
    - `started`, `ended`: aware datetimes; None while they are not known.
    - `output`: read from JSON; None unless a state machine or a workflow succeeded.
    - `reason`: why it did not succeed, in lines; empty otherwise.
    """

    name: str
    arn: str
    kind: str
    status: str
    outcome: str
    started: datetime | None
    ended: datetime | None
    output: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a pipeline's execution, or a state that a state machine entered.

    - `subject`: the name of the pipeline or state machine.
    - `branch`: the iterations around a state, such as `Train each[0]`; empty elsewhere.
    - `type`: as the definition has it: Training, Lambda, …, Task, Map, ….
    - `outcome`: `running`, `succeeded`, `failed`, `caught` (it failed, and a Catch took the execution on),
      `stopped`, or `cached` (a step whose result is an earlier execution's).
    - `output`: read from JSON; None where it is not known.
    - `reason`: why the last attempt failed; empty otherwise.
    - `resource_arn`: the job or execution that it started, or the resource that it made; empty without one.
    """

    subject: str
    branch: str
    name: str
    type: str
    outcome: str
    started: datetime
    ended: datetime | None
    attempts: int
    output: Any
    reason: str
    resource_arn: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a training job.

    - `step`: the step or state that started the job.
    - `value`: the last one, as SageMaker has it.
    - `values`: all that the job's log tells, the oldest first; empty where no MetricDefinition names it.
    """

    step: str
    job: str
    name: str
    value: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event of CloudWatch's logs; `source` is the function, job or state machine that wrote it."""

    time: datetime
    source: str
    message: str
    is_error: bool
