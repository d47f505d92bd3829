"""Fan-outs: a pipeline or a workflow for each of many items, by the engine."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stack import Stack
from tests.integration.wire import unique

pytestmark = pytest.mark.integration

MANY, FAILING = 20, 3
LONG = {"hyperparameters": {"n-estimators": "100000"}}


@pytest.fixture
def model(deployed: Stack) -> Iterator[str]:
    """The name of a model."""
    name = unique("sagestep-fan-out")
    make_model(deployed, name)
    yield name
    deployed.sagemaker.delete_model(ModelName=name)


def make_model(stack: Stack, name: str) -> None:
    image, role = stack.output("image_uri"), stack.output("jobs_role_arn")
    stack.sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": image}, ExecutionRoleArn=role)


def name_in(output: str) -> str:
    found = re.search(r"execution:[\w-]+-fan-out:(run-[\w-]+)", output)
    assert found, output
    return found[1]


def items(folder: Path, model: str, missing: str) -> str:
    """Write a file of items, of which three name a model that is not there."""
    names = [missing] * FAILING + [model] * (MANY - FAILING)
    path = folder / "items.csv"
    path.write_text("\n".join(["model_name", *names, ""]))
    return str(path)


def test_a_workflow_runs_for_each_row_and_so_many_may_fail(
    deployed: Stack, model: str, tmp_path: Path
) -> None:
    file = items(tmp_path, model, f"{model}-late")
    asked = ["--workflow", "configure_endpoint", "--items", file, "--max-concurrency", str(MANY)]
    tolerated = deployed.invoke("run", *asked, "--tolerated-failures", "15%")
    assert f"running 0, succeeded {MANY - FAILING}, failed {FAILING}" in tolerated.output
    assert f"{FAILING} items failed, no more than are tolerated" in tolerated.output

    failed = deployed.invoke("run", *asked, "--tolerated-failures", str(FAILING - 1), expect=1)
    assert "States.ExceedToleratedFailureThreshold" in failed.output
    name = name_in(failed.output)
    listed = json.loads(deployed.invoke("executions", "--json", "--limit", "3").output)["executions"]
    assert [one["kind"] for one in listed[:2]] == ["fan-out", "fan-out"]
    assert listed[0]["name"] == f"fan-out/{name}"


def test_each_file_of_a_folder_has_its_own_result(deployed: Stack, tmp_path: Path) -> None:
    for name, place in {"berlin": "13.4,52.5", "alaska": "-149.9,61.2"}.items():
        (tmp_path / f"{name}.csv").write_text(f"Longitude,Latitude\n{place}\n")
    (tmp_path / "two.csv").write_text("Longitude,Latitude\n1,2\n")
    asked = ["--pipeline", "geocoding", "--input", str(tmp_path), "--fan-out"]
    done = deployed.invoke("run-pipeline", *asked)
    assert "running 0, succeeded 3, failed 0" in done.output
    name, bucket = name_in(done.output), deployed.output("bucket_name")
    found = deployed.s3.list_objects_v2(Bucket=bucket, Prefix=f"outputfiles/{name}/")["Contents"]
    assert sorted({item["Key"].split("/")[2] for item in found}) == ["0", "1", "2"]

    # What Step Functions lists is the same: the uploads of that run.
    listed = deployed.invoke(
        "run-pipeline",
        "--pipeline",
        "geocoding",
        "--fan-out",
        "--input",
        f"s3://{bucket}/samplefiles/{name}/0/",
    )
    assert "running 0, succeeded 1, failed 0" in listed.output
    elsewhere = f"s3://{bucket}/outputfiles/{name}/"
    refused = deployed.invoke("run-pipeline", "--fan-out", "--input", elsewhere, expect=2)
    assert "may not read" in refused.output


def test_what_is_stopped_stops_with_its_items(deployed: Stack, tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    file.write_text(json.dumps([LONG, LONG]))
    left = deployed.invoke("run", "--workflow", "train", "--items", str(file), "--timeout", "3", expect=1)
    assert "did not end within 3 seconds" in left.output
    name = name_in(left.output)
    stopped = deployed.invoke("stop", "--execution", f"fan-out/{name}")
    assert "ABORTED" in stopped.output
    machine = deployed.one_of("workflows", "train")["state_machine_arn"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page = deployed.states.list_executions(stateMachineArn=machine)["executions"]
        statuses = {one["name"]: one["status"] for one in page if one["name"].startswith(f"{name}-")}
        if set(statuses.values()) == {"ABORTED"}:
            break
        time.sleep(0.5)
    assert statuses == {f"{name}-0": "ABORTED", f"{name}-1": "ABORTED"}
