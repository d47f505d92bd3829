import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from driver.commands.report import MakeReport
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import Status
from tests.unit.driver.fakes import BUCKET, FAULT, ID, NOON, PIPELINE, RUNS, STEP, World, execution, step
from tests.unit.driver.histories import JOB, History, training
from tests.unit.driver.inspection.page.samples import record

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[4] / "driver/commands/schemas/report.schema.json").read_text(
        encoding="utf-8"
    )
)
RUN = "arn:aws:states:us-west-2:000000000000:execution:sagestep-train:run-1"


def make(world: World, execution: str | None = None, output: str = "") -> dict[str, object]:
    command = MakeReport(world.context(), lambda: NOON)
    written = command.write(execution, output)
    document = dict(written.document())
    Draft202012Validator(SCHEMA).validate(document)
    command.show(written)
    return document


def text_of(document: dict[str, object]) -> str:
    text = Path(str(document["path"])).read_text(encoding="utf-8")
    assert len(text.encode()) == document["bytes"]
    return text


@pytest.fixture
def trained(world: World) -> World:
    """A deployment where an execution of a workflow has failed."""
    world.deploy(workflows=True)
    world.state_machines.histories[RUN] = training(failures=3).events
    job = JOB.rpartition("/")[2]
    world.logs.write(
        "/aws/sagemaker/TrainingJobs", f"{job}/algo-1", "reading wine.csv", "max-depth: 'two'", at=1
    )
    world.now = 60
    return world


@pytest.fixture
def geocoded(world: World) -> World:
    """A deployment where the pipeline has run and left a result."""
    world.deploy()
    made = execution(ID, Status.SUCCEEDED)
    world.pipelines.plays(made, step(STEP, Status.SUCCEEDED))
    place = {"S3Data": {"S3Uri": f"s3://{BUCKET}/outputfiles/run-1/"}}
    world.pipelines.started_with[made.arn] = {"parameter_vej_export_config": json.dumps(place)}
    world.storage.objects[f"{BUCKET}/outputfiles/run-1/results_0.csv"] = (
        "Longitude,Latitude,reverse_geo.label\n13.4,52.5,Berlin\n"
    )
    return world


def test_a_report_lies_in_the_target_s_folder_and_says_so(trained: World) -> None:
    document = make(trained, "train/run-1")
    path = trained.workspace.directory / "reports" / "train-run-1.html"
    assert document == {
        "version": 1,
        "execution": RUN,
        "path": str(path),
        "bytes": path.stat().st_size,
        "outcome": "failed",
    }
    assert "run-1: Failed" in trained.screen.text
    assert str(path) in trained.screen.text
    assert "kB" in trained.screen.text


def test_a_failed_workflow_has_its_reason_and_the_log_of_its_job(trained: World) -> None:
    text = text_of(make(trained, "train/run-1"))
    assert "AlgorithmError: ValueError: no such column" in text
    logs = text[text.index('id="logs"') :]
    assert "reading wine.csv" in logs
    assert "max-depth: &#39;two&#39;" in logs


def test_of_functions_only_errors_are_shown_and_what_led_to_them(world: World) -> None:
    world.deploy()
    failed = execution(ID, Status.FAILED, "Step failure: One or multiple steps failed.")
    world.pipelines.plays(failed, step(STEP, Status.FAILED, FAULT))
    request = "3f1e8c2a-0000-4000-8000-000000000001"
    lines = (
        f"START RequestId: {request} Version: $LATEST",
        json.dumps(
            {"level": "ERROR", "message": FAULT, "pipeline_execution_arn": failed.arn, "requestId": request}
        ),
        f"END RequestId: {request}",
    )
    world.logs.write("/aws/lambda/sagestep-geospatial", "2026/11/21/[$LATEST]a", *lines, at=0.2)
    world.now = 60
    text = text_of(make(world, ID))
    assert FAULT.replace("'", "&#39;") in text
    logs = text[text.index('id="logs"') :]
    assert "pipeline_execution_arn" in logs
    assert "END RequestId" not in logs


def test_logs_that_are_not_there_are_said_not_to_be(trained: World) -> None:
    trained.logs.written.clear()
    assert "CloudWatch has no log of what failed." in text_of(make(trained, "train/run-1"))


def test_a_run_that_went_well_asks_for_no_logs(geocoded: World) -> None:
    make(geocoded, ID)
    assert geocoded.logs.asked == []


def test_the_result_of_a_geocoding_run_is_fetched_once(geocoded: World) -> None:
    text = text_of(make(geocoded, ID))
    here = geocoded.workspace.runs_directory / ID / "results_0.csv"
    assert str(here) in text
    assert "Berlin" in text
    here.write_text("Longitude,Latitude,reverse_geo.label\n21,52.2,Warsaw\n")
    assert "Warsaw" in text_of(make(geocoded, ID))


def test_a_result_that_is_gone_from_the_bucket_is_still_here(geocoded: World) -> None:
    make(geocoded, ID)
    geocoded.storage.objects.clear()
    assert "Berlin" in text_of(make(geocoded, ID))


