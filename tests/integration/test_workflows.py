"""Workflows as a user runs them: what they take, what comes of them, and what they say when it goes wrong."""

import json
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.stack import Stack
from tests.integration.wire import unique
from tests.integration.workflow_runs import WINE, Followed, run, run_workflow, wait_for

pytestmark = pytest.mark.integration


def machine(stack: Stack, workflow: str) -> str:
    """Give the ARN of a workflow's state machine."""
    state = json.loads((stack.state / "terraform.tfstate").read_text(encoding="utf-8"))
    return str(state["outputs"]["workflows"]["value"][workflow]["state_machine_arn"])


def newest(stack: Stack, workflow: str) -> dict[str, Any]:
    """Describe the newest execution of a workflow."""
    listed = stack.states.list_executions(stateMachineArn=machine(stack, workflow))["executions"]
    return {**stack.states.describe_execution(executionArn=listed[0]["executionArn"])}


def test_workflows_are_listed_with_their_inputs(deployed: Stack) -> None:
    shown = deployed.invoke("workflows").output
    for name in (
        "train",
        "train_many",
        "process",
        "save_model",
        "deploy_model",
        "end_to_end",
        "batch_transform",
    ):
        assert name in shown
    assert "hyperparameters" in deployed.invoke("workflows", "--workflow", "train").output


def test_training_gives_a_model_and_its_metrics(deployed: Stack, tmp_path: Path) -> None:
    shown = deployed.invoke("train", "--output", str(tmp_path / "here")).output
    assert re.search(r"accuracy +[01]", shown)
    with tarfile.open(tmp_path / "here/model.tar.gz") as model:
        assert model.getnames()
    output = json.loads(newest(deployed, "train")["output"])
    metrics = {item["MetricName"]: item["Value"] for item in output["FinalMetricDataList"]}
    assert metrics["accuracy"] > 0.9
    bucket, _, key = output["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    assert deployed.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 1000


def test_a_training_program_that_fails_is_told_with_its_own_words(deployed: Stack) -> None:
    shown = deployed.invoke("train", "--set", "hyperparameters.n-estimators=many", expect=1).output
    for words in ("AlgorithmError", "n-estimators", "many"):
        assert words in shown
    assert newest(deployed, "train")["status"] == "FAILED"


def test_an_image_that_is_nowhere_fails_the_job_and_says_so(deployed: Stack) -> None:
    image = deployed.output("image_uri").replace("-scikit:", "-nobodys:")
    shown = deployed.invoke("train", "--set", f"image={image}", expect=1).output
    assert "nobodys" in shown.replace("\n", "")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("instance_count=many",), "instance_count"),
        (("colour=red",), "colour"),
        (("max_runtime_seconds=0",), "max_runtime_seconds"),
        (("training_data=s3://elsewhere/data/",), "training_data: the deployment's roles may read s3://"),
    ],
)
def test_a_wrong_input_is_named_and_nothing_is_started(
    deployed: Stack, settings: tuple[str, ...], words: str
) -> None:
    before = deployed.states.list_executions(stateMachineArn=machine(deployed, "train"))["executions"]
    flags = [part for setting in settings for part in ("--set", setting)]
    assert words in deployed.invoke("train", *flags, expect=2).output
    after = deployed.states.list_executions(stateMachineArn=machine(deployed, "train"))["executions"]
    assert len(after) == len(before)


def test_one_failing_model_loses_the_others_only_if_it_is_not_tolerated(deployed: Stack) -> None:
    models = [
        {"name": "stump", "hyperparameters": {"n-estimators": "1", "max-depth": "1"}},
        {"name": "bad", "hyperparameters": {"n-estimators": "none"}},
        {"name": "good", "hyperparameters": {"n-estimators": "20"}},
    ]
    with ThreadPoolExecutor(2) as threads:
        tolerant = threads.submit(
            run_workflow, deployed, "train_many", models=models, tolerated_failure_count=1
        )
        strict = threads.submit(run_workflow, deployed, "train_many", expect=1, models=models[1:])
    output = tolerant.result().output()
    results = {result["name"]: result for result in output["results"]}
    assert [result["status"] for result in output["results"]] == ["Completed", "Failed", "Completed"]
    assert "n-estimators" in results["bad"]["cause"]
    assert results["stump"]["value"] < results["good"]["value"]
    assert output["best"] == results["good"]
    for name in ("stump", "good"):
        bucket, _, key = results[name]["model_data"].removeprefix("s3://").partition("/")
        assert deployed.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 500
    failed = strict.result()
    described = failed.describe()
    assert (described["status"], described["error"]) == ("FAILED", "TooManyModelsFailed")
    for words in ("1 of 2 models failed, and 0 may", "bad", "n-estimators"):
        assert words in failed.text


def test_a_retry_succeeds_at_the_third_try(deployed: Stack) -> None:
    """What SageMaker refuses, such as data that is not there yet, is tried again; nothing else stands in."""
    bucket, folder = deployed.output("bucket_name"), f"workflows/data/{unique('late')}"
    followed = Followed.start(deployed, "train", training_data=f"s3://{bucket}/{folder}/")
    failure = wait_for(deployed, followed.arn, "TaskFailed", 2)["taskFailedEventDetails"]
    deployed.s3.upload_file(str(WINE), bucket, f"{folder}/wine.csv")
    assert failure["error"] == "SageMaker.AmazonSageMakerException"
    assert folder in failure["cause"]
    trained = followed.end()
    assert trained.output()["TrainingJobStatus"] == "Completed"
    assert len(trained.events("TaskFailed")) == 2
    assert len(trained.events("TaskScheduled")) == 3
    assert "attempt 3" in trained.said


def test_processing_that_fails_is_told_with_its_own_words(deployed: Stack, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("alcohol,target\n12.5,0\n13,1,2\n", encoding="utf-8")
    failed = run(deployed, "process", "--data", str(table), expect=1)
    assert "table.csv, line 3: 3 values instead of 2." in failed.text
    assert "/aws/sagemaker/ProcessingJobs" in failed.text


def test_processing_writes_its_outputs(deployed: Stack) -> None:
    deployed.invoke("process")
    described = newest(deployed, "process")
    outputs = json.loads(described["output"])["ProcessingOutputConfig"]["Outputs"]
    for item in outputs:
        bucket, _, prefix = item["S3Output"]["S3Uri"].removeprefix("s3://").partition("/")
        assert deployed.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] > 0
