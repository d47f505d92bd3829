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


VPC = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}


def test_fields_without_effect_are_warned_of_where_sagemaker_is_asked() -> None:
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/a"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "VpcConfig": VPC,
        "ProfilerConfig": {"DisableProfiler": True},
    }
    training = {"Name": "train", "Type": "Training", "Arguments": arguments}
    state = {
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": arguments | {"TrainingJobName": "j"},
    }
    of_lambda = {
        "Resource": "arn:aws:states:::aws-sdk:lambda:createFunction",
        "Parameters": {"VpcConfig": VPC, "FunctionName": "f", "Role": "r", "Code": {}},
    }
    of_pipeline, of_state, other = check_all([pipeline(training), machine(**state), machine(**of_lambda)])
    assert [(one["severity"], one["location"]) for one in of_pipeline] == [("WARNING", "")]
    assert "Step 'train' asks for VpcConfig, which has no effect" in of_pipeline[0]["message"]
    (warning,) = [one for one in of_state if one["severity"] == "WARNING"]
    assert warning["location"] == "/States/Do/Parameters/VpcConfig"
    assert not [one for one in other if one["severity"] == "WARNING"]


def test_the_names_of_others_are_no_fields_without_effect() -> None:
    """Keys of maps, inputs of functions in branches, and what a state makes of an answer."""
    own = {"ExperimentConfig": {"ExperimentName": "e"}}
    arguments = {
        "AppSpecification": {"ImageUri": "image"},
        "Environment": {"VolumeKmsKeyId": "key"},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
        },
        "RoleArn": "arn:aws:iam::123456789012:role/r",
    }
    process = {"Name": "process", "Type": "Processing", "Arguments": arguments}
    function = {
        "Name": "function", "Type": "Lambda", "Arguments": own, "OutputParameters": [],
        "FunctionArn": "arn:aws:lambda:us-west-2:123456789012:function:f",
    }  # fmt: skip
    other = process | {"Name": "other", "Arguments": arguments | own}
    branches = {
        "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
        "IfSteps": [process, function],
        "ElseSteps": [other],
    }
    state = {
        "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
        "Parameters": arguments | {"ProcessingJobName": "j"},
        "ResultSelector": own,
    }
    condition = {"Name": "choose", "Type": "Condition", "Arguments": branches}
    of_pipeline, of_state = check_all([pipeline(condition), machine(**state)])
    assert [one["message"].partition(",")[0] for one in of_pipeline] == [
        "Step 'other' asks for ExperimentConfig"
    ]
    assert not of_state
