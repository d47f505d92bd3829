"""What expressions find under ``Execution.``."""

from datetime import datetime

from localcloud.sagemaker.pipelines.state import ExecutionInfo


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
