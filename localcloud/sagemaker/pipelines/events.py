"""The events of pipelines: an execution or a step changes its status.

Detail types, keys and resources are those of the developer guide ("Events that Amazon SageMaker AI sends
to Amazon EventBridge"); the previous status is left out where there was none.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from localcloud.sagemaker.events import StatusChange
from localcloud.sagemaker.pipelines.state import ExecutionInfo, StepState, StepStatus
from localcloud.sagemaker.pipelines.turn import PublishExecution, PublishStep

EXECUTION_CHANGE = "SageMaker Model Building Pipeline Execution Status Change"
STEP_CHANGE = "SageMaker Model Building Pipeline Execution Step Status Change"


def execution_change(info: ExecutionInfo, change: PublishExecution) -> StatusChange:
    """Describe that the status of an execution has changed."""
    detail = {
        "pipelineExecutionDisplayName": info.display_name,
        "currentPipelineExecutionStatus": change.current,
        "previousPipelineExecutionStatus": change.previous,
        "executionStartTime": _iso(info.created),
        "executionEndTime": _iso(change.end_time),
        "pipelineExecutionDescription": info.description,
    }
    return _about(info, EXECUTION_CHANGE, detail)


def step_change(info: ExecutionInfo, change: PublishStep) -> StatusChange:
    """Describe that the status of a step has changed."""
    step = change.current
    detail = {
        "metadata": _camel(step.metadata),
        "stepStartTime": _iso(step.start_time),
        "stepEndTime": _iso(step.end_time),
        "stepName": change.step,
        "stepType": info.definition.graph.steps[change.step].header.type,
        "previousStepStatus": change.previous,
        "currentStepStatus": step.status,
        "failureReason": _failure_reason(step),
    }
    return _about(info, STEP_CHANGE, detail)


def _about(info: ExecutionInfo, detail_type: str, detail: Mapping[str, object]) -> StatusChange:
    known = {key: value for key, value in detail.items() if value is not None}
    arns = {"pipelineArn": info.pipeline_arn, "pipelineExecutionArn": info.arn}
    return StatusChange(detail_type, known | arns, (info.pipeline_arn, info.arn))


def _failure_reason(step: StepState) -> str | None:
    return step.failure_reason if step.status is StepStatus.FAILED else None


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _camel(value: object) -> object:
    """Write metadata as events do: each name begins with a small letter."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_camel(item) for item in value]
    return value
