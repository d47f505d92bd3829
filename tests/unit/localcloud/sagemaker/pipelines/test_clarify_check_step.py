"""ClarifyCheck steps: what their job gets, what is compared with what, what the step tells."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, get
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import (
    BUCKET,
    processing,
    processing_input,
    processing_output,
)
from tests.unit.localcloud.sagemaker.pipelines.job_steps import cloud_with, jobs, reason
from tests.unit.localcloud.sagemaker.pipelines.test_drift import analysis, explained

RESULTS = f"s3://{BUCKET}/out/analysis_result"
CALCULATED = f"{RESULTS}/analysis.json"
OLD = f"s3://{BUCKET}/old/analysis.json"
REPORT = f"{RESULTS}/constraint_violations.json"
SECTIONS = {"DATA_BIAS": "pre_training_bias_metrics", "MODEL_BIAS": "post_training_bias_metrics"}


def analyze(container: FakeContainer) -> int:
    """Analyse the first value of the data, as the configuration says."""
    config = json.loads(container.read("processing/input/config/analysis_config.json"))
    value = float(container.read("processing/input/data/a.csv").split(",")[0])
    for name in config["methods"]:
        if name == "shap":
            document = explained(a=value, b=1.5)
        else:
            document = {f"{name}_metrics": analysis(CI=value)["pre_training_bias_metrics"]}
    if "predictor" in config:
        assert config["predictor"] == {"instance_type": "ml.m5.large", "model_name": "the-model"}
    container.write("processing/output/analysis_result/analysis.json", json.dumps(document))
    return 0


@pytest.fixture
def images() -> FakeImages:
    return FakeImages(analyze)


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(images, tmp_path) as cloud:  # the data's first value is 1
        yield cloud


def put(cloud: Cloud, key: str, document: object) -> None:
    cloud.host.objects[BUCKET, key] = json.dumps(document).encode()


def stored(cloud: Cloud, uri: str) -> Any:
    return json.loads(cloud.host.objects[BUCKET, uri.removeprefix(f"s3://{BUCKET}/")])


def remember(cloud: Cloud, check_type: str, value: float) -> None:
    """Set what the earlier baseline allows, and what is analysed."""
    method, document = "shap", explained(a=value, b=1.5)
    if section := SECTIONS.get(check_type):
        method = section.removesuffix("_metrics")
        document = {section: analysis(CI=value)["pre_training_bias_metrics"]}
    put(cloud, "old/analysis.json", document)
    model = {} if check_type == "DATA_BIAS" else {"predictor": {"instance_type": "ml.m5.large"}}
    put(cloud, "configs/analysis_config.json", {"version": "1.0", "methods": {method: {}}, **model})


def check(check_type: str = "DATA_BIAS", **more: object) -> Document:
    request = processing(
        ProcessingInputs=[
            processing_input(
                "analysis_config",
                f"s3://{BUCKET}/configs/analysis_config.json",
                LocalPath="/opt/ml/processing/input/config",
            ),
            processing_input("dataset", LocalPath="/opt/ml/processing/input/data"),
        ],
        ProcessingOutputConfig={"Outputs": [processing_output("analysis_result")]},
    )
    arguments = {name: value for name, value in request.items() if name != "ProcessingJobName"}
    step = {"Name": "check", "Type": "ClarifyCheck", "CheckType": check_type, "Arguments": arguments}
    model = {} if check_type == "DATA_BIAS" else {"ModelName": get("Parameters.model")}
    return step | {"SuppliedBaselineConstraints": OLD} | model | more


def run(cloud: Cloud, check_type: str = "DATA_BIAS", **more: object) -> str:
    parameters = [{"Name": "model", "Type": "String", "DefaultValue": "the-model"}]
    return cloud.run(check(check_type, **more), Parameters=parameters)


def told(cloud: Cloud, arn: str) -> Document:
    metadata = cloud.steps(arn)["check"]["Metadata"]
    assert isinstance(metadata, dict)
    found = dict(metadata["ClarifyCheck"])
    assert ":processing-job/pipelines-" in found.pop("CheckJobArn")
    return found


TYPES = ("DATA_BIAS", "MODEL_BIAS", "MODEL_EXPLAINABILITY")


@pytest.mark.parametrize("check_type", TYPES)
def test_an_analysis_that_has_not_drifted_passes(cloud: Cloud, check_type: str) -> None:
    remember(cloud, check_type, 1.0)
    arn = run(cloud, check_type)
    assert told(cloud, arn) == {
        "CheckType": check_type,
        "SkipCheck": False,
        "RegisterNewBaseline": False,
        "CalculatedBaselineConstraints": CALCULATED,
        "BaselineUsedForDriftCheckConstraints": OLD,
    }
    assert cloud.statuses(arn) == {"check": "Succeeded"}
    assert (BUCKET, "out/analysis_result/constraint_violations.json") not in cloud.host.objects


@pytest.mark.parametrize(
    ("check_type", "value", "kind"),
    [
        ("DATA_BIAS", 0.5, "bias_drift_check"),
        ("MODEL_BIAS", -0.5, "bias_drift_check"),
        ("MODEL_EXPLAINABILITY", 9.0, "feature_attribution_drift_check"),
    ],
)
def test_an_analysis_that_has_drifted_fails_the_step_and_is_reported(
    cloud: Cloud, check_type: str, value: float, kind: str
) -> None:
    remember(cloud, check_type, value)
    arn = run(cloud, check_type)
    assert reason(cloud, arn, "check") == f"ClientError: Clarify check failed. See violation report: {REPORT}"
    assert told(cloud, arn)["ViolationReport"] == REPORT
    report = stored(cloud, REPORT)
    (violation,) = report["violations"]
    assert (report["version"], violation["constraint_check_type"]) == ("1.0", kind)


def test_a_drift_that_must_not_fail_the_step_is_told(cloud: Cloud) -> None:
    remember(cloud, "DATA_BIAS", 0.5)
    arn = run(cloud, FailOnViolation=False)
    assert cloud.statuses(arn) == {"check": "Succeeded"}
    assert told(cloud, arn)["ViolationReport"] == REPORT


def test_the_first_run_needs_no_earlier_baseline(cloud: Cloud) -> None:
    remember(cloud, "DATA_BIAS", 0.5)
    arn = run(cloud, SkipCheck=True, RegisterNewBaseline=True, SuppliedBaselineConstraints=None)
    assert told(cloud, arn)["BaselineUsedForDriftCheckConstraints"] == CALCULATED


def test_a_baseline_that_the_results_replace_is_kept_for_the_comparison(cloud: Cloud) -> None:
    remember(cloud, "DATA_BIAS", 0.5)
    cloud.host.objects[BUCKET, "out/analysis_result/analysis.json"] = cloud.host.objects[
        BUCKET, "old/analysis.json"
    ]
    arn = run(cloud, SuppliedBaselineConstraints=CALCULATED)
    assert reason(cloud, arn, "check").startswith("ClientError: Clarify check failed.")


def test_a_retried_execution_compares_with_the_baseline_of_its_first_try(cloud: Cloud) -> None:
    remember(cloud, "DATA_BIAS", 0.5)
    cloud.host.objects[BUCKET, "out/analysis_result/analysis.json"] = cloud.host.objects[
        BUCKET, "old/analysis.json"
    ]
    arn = run(cloud, SuppliedBaselineConstraints=CALCULATED)
    cloud.call("RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=cloud.token())
    cloud.host.wait_for(
        lambda: len(jobs(cloud, "Processing")) == 2 and cloud.statuses(arn)["check"] != "Executing"
    )
    assert reason(cloud, arn, "check").startswith("ClientError: Clarify check failed.")


@pytest.mark.parametrize(
    ("check_type", "member", "name"),
    [
        ("DATA_BIAS", "Bias", "PreTrainingConstraints"),
        ("MODEL_BIAS", "Bias", "PostTrainingConstraints"),
        ("MODEL_EXPLAINABILITY", "Explainability", "Constraints"),
    ],
)
def test_the_baseline_of_the_latest_approved_package_is_used(
    cloud: Cloud, check_type: str, member: str, name: str
) -> None:
    remember(cloud, check_type, 1.0)
    cloud.host.objects[BUCKET, "model.tar.gz"] = b""
    cloud.call("CreateModelPackageGroup", ModelPackageGroupName="group")
    cloud.call(
        "CreateModelPackage",
        ModelPackageGroupName="group",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": "image", "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        DriftCheckBaselines={member: {name: {"ContentType": "application/json", "S3Uri": OLD}}},
    )
    arn = run(cloud, check_type, ModelPackageGroupName="group", SuppliedBaselineConstraints="")
    assert cloud.statuses(arn) == {"check": "Succeeded"}
    assert told(cloud, arn)["BaselineUsedForDriftCheckConstraints"] == OLD
    assert told(cloud, arn)["ModelPackageGroupName"] == "group"


def test_the_model_stands_in_the_configuration_of_the_job(cloud: Cloud) -> None:
    remember(cloud, "MODEL_BIAS", 1.0)
    run(cloud, "MODEL_BIAS")
    (job,) = jobs(cloud, "Processing")
    name = job["ProcessingJobName"]
    described = cloud.call("DescribeProcessingJob", ProcessingJobName=name)
    inputs = described["ProcessingInputs"]
    assert isinstance(inputs, list)
    assert inputs[0]["S3Input"]["S3Uri"] == f"{RESULTS}/{name}/analysis_config.json"
    assert stored(cloud, f"{RESULTS}/{name}/analysis_config.json")["version"] == "1.0"
    assert "model_name" not in stored(cloud, f"s3://{BUCKET}/configs/analysis_config.json")["predictor"]


def test_an_analysis_that_cannot_be_compared_fails_the_step_by_name(cloud: Cloud) -> None:
    remember(cloud, "DATA_BIAS", 1.0)
    put(cloud, "old/analysis.json", {"features": []})
    arn = run(cloud)
    assert reason(cloud, arn, "check") == (
        f"ClientError: {CALCULATED} cannot be compared with {OLD}: the baseline has no value in "
        "pre_training_bias_metrics."
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ProcessingOutputConfig": {"Outputs": [processing_output("other")]}}, "no output analysis_result"),
        ({"ProcessingInputs": []}, "no input analysis_config"),
    ],
)
def test_a_job_that_is_not_one_of_clarify_fails_the_step(
    cloud: Cloud, arguments: Document, words: str
) -> None:
    remember(cloud, "MODEL_BIAS", 1.0)
    step = check("MODEL_BIAS")
    given = step["Arguments"]
    assert isinstance(given, dict)
    arn = run(cloud, "MODEL_BIAS", Arguments=given | arguments)
    assert words in reason(cloud, arn, "check")
    assert not jobs(cloud, "Processing")


def test_a_configuration_without_a_predictor_fails_the_step(cloud: Cloud) -> None:
    remember(cloud, "MODEL_BIAS", 1.0)
    put(cloud, "configs/analysis_config.json", {"methods": {}})
    arn = run(cloud, "MODEL_BIAS")
    assert 'it has no object "predictor"' in reason(cloud, arn, "check")


@pytest.mark.parametrize(
    ("check_type", "more", "words"),
    [
        ("DATA_QUALITY", {}, r"\[DATA_BIAS, MODEL_BIAS, MODEL_EXPLAINABILITY\]"),
        ("DATA_BIAS", {"ModelName": "model"}, "unknown property 'ModelName'"),
        ("MODEL_BIAS", {"ModelName": None}, "ModelName is missing"),
        ("DATA_BIAS", {"SuppliedBaselineStatistics": OLD}, "unknown property 'SuppliedBaselineStatistics'"),
    ],
)
def test_a_malformed_step_is_refused(cloud: Cloud, check_type: str, more: Document, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        cloud.create(check(check_type, **more))
