"""What programs of tests/sdks have found, looked at."""

import json
from typing import Any

from tests.integration.sdk_programs import objects, share_right
from tests.integration.wire import Cloud, Document


def check_commands(found: Document) -> None:
    """Check what the command line has made and read."""
    assert found["count"] >= 100
    assert found["kinds"] >= 70
    stored = found["objects"]
    assert (stored["pages"], stored["listed"], stored["synchronized"]) == ([3, 1], 4, 5)
    assert stored["encryption"] == ["aws:kms", "aws:kms"]
    assert stored["tags"] == [{"Key": "a", "Value": "b"}]
    assert stored["signed"]
    assert "(404) when calling the HeadObject operation" in stored["missing"]
    told = found["messages"]
    assert (told["body"], told["account"], told["roles"]) == ("hello there", "000000000000", 1)
    assert told["groups"] == [2, True]
    assert "NonExistentQueue" in told["gone"]
    ran = found["workflows"]
    assert (ran["answer"], ran["status"], ran["page"]) == ({"doubled": 42}, "SUCCEEDED", [2, True])
    assert ran["history"][-1] == "ExecutionSucceeded"
    learned = found["machine_learning"]
    assert (learned["job"], learned["execution"], learned["steps"]) == ("Completed", "Failed", ["no"])
    assert learned["pages"] == [2, 1]
    assert learned["prediction"]["predictions"][0]["predicted_label"] in {0, 1, 2}
    assert "(ResourceNotFound)" in learned["refused"]
    assert learned["measured"] == {"asked": 1, "own": ["rows"]}
    _check_learning(learned)


def _check_learning(found: Document) -> None:
    tuned = found["tuning"]
    assert (tuned["status"], tuned["stopped"]) == ("Completed", "Stopped")
    assert len(tuned["objectives"]) == 2
    assert tuned["objectives"] == sorted(tuned["objectives"], reverse=True)
    assert "(ResourceLimitExceeded)" in tuned["limited"]
    late = found["late"]
    assert json.loads(late["good"])["predictions"][0]["predicted_label"] in {0, 1, 2}
    assert "predictions" not in late["bad"]
    versions = found["versions"]
    assert sorted(versions["versions"]) == [1, 2]
    assert versions["selected"] == {"SelectedSteps": [{"StepName": "f"}]}
    assert "(ResourceNotFound)" in versions["refused"][0]
    assert "is not one of" in versions["refused"][1]
    assert (found["records"]["repositories"], found["records"]["domain"][:2]) == (1, "d-")
    assert found["schedules"] == {"message": "tick", "listed": ["ENABLED"]}


