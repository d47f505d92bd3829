"""`invoke permissions`: what the local cloud recorded of a deployment and its runs, and what IAM answers."""

import json

import pytest

from tests.integration.stack import Stack
from tests.unit.driver.documents import valid

pytestmark = pytest.mark.integration


def test_what_a_run_used_is_told_of_its_role(deployed: Stack) -> None:
    deployed.invoke("run-pipeline")
    told = valid("permissions", deployed.invoke("permissions", "--json", "--role", "start-pipeline").output)
    (role,) = told["roles"]
    assert told["mode"] == "enforce"
    used = {decided["action"] for decided in role["decisions"] if decided["decision"] == "allowed"}
    assert "sagemaker:StartPipelineExecution" in used
    unused = {grant["action"] for grant in role["unused"]}
    assert "sagemaker:StartPipelineExecution" not in unused
    assert unused < {grant["action"] for grant in role["grants"]}


def test_iam_is_asked_about_one_action(deployed: Stack) -> None:
    arn = deployed.one_of("pipelines", "geospatial")["arn"]
    check = ("permissions", "--role", "start-pipeline", "--resource", arn, "--check")
    allowed = deployed.invoke(*check, "sagemaker:StartPipelineExecution", "--json").output
    assert valid("permissions", allowed)["check"]["decision"] == "allowed"
    assert "No statement" in deployed.invoke(*check, "sagemaker:DeletePipeline").output


def test_the_deployers_policy_has_what_terraform_asked_for(deployed: Stack) -> None:
    written = json.loads(deployed.invoke("permissions", "--deployer").output)
    statements = written["Statement"]
    actions = {action for statement in statements for action in statement["Action"]}
    assert {"iam:CreateRole", "iam:PassRole", "sqs:CreateQueue", "sagemaker:CreatePipeline"} <= actions
    assert len(json.dumps(written, separators=(",", ":"))) <= 6144
