"""Definitions checked without a cloud: as the driver asks, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localcloud.localstack.check import check_all

ROOT = Path(__file__).resolve().parents[4]
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {}, "End": True}


def machine(**task: object) -> dict[str, str]:
    return {
        "kind": "state_machine",
        "text": json.dumps({"StartAt": "Do", "States": {"Do": {**TASK, **task}}}),
    }


def pipeline(*steps: object) -> dict[str, str]:
    return {"kind": "pipeline", "text": json.dumps({"Version": "2020-12-01", "Steps": steps})}


def test_another_program_asks_over_standard_input_and_gets_an_answer_for_each_definition() -> None:
    fail = {"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
    asked = [pipeline(fail), pipeline({**fail, "Type": "Sleep"}), machine(), machine(Next="There")]
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.localstack.check"],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    right, wrong, runs, leads_nowhere = json.loads(done.stdout)
    assert right == runs == []
    assert "Step 'stop'" in wrong[0]["message"]
    assert leads_nowhere[0]["location"].startswith("/States/Do")


@pytest.mark.parametrize(
    ("resource", "is_known"),
    [
        ("arn:aws:states:::lambda:invoke", True),
        ("arn:aws:states:::lambda:invok", False),
        ("arn:aws:states:::sagemaker:createModel", True),
        ("arn:aws:states:::aws-sdk:s3:listBuckets", True),
        ("arn:aws:states:::aws-sdk:s3:listBuckts", False),
        ("arn:aws:states:::aws-sdk:sfn:describeExecution", True),  # botocore calls it otherwise
    ],
)
def test_what_a_task_calls_is_known_from_botocores_models(resource: str, is_known: bool) -> None:
    parameters: dict[str, Any] = {"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r"}
    (found,) = check_all([machine(Resource=resource, Parameters=parameters)])
    assert any("is not recognized" in one["message"] for one in found) is not is_known


def test_an_unknown_kind_is_no_silence() -> None:
    with pytest.raises(KeyError):
        check_all([{"kind": "picture", "text": "{}"}])
