import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.commands.run_pipeline import RunPipeline, object_name, pipeline_parameters, run_name
from driver.exceptions import (
    CoordinatesError,
    DeadlineExceededError,
    ExecutionFailedError,
    InterruptedByUserError,
    NotDeployedError,
)
from driver.models import Outputs, Progress
from driver.status import Status
from tests.unit.driver.fakes import BUCKET, OUTPUTS, PIPELINE, World, execution, step

STARTED = f"{PIPELINE}/execution/started"


@pytest.fixture
def coordinates(tmp_path: Path) -> Path:
    path = tmp_path / "my places.csv"
    path.write_text("Longitude,Latitude\n-149.9,61.2\n13.4,52.5\n")
    return path


def run(world: World, path: Path, *, timeout: float = 60, rows: int = 5) -> None:
    RunPipeline(world.workspace, world.target, world.connect, world.screen.console)(path, timeout, rows)


def looks(*seen: tuple[Status, str]) -> list[Progress]:
    """Make looks at an execution with one step, which is as far as its execution is."""
    return [
        Progress(execution("started", status, reason), (step("vej-processing-step", status, reason),))
        for status, reason in seen
    ]


SUCCEEDS = looks((Status.EXECUTING, ""), (Status.SUCCEEDED, ""))


def test_coordinates_go_up_and_addresses_come_down(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.looks = [*SUCCEEDS]
    run(world, coordinates, rows=1)
    result = world.workspace.runs_directory / "started" / "results_0.csv"
    assert result.read_text() == world.pipelines.result
    assert "Anchorage" in world.screen.text
    assert "Berlin" not in world.screen.text
    assert "2 rows; the other 1 are in" in world.screen.text
    assert str(result) in world.screen.text


def test_each_state_of_a_step_is_told_once_with_its_duration(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.looks = [SUCCEEDS[0], SUCCEEDS[0], SUCCEEDS[1]]
    run(world, coordinates)
    assert world.screen.text.count("vej-processing-step (Lambda): Executing") == 1
    assert "vej-processing-step (Lambda): Succeeded  0.5 s" in world.screen.text


def test_the_job_reads_what_was_uploaded_and_writes_under_its_own_prefix(
    world: World, coordinates: Path
) -> None:
    world.deploy()
    world.pipelines.looks = [*SUCCEEDS]
    run(world, coordinates)
    parameters = world.pipelines.started_with[STARTED]
    source = json.loads(parameters["parameter_vej_input_config"])["DataSourceConfig"]["S3Data"]["S3Uri"]
    assert world.storage.objects[source.removeprefix("s3://")] == coordinates.read_text()
    assert re.fullmatch(rf"s3://{BUCKET}/samplefiles/run-\w+-\w+/my_places\.csv", source)
    export = json.loads(parameters["parameter_vej_export_config"])["S3Data"]["S3Uri"]
    assert re.fullmatch(rf"s3://{BUCKET}/outputfiles/run-\w+-\w+/", export)


def test_a_failed_step_says_why_and_where_the_logs_are(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.looks = looks((Status.FAILED, "ValueError: no such job"))
    with pytest.raises(ExecutionFailedError) as caught:
        run(world, coordinates)
    assert "Step vej-processing-step: ValueError: no such job" in caught.value.why
    assert "/aws/lambda/sagestep-geospatial" in caught.value.next_step
    assert str(world.workspace.directory / "cloud.log") in caught.value.next_step


def test_a_stopped_execution_has_no_result(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.looks = looks((Status.STOPPED, ""))
    with pytest.raises(ExecutionFailedError, match="was stopped"):
        run(world, coordinates)


def test_the_deadline_says_how_to_come_back(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.looks = looks((Status.EXECUTING, ""))
    with pytest.raises(DeadlineExceededError, match="invoke attach --execution started") as caught:
        run(world, coordinates, timeout=90)
    assert "90 seconds" in caught.value.what
    assert world.now >= 90


def test_ctrl_c_leaves_it_running_and_says_how_to_go_on(world: World, coordinates: Path) -> None:
    world.deploy()

    class Impatient(type(world.pipelines)):  # type: ignore[misc]
        def progress(self, arn: str) -> Progress:
            raise KeyboardInterrupt

    world.pipelines = Impatient(world.storage)
    with pytest.raises(InterruptedByUserError) as caught:
        run(world, coordinates)
    assert "invoke attach --execution started" in caught.value.next_step
    assert "invoke stop --execution started" in caught.value.next_step
    assert world.pipelines.stops == []


def test_a_success_without_a_result_is_a_failure(world: World, coordinates: Path) -> None:
    world.deploy()
    world.pipelines.looks = [*SUCCEEDS]
    world.storage.newest = lambda bucket, prefix: None  # type: ignore[method-assign]
    with pytest.raises(ExecutionFailedError, match="left no result"):
        run(world, coordinates)


def test_a_bad_file_is_refused_before_anything_is_uploaded(world: World, tmp_path: Path) -> None:
    world.deploy()
    bad = tmp_path / "bad.csv"
    bad.write_text("Longitude,Latitude\n1,99\n")
    with pytest.raises(CoordinatesError, match="line 2"):
        run(world, bad)
    assert world.storage.objects == {}


def test_nothing_deployed_says_what_to_run(world: World, coordinates: Path) -> None:
    with pytest.raises(NotDeployedError, match="invoke up"):
        run(world, coordinates)


def test_a_deployment_that_is_gone_says_what_to_run(world: World, coordinates: Path) -> None:
    world.deploy()
    world.target.holds = False
    with pytest.raises(NotDeployedError, match="invoke up"):
        run(world, coordinates)


@given(st.datetimes(), st.text("0123456789abcdef", min_size=6, max_size=6))
def test_a_run_name_is_a_display_name(now: datetime, nonce: str) -> None:
    """Pattern and length: PipelineExecutionName in botocore's SageMaker model."""
    name = run_name(now.replace(tzinfo=UTC), nonce)
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}", name)


@given(st.text(min_size=1))
def test_every_parameter_fits_its_limit_whatever_the_file_is_called(file_name: str) -> None:
    name = run_name(datetime(2026, 11, 21, tzinfo=UTC), "0a1b2c")
    outputs = Outputs.read({**OUTPUTS, "bucket_name": "b" * 63})
    parameters = pipeline_parameters(outputs, name, f"samplefiles/{name}/{object_name(file_name)}")
    assert max(map(len, parameters.values())) <= 1024
    assert object_name(file_name).isascii()
