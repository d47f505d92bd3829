"""A project outside of the repository: its pipeline, workflow, function and image, no file of ours touched.

One deployment for all: what a user does from the first `up` to the last `down`.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stack import ROOT, Stack, free_port
from tests.wheels import write_wheel

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The project of tests/projects/churn, copied to a folder of its own and deployed."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(ROOT / "tests/projects/churn", folder / "churn")
    _need_a_package(folder / "churn/lambda_src/note")
    stack = Stack(folder / "home", free_port(), project=folder / "churn")
    said = stack.invoke("up", "--yes").output
    assert "pipeline churn (default): Finds customers who leave" in said
    yield stack
    stack.invoke("down", "--yes")


def _need_a_package(function: Path) -> None:
    write_wheel(function, "wording", "def describe(accuracy):\n    return f'accuracy {accuracy}'\n")
    (function / "requirements.txt").write_text("--no-index\n./wording-1.0-py3-none-any.whl\n")
    handler = function / "handler.py"
    code = handler.read_text("utf-8").replace(
        "f\"accuracy {event['accuracy']}\"", "describe(event['accuracy'])"
    )
    assert "describe(" in code
    handler.write_text(f"from wording import describe\n{code}")


@pytest.fixture(scope="module")
def result(own: Stack) -> Path:
    """What the pipeline makes of the manifest's example."""
    said = " ".join(own.invoke("run-pipeline").output.split())
    for step in (
        "prepare (ProcessingJob)",
        "train (TrainingJob)",
        "register (RegisterModel)",
        "note (Lambda)",
    ):
        assert f"✓ {step}: Succeeded" in said
    (found,) = (own.state / "runs").glob("*/report.json")
    return found


def test_a_pipeline_of_ones_own_runs_to_its_result(own: Stack, result: Path) -> None:
    assert json.loads(result.read_text("utf-8")) == {"accuracy": 1.0}
    (package,) = own.sagemaker.list_model_packages(ModelPackageGroupName="own-churn")[
        "ModelPackageSummaryList"
    ]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_condition_on_a_property_file_decides_and_its_failure_says_why(own: Stack) -> None:
    said = own.invoke("run-pipeline", "--set", "Threshold=1", expect=1).output
    assert "Step too-bad failed: The accuracy is 0.7" in said


def test_a_workflow_of_ones_own_chooses_by_a_metric_of_the_pipeline(own: Stack, result: Path) -> None:
    bucket = own.output("bucket_name")
    key = "samplefiles/judged/customers.csv"
    example = own.project / "resources/pipelines/churn/customers.csv"
    own.s3.upload_file(str(example), bucket, key)
    said = own.invoke("run", "--workflow", "judge", "--set", f"customers=s3://{bucket}/{key}").output
    assert "✓ Good (Succeed)" in said
    assert "accuracy 1.0" in " ".join(said.split())


def test_every_command_knows_it(own: Stack, result: Path) -> None:
    assert "good-enough Condition accuracy >= Least" in own.invoke("graph", "--pipeline", "churn").output
    assert "noted arn:aws:sagemaker" in own.invoke("logs", "--function", "note").output
    assert "pipeline churn (default)" in own.invoke("status").output
    run = result.parent.name
    assert run in own.invoke("executions").output
    assert "accuracy" in own.invoke("attach", "--execution", run).output
    own.invoke("report", "--execution", run)
    assert own.invoke("plan").code == 0


def test_what_cannot_be_run_is_refused_by_name(own: Stack) -> None:
    said = own.invoke("run-pipeline", "--pipeline", "geospatial", expect=2).output
    assert "There is no pipeline 'geospatial'." in said
    said = own.invoke("run-pipeline", "--set", "Treshold=1", expect=2).output
    assert "Did you mean Threshold?" in said
    table = own.home / "bad.csv"
    table.write_text("months,calls\n1,2\n")
    assert "lacks left" in own.invoke("run-pipeline", "--input", str(table), expect=2).output


def test_a_changed_definition_and_script_can_be_read_in_the_plan_and_are_synced(own: Stack) -> None:
    folder = own.project / "resources/pipelines/churn"
    definition, script = folder / "pipeline.json", folder / "code/train.py"
    before = definition.read_text("utf-8"), script.read_text("utf-8")
    definition.write_text(before[0].replace('"DefaultValue": 0.9', '"DefaultValue": 0.8'))
    script.write_text(before[1].replace("right = sum(", "right = 0 + sum("))
    said = own.invoke("plan", expect=2).output
    assert "~ Parameters[Least].DefaultValue: 0.9 → 0.8" in said
    assert "+     right = 0 + sum(" in said
    said = own.invoke("sync").output
    assert 'updated module.pipeline["churn"].aws_sagemaker_pipeline.this' in said
    assert own.invoke("plan").code == 0
    definition.write_text(before[0])
    script.write_text(before[1])
    own.invoke("sync")
