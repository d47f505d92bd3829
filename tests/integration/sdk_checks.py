"""What programs of tests/sdks have found, looked at."""

import json

from tests.integration.sdk_programs import objects
from tests.integration.wire import Cloud, Document


def check_commands(found: Document) -> None:
    """Check what the command line has made and read."""
    assert found["count"] >= 70
    assert found["kinds"] >= 50
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
