"""What programs of tests/sdks have found, looked at."""

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
    """Check that poor data fails the step, and that good data passes it, against the same baseline."""
    first, refused, passed = (found[name]["Check"] for name in ("first", "refused", "passed"))
    calculated = _told(first)
    baseline = {part: calculated[f"CalculatedBaseline{part}"] for part in ("Constraints", "Statistics")}
    for step in (first, refused, passed):
        assert {part: _told(step)[f"BaselineUsedForDriftCheck{part}"] for part in baseline} == baseline
    report = _told(refused)["ViolationReport"]
    reason = f"ClientError: Quality check failed. See violation report: {report}"
    assert (refused["StepStatus"], refused["FailureReason"]) == ("Failed", reason)
    assert found["refused"].keys() == {"Check"}
    assert "completeness_check" in objects(cloud, report)["constraint_violations.json"]
    assert (passed["StepStatus"], "ViolationReport" in _told(passed)) == ("Succeeded", False)
    job = cloud.sagemaker.describe_processing_job(
        ProcessingJobName=_told(passed)["CheckJobArn"].rpartition("/")[2]
    )
    assert job["Environment"]["baseline_constraints"].endswith("/baseline/constraints/constraints.json")
    assert "sagemaker-model-monitor-analyzer" in job["AppSpecification"]["ImageUri"]


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


def _told(step: Document) -> Document:
    metadata: Document = step["Metadata"]["QualityCheck"]
    return metadata
