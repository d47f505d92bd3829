"""Fan-outs: a pipeline or a workflow for each of many items, by the engine."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.stack import Stack
from tests.integration.wire import unique

pytestmark = pytest.mark.integration

MANY, FAILING = 20, 3
LONG = {"hyperparameters": {"n-estimators": "100000"}}


@pytest.fixture
def model(deployed: Stack) -> Iterator[str]:
    """The name of a model; another begins with it and is not there."""
    name = unique("sagestep-fan-out")
    make_model(deployed, name)
    yield name
    for made in (name, f"{name}-late"):
        deployed.sagemaker.delete_model(ModelName=made)


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


def rows_of(stack: Stack, name: str) -> list[dict[str, str]]:
    """Read what the command has written of a fan-out's items."""
    with (stack.state / "runs" / name / "items.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_workflow_runs_for_each_row_and_what_failed_is_redriven(
    deployed: Stack, model: str, tmp_path: Path
) -> None:
    """Over the tolerance, the fan-out fails; once the cause is repaired, only what failed runs again."""
    file, late = items(tmp_path, model, f"{model}-late"), f"{model}-late"
    asked = ["--workflow", "configure_endpoint", "--items", file, "--max-concurrency", str(MANY)]
    failed = deployed.invoke("run", *asked, "--tolerated-failures", str(FAILING - 1), expect=1)
    assert "States.ExceedToleratedFailureThreshold" in failed.output
    name = name_in(failed.output)
    listed = json.loads(deployed.invoke("executions", "--json", "--limit", "20").output)["executions"]
    assert ("fan-out", f"fan-out/{name}") in {(one["kind"], one["name"]) for one in listed}
    succeeded = {row["execution"] for row in rows_of(deployed, name) if row["status"] == "SUCCEEDED"}

    make_model(deployed, late)
    redriven = deployed.invoke("redrive", "--execution", f"fan-out/{name}")
    assert f"running 0, succeeded {MANY}, failed 0" in redriven.output
    executions = {row["execution"] for row in rows_of(deployed, name)}
    # An item that was given up with the others may not have begun: then this is its first attempt.
    assert {one.removesuffix("-r1") for one in executions} == {f"{name}-{number}" for number in range(MANY)}
    assert executions >= succeeded | {f"{name}-{number}-r1" for number in range(FAILING)}


def test_a_batch_runs_all_its_items_and_a_redrive_only_those_that_failed(
    deployed: Stack, model: str, tmp_path: Path
) -> None:
    """Two batches: three items of the first fail, and the second is given up."""
    late, path = f"{model}-late", tmp_path / "items.csv"
    path.write_text("\n".join(["model_name", *[late] * FAILING, *[model] * 5, ""]))
    asked = ["--workflow", "configure_endpoint", "--items", str(path), "--batch-size", "5"]
    failed = deployed.invoke("run", *asked, "--max-concurrency", "1", expect=1)
    name = name_in(failed.output)
    assert "pending 3, running 0, succeeded 0, failed 5" in failed.output
    rows = rows_of(deployed, name)
    assert [row["status"] for row in rows] == [*["FAILED"] * FAILING, *["SUCCEEDED"] * 2, *["PENDING"] * 3]
    assert [row["execution"] for row in rows] == [f"{name}-{number}" for number in range(8)]
    assert all(late in row["reason"] for row in rows[:FAILING])

    make_model(deployed, late)
    redriven = deployed.invoke("redrive", "--execution", f"fan-out/{name}")
    assert "running 0, succeeded 8, failed 0" in redriven.output
    again = [f"{name}-{number}-r1" for number in range(FAILING)]
    assert [row["execution"] for row in rows_of(deployed, name)] == [
        *again,
        *(row["execution"] for row in rows[FAILING:]),
    ]


def test_each_file_of_a_folder_has_its_own_result(deployed: Stack, tmp_path: Path) -> None:
    (tmp_path / "berlin.csv").write_text("Longitude,Latitude\n13.4,52.5\n")
    (tmp_path / "alaska.csv").write_text("Longitude,Latitude\n-149.9,61.2\n")
    asked = ["--pipeline", "geocoding", "--input", str(tmp_path), "--fan-out"]
    done = deployed.invoke("run-pipeline", *asked)
    assert "running 0, succeeded 2, failed 0" in done.output
    name, bucket = name_in(done.output), deployed.output("bucket_name")
    rows = rows_of(deployed, name)
    assert [row["input"].rpartition("/")[2] for row in rows] == ["alaska.csv", "berlin.csv"]
    for number, row in enumerate(rows):
        assert row["result"] == f"s3://{bucket}/outputfiles/{name}/{number}/"
        prefix = row["result"].removeprefix(f"s3://{bucket}/")
        assert deployed.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 1

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
    assert "RUNNING" in statuses(deployed, name, lambda found: "RUNNING" in found)
    stopped = deployed.invoke("stop", "--execution", f"fan-out/{name}")
    assert "ABORTED" in stopped.output
    assert set(statuses(deployed, name, lambda found: set(found) == {"ABORTED"})) == {"ABORTED"}


def statuses(stack: Stack, fan_out: str, is_enough: Callable[[list[str]], bool]) -> list[str]:
    """Read the statuses of the executions of its items, again and again until they are enough."""
    machine = stack.one_of("workflows", "train")["state_machine_arn"]
    deadline = time.monotonic() + 60
    while True:
        page = stack.states.list_executions(stateMachineArn=machine)["executions"]
        found: list[str] = [one["status"] for one in page if one["name"].startswith(f"{fan_out}-")]
        if is_enough(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)