def check_production_fields(described: Any, folder: str) -> None:
    """Check that a job tells what production code asks of it, and that Spot counts its time."""
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert (described["VpcConfig"], described["CheckpointConfig"]["S3Uri"]) == (vpc, f"{folder}/checkpoints")
    assert (described["EnableManagedSpotTraining"], described["EnableInterContainerTrafficEncryption"]) == (
        True,
        True,
    )
    assert described["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900}
    assert described["ResourceConfig"]["VolumeKmsKeyId"] == "alias/volumes"
    assert described["BillableTimeInSeconds"] <= described["TrainingTimeInSeconds"]


def check_inference_pipeline(cloud: Cloud, found: Document) -> None:
    """Check that the second model was trained on what the first has scaled, and that both answer as one."""
    serial, tuned = found["serial"], found["tuned"]
    assert (serial["status"], serial["containers"]) == ("SUCCEEDED", 2)
    (scaled,) = objects(cloud, serial["transformed"]).values()
    rows = [[float(cell) for cell in line.split(",")] for line in scaled.splitlines()]
    for column in list(zip(*rows, strict=True))[:13]:
        assert abs(sum(column)) < 1e-3
    assert share_right(serial["predictions"]) > 0.9
    assert tuned["HyperParameterTuningJobStatus"] == "Completed"
    assert tuned["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] > 0.8


def check_third(cloud: Cloud, found: Document) -> None:
    """Check a pipeline of the SDK v3: a good model is registered, a poor one refused, one step run again."""
    written = json.loads(found["definition"])
    assert written["MlflowConfig"] is None
    assert json.loads(found["pipeline"]["PipelineDefinition"]) == written
    good, refused = found["good"]["steps"], found["refused"]["steps"]
    assert found["good"]["described"]["PipelineExecutionStatus"] == "Succeeded"
    assert good.keys() == {"Split", "Train", "Evaluate", "Decide", "Save", "Register"}
    job = good["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    described = cloud.sagemaker.describe_training_job(TrainingJobName=job)
    assert described["HyperParameters"] == {"n-estimators": "25"}
    package = cloud.sagemaker.describe_model_package(
        ModelPackageName=good["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["ModelApprovalStatus"] == "Approved"
    report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    evaluation = json.loads(objects(cloud, report)["evaluation.json"])
    assert evaluation["metrics"]["accuracy"]["value"] > 0.9

    assert found["refused"]["described"]["PipelineExecutionStatus"] == "Failed"
    assert refused["Refuse"]["FailureReason"].endswith(" is less than 1.01")
    assert {name for name, step in refused.items() if "CacheHitResult" in step} == {"Split", "Train"}
    assert '"PipelineExecutionStatus" we matched expected path: "Failed"' in found["error"]
    assert found["left"] == []
    part = found["selected"]
    for name in ("Split", "Train"):
        assert part[name]["SelectiveExecutionResult"]["SourcePipelineExecutionArn"]
        assert part[name]["Metadata"] == good[name]["Metadata"]
    assert part["Evaluate"]["StepStatus"] == "Succeeded"
    assert part["Evaluate"]["Metadata"] != good["Evaluate"]["Metadata"]
    assert part.keys() == {"Split", "Train", "Evaluate"}


def check_quality(cloud: Cloud, found: Document) -> None:
    """Check that poor data fails both checks, and that good data passes them, against the same baselines."""
    _check_bias(cloud, found)
    first, refused, passed = (found[name]["Check"] for name in ("first", "refused", "passed"))
    calculated = _told(first)
    baseline = {part: calculated[f"CalculatedBaseline{part}"] for part in ("Constraints", "Statistics")}
    for step in (first, refused, passed):
        assert {part: _told(step)[f"BaselineUsedForDriftCheck{part}"] for part in baseline} == baseline
    report = _told(refused)["ViolationReport"]
    reason = f"ClientError: Quality check failed. See violation report: {report}"
    assert (refused["StepStatus"], refused["FailureReason"]) == ("Failed", reason)
    assert found["refused"].keys() == {"Check", "Bias"}
    assert "completeness_check" in objects(cloud, report)["constraint_violations.json"]
    assert (passed["StepStatus"], "ViolationReport" in _told(passed)) == ("Succeeded", False)
    job = cloud.sagemaker.describe_processing_job(
        ProcessingJobName=_told(passed)["CheckJobArn"].rpartition("/")[2]
    )
    assert job["Environment"]["baseline_constraints"].endswith("/baseline/constraints/constraints.json")
    assert "sagemaker-model-monitor-analyzer" in job["AppSpecification"]["ImageUri"]


def _check_bias(cloud: Cloud, found: Document) -> None:
    """Check that labels that differ more between the groups fail the step, and are reported."""
    first, refused, passed = (found[name]["Bias"] for name in ("first", "refused", "passed"))
    baseline = first["Metadata"]["ClarifyCheck"]["CalculatedBaselineConstraints"]
    metrics = json.loads(objects(cloud, baseline)["analysis.json"])["pre_training_bias_metrics"]
    values = {item["name"]: item["value"] for item in metrics["facets"]["alcohol"][0]["metrics"]}
    assert {name: round(value, 3) for name, value in values.items()} == {"CI": -0.034, "DPL": 0.646}
    told = refused["Metadata"]["ClarifyCheck"]
    assert told["BaselineUsedForDriftCheckConstraints"] == baseline
    report = told["ViolationReport"]
    reason = f"ClientError: Clarify check failed. See violation report: {report}"
    assert (refused["StepStatus"], refused["FailureReason"]) == ("Failed", reason)
    (violation,) = json.loads(objects(cloud, report)["constraint_violations.json"])["violations"]
    assert (violation["facet"], violation["metric_name"]) == ("alcohol", "DPL")
    assert (passed["StepStatus"], "ViolationReport" in passed["Metadata"]["ClarifyCheck"]) == (
        "Succeeded",
        False,
    )


def check_selected(cloud: Cloud, found: Document) -> None:
    """Check that the selected step alone has run, with what the latest execution has calculated."""
    steps, whole = found["selected"], found["passed"]
    assert steps["Check"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": found["whole"]}
    assert steps["Check"]["Metadata"] == whole["Check"]["Metadata"]
    assert steps["Count"]["StepStatus"] == "Succeeded"
    assert steps["Count"]["Metadata"] != whole["Count"]["Metadata"]
    config = found["part"]["SelectiveExecutionConfig"]
    assert config == {"SourcePipelineExecutionArn": found["whole"], "SelectedSteps": [{"StepName": "Count"}]}
    assert objects(cloud, f"{found['folder']}/columns/")["columns.txt"] == "14"


def check_tracked(found: Document) -> None:
    """Check what a run of an experiment has logged, found again."""
    tracked = found["tracked"]
    assert tracked["run"] == "one"
    component = tracked["component"]
    assert component["Parameters"] == {"trees": {"NumberValue": 20.0}, "kind": {"StringValue": "forest"}}
    assert component["InputArtifacts"]["data"]["Value"].endswith("/wine.csv")
    assert component["TrialComponentName"] in tracked["searched"]
    (loss,) = component["Metrics"]
    told = {name: round(loss[name], 3) for name in ("Max", "Min", "Last", "Avg", "Count")}
    assert told == {"Max": 0.9, "Min": 0.2, "Last": 0.2, "Avg": 0.5, "Count": 3}
    (read,) = tracked["read"]
    assert (read["XAxisValues"], read["MetricValues"]) == ([0, 1, 2], [0.9, 0.4, 0.2])


def _told(step: Document) -> Document:
    metadata: Document = step["Metadata"]["QualityCheck"]
    return metadata
