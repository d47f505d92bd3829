"""QualityCheck steps: which baseline the job compares with, what its report leads to, what the step tells."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import CALLER, Cloud, Document, fail_step, get
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET, processing, processing_output
from tests.unit.localcloud.sagemaker.pipelines.job_steps import cloud_with, jobs, reason

OUTPUT = "/opt/ml/processing/output/result"
REPORTS = f"s3://{BUCKET}/out/result"
CALCULATED = {
    "CalculatedBaselineConstraints": f"{REPORTS}/constraints.json",
    "CalculatedBaselineStatistics": f"{REPORTS}/statistics.json",
}
OLD = {"Constraints": f"s3://{BUCKET}/old/limits.json", "Statistics": f"s3://{BUCKET}/old/numbers.json"}
SUPPLIED = {f"SuppliedBaseline{part}": uri for part, uri in OLD.items()}
USED = {f"BaselineUsedForDriftCheck{part}": uri for part, uri in OLD.items()}


def analyze(container: FakeContainer) -> int:
    """Count the rows, and compare with the count of the earlier baseline where there is one."""
    variables = container.run.environment
    rows = len(container.read("processing/input/data/a.csv").splitlines())
    written: Document = {"statistics.json": {"rows": rows}, "constraints.json": {"rows": rows}}
    if "baseline_constraints" in variables:
        assert variables["baseline_statistics"] == "/opt/ml/processing/baseline/stats/numbers.json"
        assert container.read("processing/baseline/stats/numbers.json") == "{}"
        path = variables["baseline_constraints"].removeprefix("/opt/ml/")
        limit = json.loads(container.read(path))["rows"]
        found = [] if rows == limit else [{"description": f"{rows} rows, not {limit}"}]
        written["constraint_violations.json"] = {"violations": found}
    for name, document in written.items():
        container.write(f"processing/output/result/{name}", json.dumps(document))
    return 0


@pytest.fixture
def images() -> FakeImages:
    return FakeImages(analyze)


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(images, tmp_path) as cloud:
        remember(cloud, rows=1)
        yield cloud


def remember(cloud: Cloud, rows: int) -> None:
    """Set how many rows the earlier baseline allows."""
    cloud.host.objects[BUCKET, "old/limits.json"] = json.dumps({"rows": rows}).encode()
    cloud.host.objects[BUCKET, "old/numbers.json"] = b"{}"


def check(**more: object) -> Document:
    request = processing(
        Environment={"output_path": OUTPUT, "dataset_source": "/opt/ml/processing/input/data"}
    )
    arguments = {name: value for name, value in request.items() if name != "ProcessingJobName"}
    step = {"Name": "check", "Type": "QualityCheck", "CheckType": "DATA_QUALITY", "Arguments": arguments}
    return step | SUPPLIED | more


def told(cloud: Cloud, arn: str) -> Document:
    """Give the metadata of the check, without the ARN of its job."""
    metadata = cloud.steps(arn)["check"]["Metadata"]
    assert isinstance(metadata, dict)
    found = dict(metadata["QualityCheck"])
    assert ":processing-job/pipelines-" in found.pop("CheckJobArn")
    return found


def tell(name: str = "tell") -> Document:
    """Make a step that tells the two baselines of the check in its message."""
    names = ("CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints")
    return fail_step(
        name, {"Std:Join": {"On": " ", "Values": [get(f"Steps.check.{member}") for member in names]}}
    )


def test_data_that_keeps_to_the_earlier_baseline_passes(cloud: Cloud) -> None:
    arn = cloud.run(check(), tell())
    assert told(cloud, arn) == {
        "CheckType": "DATA_QUALITY",
        "SkipCheck": False,
        "RegisterNewBaseline": False,
        **CALCULATED,
        **USED,
    }
    assert reason(cloud, arn, "tell") == f"{REPORTS}/constraints.json {OLD['Constraints']}"
    assert json.loads(cloud.host.objects[BUCKET, "out/result/statistics.json"]) == {"rows": 1}


@pytest.mark.parametrize("flag", [{}, {"FailOnViolation": True}, {"FailOnViolation": None}])
def test_a_violation_fails_the_step_and_names_its_report(cloud: Cloud, flag: Document) -> None:
    remember(cloud, rows=2)
    arn = cloud.run(check(**flag))
    report = f"{REPORTS}/constraint_violations.json"
    assert reason(cloud, arn, "check") == f"ClientError: Quality check failed. See violation report: {report}"
    assert told(cloud, arn)["ViolationReport"] == report
    failure = cloud.host.details("Step Status Change")[-1]["metadata"]
    assert isinstance(failure, dict)
    assert failure["qualityCheck"]["violationReport"] == report


def test_a_violation_that_must_not_fail_the_step_is_told(cloud: Cloud) -> None:
    remember(cloud, rows=2)
    parameters = [{"Name": "strict", "Type": "Boolean", "DefaultValue": False}]
    arn = cloud.run(check(FailOnViolation=get("Parameters.strict")), Parameters=parameters)
    assert cloud.statuses(arn) == {"check": "Succeeded"}
    assert told(cloud, arn)["ViolationReport"] == f"{REPORTS}/constraint_violations.json"


def test_a_new_baseline_is_used_from_now_on(cloud: Cloud) -> None:
    arn = cloud.run(check(RegisterNewBaseline=True), tell())
    used = {
        name.replace("CalculatedBaseline", "BaselineUsedForDriftCheck"): uri
        for name, uri in CALCULATED.items()
    }
    assert told(cloud, arn) | used == told(cloud, arn)
    assert reason(cloud, arn, "tell") == f"{REPORTS}/constraints.json {REPORTS}/constraints.json"


def test_a_check_that_is_skipped_compares_with_nothing(cloud: Cloud, images: FakeImages) -> None:
    remember(cloud, rows=2)
    arn = cloud.run(check(SkipCheck=True), tell())
    assert told(cloud, arn) | USED == told(cloud, arn)
    assert "baseline_constraints" not in images.containers[0].run.environment
    assert reason(cloud, arn, "tell") == f"{REPORTS}/constraints.json {OLD['Constraints']}"


def test_the_first_run_needs_no_earlier_baseline(cloud: Cloud) -> None:
    first = check(SkipCheck=True, RegisterNewBaseline=True, **dict.fromkeys(SUPPLIED))
    arn = cloud.run(first, tell())
    assert cloud.statuses(arn)["check"] == "Succeeded"


@pytest.mark.parametrize("more", [{}, {"SkipCheck": True}, {"RegisterNewBaseline": True}])
def test_an_earlier_baseline_that_is_needed_and_missing_fails_the_step(cloud: Cloud, more: Document) -> None:
    cloud.call("CreateModelPackageGroup", ModelPackageGroupName="group")
    arn = cloud.run(check(SuppliedBaselineStatistics="", ModelPackageGroupName="group", **more))
    assert reason(cloud, arn, "check").startswith(
        "ClientError: There is no earlier baseline (Statistics) for DATA_QUALITY: neither the step nor the "
    )
    assert not jobs(cloud, "Processing")


def register(cloud: Cloud, member: str, folder: str, approval: str = "Approved") -> None:
    files = {"Constraints": "limits.json", "Statistics": "numbers.json"}
    baselines = {
        part: {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/{folder}/{file}"}
        for part, file in files.items()
    }
    cloud.call(
        "CreateModelPackage",
        ModelPackageGroupName="group",
        ModelApprovalStatus=approval,
        InferenceSpecification={
            "Containers": [{"Image": "image", "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        DriftCheckBaselines={member: baselines},
    )


@pytest.mark.parametrize(
    ("check_type", "member"), [("DATA_QUALITY", "ModelDataQuality"), ("MODEL_QUALITY", "ModelQuality")]
)
def test_the_baseline_of_the_latest_approved_package_is_used(
    cloud: Cloud, check_type: str, member: str
) -> None:
    cloud.host.objects[BUCKET, "model.tar.gz"] = b""
    cloud.call("CreateModelPackageGroup", ModelPackageGroupName="group")
    register(cloud, member, "older")
    register(cloud, member, "old")
    register(cloud, member, "rejected", "Rejected")
    nothing = dict.fromkeys(SUPPLIED, "")
    arn = cloud.run(check(CheckType=check_type, ModelPackageGroupName="group", **nothing))
    assert cloud.statuses(arn) == {"check": "Succeeded"}
    assert told(cloud, arn) | USED | {"ModelPackageGroupName": "group"} == told(cloud, arn)
    assert ("sagemaker", "ListModelPackages") in [asked[:2] for asked in cloud.host.required]


def test_what_is_supplied_goes_before_what_the_group_has(cloud: Cloud) -> None:
    arn = cloud.run(check(ModelPackageGroupName="there-is-none"))
    assert told(cloud, arn) | USED == told(cloud, arn)


def test_a_job_that_fails_fails_the_step_with_its_reason(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: 3
    arn = cloud.run(check())
    assert reason(cloud, arn, "check").startswith("ClientError: AlgorithmError: ")
    assert "ViolationReport" not in told(cloud, arn)


@pytest.mark.parametrize(
    ("report", "words"),
    [(None, "NoSuchKey"), ("[]", 'it has no list "violations"'), ("{", "cannot be read as a JSON document")],
)
def test_a_check_without_its_report_fails(
    cloud: Cloud, images: FakeImages, report: str | None, words: str
) -> None:
    def forget(container: FakeContainer) -> int:
        if report is not None:
            container.write("processing/output/result/constraint_violations.json", report)
        return 0

    images.program = forget
    arn = cloud.run(check())
    assert words in reason(cloud, arn, "check")
    assert "constraint_violations.json" in reason(cloud, arn, "check")


def test_an_image_without_a_program_fails_the_step_by_name(cloud: Cloud) -> None:
    step = check()
    arguments = step["Arguments"]
    assert isinstance(arguments, dict)
    arguments["AppSpecification"] = {"ImageUri": "missing"}
    arn = cloud.run(step)
    assert "missing" in reason(cloud, arn, "check")


def test_reports_that_no_output_keeps_are_refused(cloud: Cloud) -> None:
    step = check()
    arguments = step["Arguments"]
    assert isinstance(arguments, dict)
    output = processing_output("other")
    arguments["ProcessingOutputConfig"] = {"Outputs": [output]}
    arn = cloud.run(step)
    assert "no output of its processing job has the LocalPath" in reason(cloud, arn, "check")
    assert not jobs(cloud, "Processing")


def test_a_flag_that_is_no_boolean_fails_the_step(cloud: Cloud) -> None:
    parameters = [{"Name": "skip", "DefaultValue": "perhaps"}]
    arn = cloud.run(check(SkipCheck=get("Parameters.skip")), Parameters=parameters)
    assert reason(cloud, arn, "check") == 'ClientError: SkipCheck: "perhaps" is not of type Boolean.'


def test_a_run_in_the_cache_stands_for_one_with_the_same_members(cloud: Cloud, images: FakeImages) -> None:
    cache = {"Enabled": True, "ExpireAfter": "P1D"}
    cloud.run(check(CacheConfig=cache))
    for more, expected in (({"FailOnViolation": False}, 1), ({"RegisterNewBaseline": True}, 2)):
        definition = json.dumps({"Steps": [check(CacheConfig=cache, **more)]})
        cloud.sagemaker.call(
            "UpdatePipeline", CALLER, {"PipelineName": "pipeline", "PipelineDefinition": definition}
        )
        arn = cloud.start()
        cloud.wait_for_end(arn)
        assert cloud.statuses(arn) == {"check": "Succeeded"}
        assert told(cloud, arn) | CALCULATED == told(cloud, arn)
        assert len(images.containers) == expected


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"CheckType": "DATA_BIAS"}, "DATA_QUALITY, MODEL_QUALITY"),
        ({"CheckType": None}, "CheckType"),
        ({"SkipCheck": "no"}, "SkipCheck must be a Boolean"),
        ({"ModelPackageGroupName": 5}, "ModelPackageGroupName must be a String"),
        ({"ModelName": "model"}, "unknown property 'ModelName'"),
        ({"SuppliedBaselineConstraints": get("Parameters.gone")}, "Parameters.gone"),
        ({"Arguments": {}}, "'appSpecification'"),
    ],
)
def test_a_malformed_step_is_refused(cloud: Cloud, more: Document, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        cloud.create(check(**more))


def test_only_the_files_of_baselines_can_be_referred_to(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="ProcessingJobArn"):
        cloud.create(check(), fail_step("tell", get("Steps.check.ProcessingJobArn")))
