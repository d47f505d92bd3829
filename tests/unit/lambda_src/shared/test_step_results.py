import json
from typing import Any

import pytest

from lambda_src.shared.answers import OUTPUT_LIMIT
from lambda_src.shared.step_results import output

ARN = "arn:aws:sagemaker:us-west-2:123456789012"


def steps_of(*steps: dict[str, Any], jobs: dict[str, Any] | None = None) -> Any:
    def describe(kind: str, name: str) -> dict[str, Any]:
        return dict((jobs or {}).get(f"{kind} {name}", {}))

    document = json.loads(output("churn", f"{ARN}:pipeline/demo-churn/execution/x", steps, describe))
    assert document["pipeline"] == "churn"
    return document["steps"]


def step(name: str, **metadata: Any) -> dict[str, Any]:
    return {"StepName": name, "StepStatus": "Succeeded", "Metadata": metadata}


@pytest.mark.parametrize(
    ("metadata", "job", "outputs", "metrics"),
    [
        (
            {"ProcessingJob": {"Arn": f"{ARN}:processing-job/one"}},
            {
                "ProcessingOutputConfig": {
                    "Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}}]
                },
                "ExitMessage": "well done",
            },
            {"train": "s3://b/train", "ExitMessage": "well done"},
            {},
        ),
        (
            {
                "QualityCheck": {
                    "CheckJobArn": f"{ARN}:processing-job/one",
                    "ViolationReport": "s3://b/report.json",
                }
            },
            {"ExitMessage": "poor data"},
            {"ExitMessage": "poor data", "ViolationReport": "s3://b/report.json"},
            {},
        ),
        (
            {"TransformJob": {"Arn": f"{ARN}:transform-job/one"}},
            {"TransformOutput": {"S3OutputPath": "s3://b/out"}},
            {"S3OutputPath": "s3://b/out"},
            {},
        ),
        (
            {"TuningJob": {"Arn": f"{ARN}:hyper-parameter-tuning-job/one"}},
            {
                "BestTrainingJob": {
                    "TrainingJobName": "one-007",
                    "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "auc", "Value": 0.75},
                }
            },
            {"BestTrainingJobName": "one-007"},
            {"auc": 0.75},
        ),
        (
            {"Lambda": {"Arn": "arn", "OutputParameters": [{"Name": "answer", "Value": "yes"}]}},
            {},
            {"answer": "yes"},
            {},
        ),
        ({"Condition": {"Outcome": "True"}}, {}, {"Outcome": "True"}, {}),
        ({"RegisterModel": {"Arn": f"{ARN}:model-package/churn/1"}}, {}, {}, {}),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_a_step_tells_what_it_has_made(
    metadata: dict[str, Any], job: dict[str, Any], outputs: dict[str, Any], metrics: dict[str, Any]
) -> None:
    kinds = ("ProcessingJob", "TransformJob", "HyperParameterTuningJob")
    found = steps_of(step("one", **metadata), jobs={f"{kind} one": job for kind in kinds})["one"]
    assert (found["outputs"], found["metrics"], found["status"]) == (outputs, metrics, "Succeeded")


def test_a_job_that_may_not_be_looked_at_has_its_arn() -> None:
    arn = f"{ARN}:training-job/one"
    assert steps_of(step("one", TrainingJob={"Arn": arn}))["one"]["resource_arn"] == arn


def test_a_step_that_was_not_run_has_made_nothing() -> None:
    assert steps_of({"StepName": "one", "StepStatus": "Succeeded"})["one"]["outputs"] == {}


def test_more_than_step_functions_takes_is_told_without_its_outputs() -> None:
    long = [{"Name": "text", "Value": "x" * 1024}]
    many = [step(f"step-{number}", Lambda={"OutputParameters": long}) for number in range(300)]
    text = output("churn", f"{ARN}:pipeline/demo-churn/execution/x", many, lambda *_: {})
    assert len(text) <= OUTPUT_LIMIT
    assert json.loads(text)["is_shortened"]
    assert json.loads(text)["steps"]["step-7"] == {"type": "Lambda", "status": "Succeeded"}
