"""The main job, as a user does it: deploy, run, read the addresses, and what happens when a part fails."""

import csv
import json
import re
import signal
from pathlib import Path

import pytest

from tests.integration.executions import (
    SAMPLE,
    finish,
    send_as_pipeline,
    start_execution,
    status,
    step,
    unanswered,
)
from tests.integration.stack import Stack
from tests.integration.wire import eventually

pytestmark = pytest.mark.integration


def rows(path: Path) -> list[list[str]]:
    """Read a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_coordinates_become_addresses(deployed: Stack) -> None:
    before = set((deployed.state / "runs").glob("*/results_0.csv"))
    result = deployed.invoke("run-pipeline")
    assert "Anchorage" in result.output
    (saved,) = set((deployed.state / "runs").glob("*/results_0.csv")) - before
    assert str(saved) in result.output.replace("\n", "")
    given, answered = rows(SAMPLE), rows(saved)
    assert len(answered) == len(given)
    assert [row[:2] for row in answered] == given
    assert all(row[-1] == "Valid Data" for row in answered[1:])
    for name in ("vej-processing-step", "vej-callback-step", "export-vej-step", "export-vej-callback"):
        assert name in result.output


def test_each_run_gets_its_own_output(deployed: Stack, tmp_path: Path) -> None:
    paris, tokyo = tmp_path / "paris.csv", tmp_path / "tokyo.csv"
    paris.write_text("Longitude,Latitude,Name\n2.3522,48.8566,Tour Eiffel\n", encoding="utf-8")
    tokyo.write_text("Name,Longitude,Latitude\n東京タワー,139.7454,35.6586\n", encoding="utf-8")
    before = set((deployed.state / "runs").glob("*/results_0.csv"))
    runs = [deployed.start("run-pipeline", "--input", str(path)) for path in (paris, tokyo)]
    said = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    results = [rows(path) for path in set((deployed.state / "runs").glob("*/results_0.csv")) - before]
    found = {result[1][0]: result[1] for result in results}
    assert set(found) == {"2.3522", "東京タワー"}
    assert "FRA" in found["2.3522"]
    assert "JPN" in found["東京タワー"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("Longitude,Latitude\n", "no rows"),
        ("Longitude,Name\n1,x\n", "Latitude"),
        ("Longitude,Latitude\n1.5,2.5\n200,45\n", "line 3"),
        ("Longitude,Latitude\nnorth,45\n", "line 2"),
    ],
)
def test_a_malformed_file_is_refused_before_anything_is_uploaded(
    deployed: Stack, tmp_path: Path, content: str, reason: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(content, encoding="utf-8")
    bucket = deployed.output("bucket_name")
    before = deployed.s3.list_objects_v2(Bucket=bucket)["KeyCount"]
    result = deployed.invoke("run-pipeline", "--input", str(bad), expect=2)
    assert reason in result.output
    assert deployed.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == before


def test_a_function_that_raises_fails_its_step_with_its_message(deployed: Stack) -> None:
    execution = start_execution(deployed, parameter_vej_input_config="{not json")
    assert finish(deployed, execution) == "Failed"
    failed = step(deployed, execution, "vej-processing-step")
    assert failed["StepStatus"] == "Failed"
    assert "vej_input_config" in str(failed["FailureReason"])
    assert step(deployed, execution, "vej-callback-step") == {}
    described = deployed.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."


def test_a_missing_object_fails_the_job_and_the_step_that_waits_for_it(deployed: Stack) -> None:
    bucket = deployed.output("bucket_name")
    missing = {
        "DataSourceConfig": {"S3Data": {"S3Uri": f"s3://{bucket}/nothing/here.csv"}},
        "DocumentType": "CSV",
    }
    execution = start_execution(deployed, parameter_vej_input_config=json.dumps(missing))
    assert finish(deployed, execution) == "Failed"
    assert step(deployed, execution, "vej-processing-step")["StepStatus"] == "Succeeded"
    assert "nothing/here.csv" in str(step(deployed, execution, "vej-callback-step")["FailureReason"])
    shown = deployed.invoke("attach", "--execution", execution, expect=1)
    assert "nothing/here.csv" in shown.output.replace("\n", "")


def test_a_malformed_record_reaches_the_dead_letter_queue_and_holds_nothing_up(deployed: Stack) -> None:
    send_as_pipeline(deployed, "not a callback")
    deployed.invoke("run-pipeline")
    dead = deployed.output("dead_letter_queue_url")
    received = eventually(
        lambda: deployed.sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages", []),
        bool,
        seconds=90,
    )
    assert received[0].get("Body") == "not a callback"


def test_stopping_while_a_callback_waits(deployed: Stack) -> None:
    with unanswered(deployed) as execution:
        stopping = deployed.start("stop", "--execution", execution)
        eventually(lambda: status(deployed, execution), "Stopping".__eq__)
    output, _ = stopping.communicate(timeout=60)
    assert stopping.returncode == 0, output
    assert status(deployed, execution) == "Stopped"
    assert step(deployed, execution, "vej-callback-step")["StepStatus"] in {"Stopped", "Failed"}
    assert step(deployed, execution, "export-vej-step") == {}


def test_leaving_a_run_lets_it_go_on_and_says_how_to_come_back(deployed: Stack) -> None:
    with unanswered(deployed) as execution:
        attached = deployed.start("attach", "--execution", execution)
        assert attached.stdout is not None
        assert execution in attached.stdout.readline()  # it is following by now
        attached.send_signal(signal.SIGINT)
        output, _ = attached.communicate(timeout=30)
        assert attached.returncode == 130, output
        name = execution.rpartition("/")[2]
        assert f"invoke attach --execution {name}" in output
        assert f"invoke stop --execution {name}" in output
        assert status(deployed, execution) == "Executing"
    assert "Anchorage" in deployed.invoke("attach", "--execution", name).output


def test_a_deadline_ends_the_waiting_and_not_the_execution(deployed: Stack) -> None:
    with unanswered(deployed) as execution:
        late = deployed.invoke("attach", "--execution", execution, "--timeout", "1", expect=1)
        assert "did not end within 1 second" in late.output
        assert status(deployed, execution) == "Executing"
    assert finish(deployed, execution) == "Succeeded"


def test_down_names_what_still_runs_and_touches_nothing_unasked(deployed: Stack) -> None:
    with unanswered(deployed) as execution:
        asked = deployed.invoke("down", expect=2)  # no terminal to ask on, and no --yes
        assert execution.rpartition("/")[2] in asked.output
        assert "aws_sqs_queue" in asked.output
    assert finish(deployed, execution) == "Succeeded"


def test_the_function_logs_json_with_both_arns(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    group = f"/aws/lambda/{deployed.one_of('functions', 'geospatial')['name']}"
    events = deployed.logs.filter_log_events(logGroupName=group, filterPattern="vector-enrichment-job")[
        "events"
    ]
    lines = [json.loads(event["message"]) for event in events if event.get("message", "").startswith("{")]
    assert lines
    text = json.dumps(lines)
    assert re.search(r"arn:aws:sagemaker:us-west-2:\d{12}:pipeline/[^/]+/execution/[a-z0-9]{12}", text)
    assert re.search(
        r"arn:aws:sagemaker-geospatial:us-west-2:\d{12}:vector-enrichment-job/[a-z0-9]{12}", text
    )


def test_status_outputs_and_hello_tell_what_there_is(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    assert "Succeeded" in deployed.invoke("status").output
    assert deployed.output("queue_url") in deployed.invoke("outputs").output.replace("\n", "")
    assert "notebook" in deployed.invoke("hello").output.lower()
