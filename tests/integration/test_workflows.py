"""Workflows as a user runs them: train, deploy, predict, and what they say when something is wrong."""

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import linux, processes
from tests.integration.stack import ROOT, Stack
from tests.integration.wire import eventually

pytestmark = pytest.mark.integration

WINE = ROOT / "resources" / "wine.csv"


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


def test_training_gives_a_model_and_its_metrics(deployed: Stack) -> None:
    assert "S3ModelArtifacts" in deployed.invoke("train").output
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
    image = "000000000000.dkr.ecr.us-west-2.amazonaws.com/nobodys:latest"
    shown = deployed.invoke("train", "--set", f"image={image}", expect=1).output
    assert image in shown.replace("\n", "")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("instance_count=many",), "instance_count"),
        (("colour=red",), "colour"),
        (("max_runtime_seconds=0",), "max_runtime_seconds"),
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


def test_one_failing_model_does_not_lose_the_others(deployed: Stack, tmp_path: Path) -> None:
    models = [
        {"name": "good", "hyperparameters": {"n-estimators": "20"}},
        {"name": "bad", "hyperparameters": {"n-estimators": "none"}},
    ]
    given = tmp_path / "input.json"
    given.write_text(json.dumps({"models": models, "tolerated_failure_count": 1}), encoding="utf-8")
    deployed.invoke("run", "--workflow", "train_many", "--input", f"@{given}")
    output = json.loads(newest(deployed, "train_many")["output"])
    assert output["best"]["name"] == "good"
    assert {result["name"] for result in output["results"]} == {"good", "bad"}


def test_processing_writes_its_outputs(deployed: Stack) -> None:
    deployed.invoke("process")
    described = newest(deployed, "process")
    outputs = json.loads(described["output"])["ProcessingOutputConfig"]["Outputs"]
    for item in outputs:
        bucket, _, prefix = item["S3Output"]["S3Uri"].removeprefix("s3://").partition("/")
        assert deployed.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] > 0


@linux
def test_from_training_to_predictions_and_away_again(deployed: Stack) -> None:
    deployed.invoke("deploy-model")
    predicted = deployed.invoke("predict", "--data", str(WINE)).output
    assert predicted.count("\n") >= len(WINE.read_text(encoding="utf-8").splitlines()) // 10
    (endpoint,) = deployed.sagemaker.list_endpoints()["Endpoints"]
    assert endpoint["EndpointStatus"] == "InService"
    serving = {pid for pid, command in processes(deployed.state / "cloud").items() if "serve" in command}
    assert serving
    for pid in serving:  # it is restarted
        with contextlib.suppress(ProcessLookupError):  # one may end with the other
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: deployed.invoke("predict", "--data", str(WINE), expect=None).code, (0).__eq__)
    assert endpoint["EndpointName"] in deployed.invoke("undeploy", expect=2).output
    deployed.invoke("undeploy", "--yes")
    assert deployed.sagemaker.list_endpoints()["Endpoints"] == []
    assert deployed.sagemaker.list_models()["Models"] == []
    eventually(
        lambda: [command for command in processes(deployed.state / "cloud").values() if "serve" in command],
        lambda left: not left,
    )


def test_stopping_in_the_middle_stops_the_job(deployed: Stack) -> None:
    running = deployed.start("train", "--set", "hyperparameters.n-estimators=100000")
    execution = eventually(
        lambda: deployed.states.list_executions(
            stateMachineArn=machine(deployed, "train"), statusFilter="RUNNING"
        )["executions"]
    )[0]
    jobs = eventually(
        lambda: deployed.sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]
    )
    deployed.invoke("stop", "--execution", execution["executionArn"])
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 1, output
    assert deployed.states.describe_execution(executionArn=execution["executionArn"])["status"] == "ABORTED"
    name = jobs[0]["TrainingJobName"]
    eventually(
        lambda: deployed.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"],
        "Stopped".__eq__,
    )
