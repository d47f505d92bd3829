"""What each step of a pipeline execution has made, for the state machine's output; no AWS call.

Steps are items of ``ListPipelineExecutionSteps``, jobs are answers of ``Describe…Job`` (botocore, sagemaker
2017-07-24).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .answers import OUTPUT_LIMIT

Document = Mapping[str, Any]
Describe = Callable[[str, str], Document]
"""Describes a job: its kind, such as ``TrainingJob``, and its name."""

_TUNING = "HyperParameterTuningJob"
_JOBS = {
    "ProcessingJob": "ProcessingJob",
    "TrainingJob": "TrainingJob",
    "TransformJob": "TransformJob",
    "TuningJob": _TUNING,
    "QualityCheck": "ProcessingJob",
    "ClarifyCheck": "ProcessingJob",
}
# A step's type in the definition, by the member of its metadata.
_TYPES = {
    "ProcessingJob": "Processing",
    "TrainingJob": "Training",
    "TransformJob": "Transform",
    "TuningJob": "Tuning",
}


def output(pipeline: str, execution_arn: str, steps: Iterable[Document], describe: Describe) -> str:
    """Write the output of a task whose pipeline execution has succeeded.

    Where it is more than Step Functions takes, the steps are named with their statuses alone.
    """
    results = {str(step["StepName"]): _result(step, describe) for step in steps}
    document = {"pipeline": pipeline, "execution_arn": execution_arn, "steps": results}
    text = json.dumps(document, default=str)
    if len(text) <= OUTPUT_LIMIT:
        return text
    short = {name: {key: result[key] for key in ("type", "status")} for name, result in results.items()}
    return json.dumps(document | {"steps": short, "is_shortened": True})


def _result(step: Document, describe: Describe) -> dict[str, object]:
    """Tell a step's type and status, what it has made, and how good that is."""
    kind, metadata = next(iter((step.get("Metadata") or {}).items()), ("", dict[str, Any]()))
    arn = str(metadata.get("Arn") or metadata.get("CheckJobArn") or "")
    outputs: dict[str, object] = {}
    metrics: dict[str, object] = {}
    if kind in _JOBS and arn:
        outputs, metrics = _of_job(_JOBS[kind], describe(_JOBS[kind], arn.rpartition("/")[2]))
    elif "OutputParameters" in metadata:
        outputs = {item["Name"]: item["Value"] for item in metadata["OutputParameters"]}
    elif kind == "Condition":
        outputs = {"Outcome": metadata.get("Outcome")}
    if report := metadata.get("ViolationReport"):
        outputs["ViolationReport"] = report
    found = {
        "type": _TYPES.get(kind, kind),
        "status": step["StepStatus"],
        "outputs": outputs,
        "metrics": metrics,
    }
    return found | ({"resource_arn": arn} if arn else {})


def _of_job(kind: str, job: Document) -> tuple[dict[str, object], dict[str, object]]:
    """Tell where a job has put its results, and its metrics."""
    outputs: dict[str, object] = {}
    for item in (job.get("ProcessingOutputConfig") or {}).get("Outputs", ()):
        outputs[item["OutputName"]] = (item.get("S3Output") or {}).get("S3Uri")
    if artifacts := job.get("ModelArtifacts"):
        outputs["S3ModelArtifacts"] = artifacts.get("S3ModelArtifacts")
    if kind == "TransformJob":
        outputs["S3OutputPath"] = (job.get("TransformOutput") or {}).get("S3OutputPath")
    if message := job.get("ExitMessage"):
        outputs["ExitMessage"] = message
    metrics: dict[str, object] = {
        item["MetricName"]: item["Value"] for item in job.get("FinalMetricDataList", ())
    }
    if best := job.get("BestTrainingJob"):
        outputs["BestTrainingJobName"] = best.get("TrainingJobName")
        metric = best.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
        if metric:
            metrics[metric["MetricName"]] = metric["Value"]
    return outputs, metrics