@pytest.mark.parametrize("parameters", [{}, {"parameter_vej_export_config": "{not json"}])
def test_without_a_result_there_is_a_page_all_the_same(geocoded: World, parameters: dict[str, str]) -> None:
    geocoded.pipelines.started_with[f"{PIPELINE}/execution/{ID}"] = parameters
    text = text_of(make(geocoded, ID))
    assert 'id="result"' not in text
    assert STEP in text


def test_the_newest_execution_is_meant_unless_one_is_named(geocoded: World) -> None:
    assert make(geocoded)["execution"] == f"{PIPELINE}/execution/{ID}"


def test_a_run_that_goes_on_is_reported_as_it_stands(world: World) -> None:
    world.deploy()
    world.pipelines.plays(execution(ID, Status.EXECUTING), step(STEP, Status.EXECUTING))
    document = make(world, ID)
    assert document["outcome"] == "running"
    assert "It still runs" in text_of(document)
    assert "make the report again" in world.screen.text


def test_the_file_is_where_it_is_wanted(geocoded: World, tmp_path: Path) -> None:
    path = tmp_path / "new" / "my report.html"
    assert make(geocoded, ID, str(path))["path"] == str(path)
    assert path.is_file()
    with pytest.raises(WrongUseError, match="is a folder"):
        make(geocoded, ID, str(tmp_path))


def test_an_execution_named_by_its_arn_has_a_file_with_its_name(geocoded: World) -> None:
    document = make(geocoded, f"{PIPELINE}/execution/{ID}")
    assert Path(str(document["path"])).name == f"{ID}.html"


def test_without_a_deployment_it_says_what_to_run(world: World) -> None:
    with pytest.raises(NotDeployedError, match="not deployed"):
        make(world)


def test_a_state_machine_and_its_pipeline_are_on_one_page(geocoded: World) -> None:
    """The result is the pipeline's; the graphs are of both."""
    history, pipeline = History(), f"{PIPELINE}/execution/{ID}"
    history.add("ExecutionStarted", input="{}")
    history.add("TaskStateEntered", name="RunPipeline")
    history.add("TaskScheduled")
    history.add("TaskSubmitted", output=json.dumps({"Payload": {"pipelineExecutionArn": pipeline}}))
    history.add("TaskSucceeded", at=5, output="{}")
    history.add("TaskStateExited", at=5, name="RunPipeline")
    history.add("ExecutionSucceeded", at=5, output="{}")
    geocoded.state_machines.histories[f"{RUNS}:run-1"] = history.events
    geocoded.state_machines.definitions[f"{RUNS}:run-1"] = {
        "StartAt": "RunPipeline",
        "States": {"RunPipeline": {"Type": "Task", "End": True}},
    }
    geocoded.now = 60
    text = text_of(make(geocoded, "run-1"))
    graphs = text[text.index('id="graph"') : text.index('id="timeline"')]
    assert re.findall(r"<summary>(.*)</summary>", graphs) == [
        "sagestep-run-pipeline",
        f"sagestep-geospatial / {ID}",
    ]
    timeline = text[text.index('id="timeline"') : text.index('id="steps"')]
    assert text.index('id="result"') < text.index('id="graph"')
    assert (
        timeline.index("RunPipeline") < timeline.index(f"sagestep-geospatial / {ID}") < timeline.index(STEP)
    )
    assert "Berlin" in text


def test_lines_of_several_instances_name_theirs(trained: World) -> None:
    assert "algo-1: reading wine.csv" not in text_of(make(trained, "train/run-1"))
    trained.logs.write("/aws/sagemaker/TrainingJobs", "sagestep-train-run-1/algo-2-1", "KeyError", at=2)
    text = text_of(make(trained, "train/run-1"))
    assert "algo-1: reading wine.csv" in text
    assert "algo-2: KeyError" in text


def test_metrics_come_with_every_value_of_the_jobs_log(trained: World) -> None:
    trained.jobs.descriptions["sagestep-train-run-1"] = {
        "TrainingJobName": "sagestep-train-run-1",
        "TrainingJobArn": "arn:aws:sagemaker:us-west-2:000000000000:training-job/sagestep-train-run-1",
        "AlgorithmSpecification": {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]},
        "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.25}],
    }
    stream = "sagestep-train-run-1/algo-1"
    trained.logs.write("/aws/sagemaker/TrainingJobs", stream, "loss=0.5", "loss=0.25", at=1)
    text = text_of(make(trained, "train/run-1"))
    assert "loss: 2 values, from 0.5 to 0.25" in text


def test_what_iam_denied_while_it_ran_is_told_with_its_cure(trained: World) -> None:
    assert 'id="permissions"' not in text_of(make(trained))
    trained.permissions_record = record()
    text = text_of(make(trained))
    assert "IAM denied 3 requests while this execution ran" in text
    assert "invoke permissions" not in text
