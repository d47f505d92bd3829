"""`invoke permissions`: what the local cloud recorded of a deployment and its runs, and what IAM answers."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driver.aws.permissions import fetch_record
from driver.commands.doctor.deployer import POLICY_FILE
from driver.commands.permissions import of_deployer
from driver.inspection.permissions.decisions import read_decisions
from driver.model.values import Keys
from localcloud.iam.checking import findings, unchecked
from tests.integration.stack import UP_ENDED, Stack
from tests.policies.grants import grants_of, read_policies, read_proven, read_reasons, unsupported
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


def test_the_committed_list_has_every_action_that_up_asks_for(deployed: Stack) -> None:
    keys = Keys(deployed.keys.access_key_id, deployed.keys.secret_access_key)
    record = read_decisions(fetch_record(deployed.endpoint, "us-west-2", keys))
    ended = datetime.fromtimestamp((deployed.home / UP_ENDED).stat().st_mtime, UTC)
    asked = {decided.action for decided in of_deployer(record) if decided.first <= ended}
    assert len(asked) > 70
    assert asked <= {action for statement in _needed() for action in statement["Action"]}


def test_doctor_names_what_a_user_of_the_account_lacks(deployed: Stack, tmp_path: Path) -> None:
    """The local cloud in AWS's place: its IAM answers SimulatePrincipalPolicy."""
    iam, name = deployed.client("iam"), "deployer-without-queues"
    text = json.dumps({"Version": "2012-10-17", "Statement": _needed()}).replace("${name_prefix}", "sagestep")
    simulate = {"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}
    simulating = json.dumps({"Version": "2012-10-17", "Statement": simulate})
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    written = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    (tmp_path / "credentials.json").write_text(json.dumps(written))
    theirs = Stack(tmp_path, deployed.port, target="aws", cloud_state=tmp_path)

    def found() -> tuple[str, str]:
        output = theirs.invoke("doctor", "--json", expect=None).output
        told = valid("doctor", output[output.index("{") :])
        (check,) = (check for check in told["checks"] if check["name"] == "permissions")
        return check["verdict"], check["found"]

    verdict, said = found()
    assert (verdict, "not asked" in said, "iam:SimulatePrincipalPolicy" in said) == ("pass", True, True)
    iam.put_user_policy(UserName=name, PolicyName="simulate", PolicyDocument=simulating)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text.replace("sqs:", "sns:"))
    verdict, said = found()
    assert (verdict, "lacks sqs:CreateQueue, sqs:DeleteQueue" in said, "sns:" in said) == (
        "fail",
        True,
        False,
    )
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text)
    assert found()[0] == "pass"


def _needed() -> list[dict[str, Any]]:
    policies = json.loads(POLICY_FILE.read_text(encoding="utf-8"))
    return [statement for policy in policies for statement in policy["Statement"]]


def test_every_policy_of_the_deployment_grants_what_it_says(deployed: Stack) -> None:
    """Trust policies, roles' own, and those of queues, topics and functions, against AWS's reference."""
    policies = {**_policies_of_roles(deployed), **_policies_of_resources(deployed)}
    assert len(policies) > 20
    assert {name: found for name, text in policies.items() if (found := findings(text))} == {}
    assert {service for text in policies.values() for service in unchecked(text)} == set()


def test_every_action_that_is_granted_is_shown_by_a_run_or_has_a_reason(deployed: Stack) -> None:
    """What `make prove-policies` recorded, and the list of reasons: a new grant needs one or the other."""
    granted = grants_of(read_policies(deployed.client("iam"), deployed.output("name_prefix")))
    proven, reasons = read_proven(), read_reasons()
    assert unsupported(granted, proven, reasons) == []
    assert set(proven) - set(granted) == set()
    assert [reason for reason in reasons if not any(map(reason.is_for, granted))] == []


def _policies_of_roles(stack: Stack) -> dict[str, str]:
    iam, found = stack.client("iam"), {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        found[f"trust of {name}"] = json.dumps(role["AssumeRolePolicyDocument"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found[f"{policy} of {name}"] = json.dumps(document)
    return found


def _policies_of_resources(stack: Stack) -> dict[str, str]:
    found = {}
    for queue in stack.sqs.list_queues().get("QueueUrls", []):
        attributes = stack.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])
        if "Policy" in attributes.get("Attributes", {}):
            found[queue] = attributes["Attributes"]["Policy"]
    for topic in stack.sns.list_topics()["Topics"]:
        arn = topic["TopicArn"]
        found[arn] = stack.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    for function in stack.functions.list_functions()["Functions"]:
        with suppress(stack.functions.exceptions.ResourceNotFoundException):
            name = function["FunctionName"]
            found[name] = stack.functions.get_policy(FunctionName=name)["Policy"]
    return found
