"""Looking at a deployment, for people and for programs: what is there, what would change, what is missing."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integration.stack import ROOT, Stack

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Told:
    """What a command told programs (the document) and people (the rest), and how it ended."""

    code: int
    document: dict[str, Any]
    errors: str


@cache
def schema(name: str) -> Draft202012Validator:
    path = ROOT / "driver/commands/schemas" / f"{name}.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def ask(stack: Stack, task: str, *arguments: str, **more: str) -> Told:
    """Run a reading task as a program does; its standard output is one document that fits the schema."""
    done = subprocess.run(
        [sys.executable, "-m", "invoke", task, "--json", *arguments],
        cwd=ROOT,
        env=stack.environment | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    schema(task).validate(document)
    return Told(done.returncode, document, done.stderr)


def test_status_names_every_resource_of_the_state(deployed: Stack) -> None:
    told = ask(deployed, "status")
    state = json.loads((deployed.state / "terraform.tfstate").read_text())
    managed = [resource for resource in state["resources"] if resource["mode"] == "managed"]
    assert told.code == 0
    assert told.document["is_complete"]
    assert len(told.document["resources"]) == sum(len(resource["instances"]) for resource in managed)
    arns = {resource["arn"] for resource in told.document["resources"]}
    assert deployed.one_of("pipelines", "geospatial")["arn"] in arns
    assert told.document["deployment"]["endpoint_url"] == deployed.endpoint


def test_executions_are_told_with_their_times(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    newest = ask(deployed, "executions", "--limit", "1").document["executions"][0]
    assert newest["status"] == "SUCCEEDED"
    began, ended = (datetime.fromisoformat(newest[when]) for when in ("started", "ended"))
    assert began.utcoffset() is not None
    assert newest["seconds"] == pytest.approx((ended - began).total_seconds())
    assert newest["arn"].startswith("arn:aws:states:")


@pytest.mark.parametrize("task", ["outputs", "hello", "workflows", "config"])
def test_other_reading_tasks_are_documents_too(deployed: Stack, task: str) -> None:
    assert ask(deployed, task).code == 0


def test_the_doctor_finds_nothing_wrong(deployed: Stack) -> None:
    told = ask(deployed, "doctor")
    verdicts = {check["name"]: check["verdict"] for check in told.document["checks"]}
    assert told.code == 0, told.document
    assert told.document["is_ready"]
    assert {verdicts[name] for name in ("Terraform", "provider", "local cloud", "deployment")} == {"pass"}


def test_the_doctor_says_what_is_missing_for_aws(deployed: Stack) -> None:
    """There are no credentials here, and none are looked for elsewhere."""
    nobody = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PROFILE": "",
    }
    told = ask(deployed, "doctor", "--target", "aws", **nobody)
    failed = {check["name"]: check for check in told.document["checks"] if check["verdict"] == "fail"}
    assert told.code == 3
    assert set(failed) == {"account"}
    assert "aws configure" in failed["account"]["cure"]


def test_a_plan_says_what_would_be_changed_back(deployed: Stack) -> None:
    """What somebody changed by hand; at the end nothing is changed: it was only a plan."""
    url = deployed.output("queue_url")
    before = deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7"})
    try:
        told = ask(deployed, "plan")
        assert deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])[
            "Attributes"
        ] == {"DelaySeconds": "7"}
    finally:
        deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)
    assert told.code == 2
    queue = "module.queue.aws_sqs_queue.this"
    (change,) = (change for change in told.document["changes"] if change["address"] == queue)
    assert change["action"] == "update"
    assert change["attributes"] == [{"name": "delay_seconds", "before": "7", "after": "0", "differences": []}]
    assert queue in {drift["address"] for drift in told.document["drift"]}


def test_wrong_use_of_plan_is_no_change(deployed: Stack) -> None:
    """Exit code 2 is taken: it means that something would change."""
    result = deployed.invoke("plan", "--target", "moon", expect=1)
    assert "--target" in result.output
