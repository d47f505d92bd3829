"""What is known of an execution: what it was started with, and how far it is.

Both are immutable: the engine replaces the state with every event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from localcloud.sagemaker.pipelines.definition import Definition
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.service import StartedJob
from localcloud.sagemaker.pipelines.steps import (
    CallbackMessage,
    Failed,
    Outcome,
    Stopped,
    Succeeded,
    TimedOut,
    Waiting,
)
from localcloud.sagemaker.pipelines.values import Value


@dataclass(frozen=True, slots=True)
class Selection:
    """What a selective execution begins with.

    `steps`: the steps that it runs.
    `source`: the ARN of the execution that the other steps are taken from; None where none is needed.
    `reused`: the states of steps that are not run again.
    `skipped`: the steps that have no part in it.
    """

    steps: tuple[str, ...]
    source: str | None
    reused: "Mapping[str, StepState]" = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ExecutionInfo:
    """What an execution was started with.

    `role_arn`: the role that jobs without one of their own get.
    `given`: the parameters of StartPipelineExecution, as ListPipelineParametersForExecution tells them.
    `parameters`: the values of all declared parameters, defaults included.
    `experiment`: ExperimentName and TrialName, where the definition has them.
    `created`: aware, in UTC.
    `created_by`, `last_modified_by`: who started it, and who updated, stopped or retried it last, as the API
    tells them.
    `version`: the pipeline's version; `selection`: which steps it runs, where these are not all.
    """

    arn: str
    execution_id: str
    pipeline_arn: str
    pipeline_name: str
    role_arn: str
    display_name: str
    description: str | None
    definition: Definition
    given: tuple[tuple[str, str], ...]
    parameters: Mapping[str, Value]
    experiment: Mapping[str, str]
    created: datetime
    created_by: Mapping[str, object]
    last_modified_by: Mapping[str, object]
    version: int = 1
    selection: Selection | None = None


class ExecutionStatus(StrEnum):
    """The statuses of a pipeline execution."""

    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def terminal(self) -> bool:
        """Whether nothing more can happen."""
        return self not in {ExecutionStatus.EXECUTING, ExecutionStatus.STOPPING}


class StepStatus(StrEnum):
    """The statuses of a step; one that has not started has none."""

    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def terminal(self) -> bool:
        """Whether the step is over."""
        return self in {StepStatus.STOPPED, StepStatus.FAILED, StepStatus.SUCCEEDED}


@dataclass(frozen=True, slots=True)
class StepState:
    """A step that has started.

    `status`, `start_time`, `end_time`, `failure_reason`, `metadata`, `attempt`: what
    ListPipelineExecutionSteps tells.
    `run`: which run of any step of the execution this is; another attempt is another run.
    `properties`: what other steps may refer to, by path, once it has succeeded.
    `message`: the message of a Callback step, so that it can be sent again when the step is to stop.
    `waiting`: whether somebody else is to end the step: its message is on its queue, or its job runs.
    `job`: the job that the step has started.
    `cache_key`: what another run must share for this one to stand for it.
    `cache_source`: the ARN of the execution whose run of the step stands for this one.
    `reused_from`: the ARN of the execution that a selective execution has the step from.
    """

    status: StepStatus
    start_time: datetime
    end_time: datetime | None = None
    failure_reason: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    properties: Mapping[Path, Value] = field(default_factory=dict)
    message: CallbackMessage | None = None
    waiting: bool = False
    job: StartedJob | None = None
    attempt: int = 1
    run: int = 0
    cache_key: str | None = None
    cache_source: str | None = None
    reused_from: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutionState:
    """An execution at one moment.

    `status`: None until it has begun.
    `steps`: the steps that have started, in the order they did.
    `skipped`: the steps that will never start, because they stand in the branch not taken or wait for one
    there.
    `max_parallel`: how many steps may run at once; None means any number.
    `last_modified`, `end_time`: aware, in UTC.
    `failure_reason`: what DescribePipelineExecution tells of a failed execution.
    `step_failed`, `timed_out`: whether a step has failed, and whether one did because it took too long.
    `running`: how many steps have started and are not over.
    `runs`: how many runs of steps there were.
    """

    status: ExecutionStatus | None
    steps: Mapping[str, StepState]
    skipped: frozenset[str]
    max_parallel: int | None
    last_modified: datetime
    end_time: datetime | None = None
    failure_reason: str | None = None
    step_failed: bool = False
    timed_out: bool = False
    running: int = 0
    runs: int = 0


def initial_state(
    max_parallel: int | None, now: datetime, selection: Selection | None = None
) -> ExecutionState:
    """Give the state of an execution that has not begun."""
    if selection is None:
        return ExecutionState(None, {}, frozenset(), max_parallel, now)
    return ExecutionState(None, selection.reused, selection.skipped, max_parallel, now)


def execution_variables(info: ExecutionInfo, now: datetime) -> dict[str, str]:
    """Give the variables of an execution, by name."""
    return {
        "StartDateTime": _iso(info.created),
        "CurrentDateTime": _iso(now),
        "PipelineName": info.pipeline_name,
        "PipelineArn": info.pipeline_arn,
        "PipelineExecutionId": info.execution_id,
        "PipelineExecutionArn": info.arn,
    }


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


LONGEST_REASON = 1024


def after(step: StepState, outcome: Outcome, now: datetime) -> StepState:
    """Give the state of a step that was not over, after an outcome.

    Whatever a stopping step has done, it has stopped, unless it failed.
    """
    stopping = step.status is StepStatus.STOPPING
    match outcome:
        case Waiting(job, metadata):
            shown = step.metadata if metadata is None else metadata
            return replace(step, waiting=True, job=job, metadata=shown)
        case Succeeded(properties, metadata, source):
            return replace(
                step,
                status=StepStatus.STOPPED if stopping else StepStatus.SUCCEEDED,
                end_time=now,
                properties=properties,
                metadata=step.metadata if metadata is None else metadata,
                cache_source=source,
            )
        case Stopped() if stopping:
            return replace(step, status=StepStatus.STOPPED, end_time=now)
        case Failed(reason) | TimedOut(reason) | Stopped(reason):
            cut = None if reason is None else reason[:LONGEST_REASON]
            told = outcome.metadata if isinstance(outcome, Failed) else None
            return replace(
                step,
                status=StepStatus.FAILED,
                end_time=now,
                failure_reason=cut,
                metadata=step.metadata if told is None else told,
            )
