"""`invoke logs` of real executions: what is theirs and nothing of others', errors, following to the end."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.runs import finish_run, pipeline_of, start_run
from tests.integration.stack import ROOT, Stack
from tests.integration.workflow_runs import Followed

pytestmark = pytest.mark.integration

FUNCTIONS = {"start_pipeline", "geospatial", "answer_task"}


def read(stack: Stack, *flags: str) -> dict[str, Any]:
    """Give the document that a program reads."""
    command = [sys.executable, "-m", "invoke", "logs", "--json", *flags]
    ended = subprocess.run(
        command, check=False, cwd=ROOT, env=stack.environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def test_two_runs_side_by_side_have_the_lines_of_all_functions_and_each_its_own(deployed: Stack) -> None:
    runs = [start_run(deployed) for _ in range(2)]
    for run in runs:
        finish_run(deployed, run)
    documents = [read(deployed, "--execution", run) for run in runs]
    for document, run, other in zip(documents, runs, runs[::-1], strict=True):
        assert document["execution"] == run
        assert {event["source"] for event in document["events"]} == FUNCTIONS
        text = "\n".join(event["message"] for event in document["events"])
        assert pipeline_of(deployed, run) in text
        assert other not in text
        assert pipeline_of(deployed, other) not in text
        times = [event["time"] for event in document["events"]]
        assert times == sorted(times)
    mine, theirs = ({(e["stream"], e["message"]) for e in d["events"]} for d in documents)
    assert not mine & theirs


def test_a_failed_run_has_its_errors_from_the_function_to_the_state_machine(deployed: Stack) -> None:
    run = start_run(deployed, parameter_vej_input_config="{not json")
    finish_run(deployed, run)
    events = read(deployed, "--execution", run, "--errors")["events"]
    errors = [event for event in events if event["is_error"]]
    assert {"geospatial", "run_pipeline"} <= {event["source"] for event in errors}
    assert any("vej_input_config" in event["message"] for event in errors)


def test_following_a_training_job_that_fails_ends_with_its_message(deployed: Stack) -> None:
    followed = Followed.start(deployed, "train", hyperparameters={"n-estimators": "many"})
    following = deployed.start("logs", "--execution", followed.arn, "--follow", "--errors")
    shown, _ = following.communicate(timeout=60)
    assert following.returncode == 0, shown
    assert followed.end().code == 1
    said = [line for line in shown.splitlines() if "n-estimators" in line]
    assert any("✗" in line and "sagestep-train-" in line.split()[1] for line in said), shown
    lines = shown.splitlines()
    assert len(lines) == len(set(lines)), shown
    job = followed.arn.rpartition(":")[2]
    again = read(deployed, "--job", f"sagestep-train-{job}", "--errors")
    assert any("n-estimators" in event["message"] for event in again["events"] if event["is_error"])
