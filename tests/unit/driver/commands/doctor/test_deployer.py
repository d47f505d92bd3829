"""What IAM's simulation says of the deployer, told as a finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from driver.aws.permissions import Roles, Simulated
from driver.commands.doctor.checkup import Finding, Verdict
from driver.commands.doctor.deployer import check_deployer, read_needs
from driver.model.values import Identity

ANN = "arn:aws:iam::123456789012:user/ann"
SESSION = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1/ann"
ROLE = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"


def identity(arn: str) -> Identity:
    return Identity("123456789012", arn)


def denied(operation: str) -> ClientError:
    error: Any = {"Code": "AccessDenied", "Message": f"not authorized to perform: iam:{operation}"}
    return ClientError({"Error": error}, operation)


@dataclass
class FakeRoles(Roles):
    """IAM, which allows all but some actions."""

    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: ClientError | None = None
    path_is_known: bool = True
    asked: list[tuple[str, str, str, Mapping[str, str]]] = field(default_factory=list)

    def arn(self, role: str) -> str:
        if not self.path_is_known:
            raise denied("GetRole")
        return ROLE

    def simulate(
        self, arn: str, actions: Sequence[str], resources: Sequence[str], context: Mapping[str, str] = {}
    ) -> list[Simulated]:
        if self.error:
            raise self.error
        self.asked += [(arn, action, resource, context) for action in actions for resource in resources]
        allowed = {"decision": "allowed", "policies": (), "missing_context": ()}
        return [Simulated(action=action, **{**allowed, **self.results.get(action, {})}) for action in actions]


def check(roles: FakeRoles, arn: str = ANN) -> Finding:
    return check_deployer(roles, identity(arn), "eu-west-1", "demo")


def test_what_is_needed_is_asked_for_names_account_and_region_of_the_deployment() -> None:
    roles = FakeRoles()
    found = check(roles)
    assert found.verdict is Verdict.PASS, found
    resources = {(action, resource) for _, action, resource, _ in roles.asked}
    assert ("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:123456789012:demo-*") in resources
    assert ("s3:CreateBucket", "arn:aws:s3:::demo-*") in resources
    assert ("iam:CreateRole", "arn:aws:iam::123456789012:role/demo-*") in resources
    assert not any("$" in resource for _, resource in resources)


def test_a_role_is_passed_to_each_service_that_takes_one() -> None:
    roles = FakeRoles()
    check(roles)
    contexts = [context for _, action, _, context in roles.asked if action == "iam:PassRole"]
    assert {context["iam:PassedToService"].partition(".")[0] for context in contexts} == {
        "lambda",
        "sagemaker",
        "states",
    }
    assert {context["aws:RequestedRegion"] for context in contexts} == {"us-east-1"}


def test_actions_that_are_missing_are_named_before_terraform_starts() -> None:
    lacking = {"decision": "implicitDeny"}
    found = check(FakeRoles({"sqs:CreateQueue": lacking, "iam:CreateRole": lacking}))
    assert found.verdict is Verdict.FAIL
    assert f"{ANN} lacks iam:CreateRole, sqs:CreateQueue, of " in found.found
    assert "invoke permissions --deployer" in found.cure


@pytest.mark.parametrize("limit", ["the permissions boundary", "a policy of the organization"])
def test_what_limits_the_deployer_besides_is_named(limit: str) -> None:
    found = check(FakeRoles({"sqs:CreateQueue": {"decision": "implicitDeny", "limit": limit}}))
    assert limit in found.found


def test_a_condition_that_a_simulation_cannot_know_is_no_failure() -> None:
    unknown = {"decision": "implicitDeny", "missing_context": ("aws:PrincipalTag/team",)}
    found = check(FakeRoles({"sqs:CreateQueue": unknown}))
    assert found.verdict is Verdict.WARN
    assert "sqs:CreateQueue" in found.found
    assert "aws:PrincipalTag/team" in found.found


def test_many_missing_actions_are_counted() -> None:
    roles = FakeRoles()
    check(roles)
    every = {action for _, action, _, _ in roles.asked}
    found = check(FakeRoles({action: {"decision": "explicitDeny"} for action in every}))
    assert f"and {len(every) - 20} more, of {len(every)} actions" in found.found


def test_who_may_not_simulate_is_told_so_and_nothing_has_failed() -> None:
    found = check(FakeRoles(error=denied("SimulatePrincipalPolicy")))
    assert found.verdict is Verdict.PASS
    assert "not asked" in found.found
    assert "iam:SimulatePrincipalPolicy" in found.found


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:iam::123456789012:root", "may do everything"),
        ("arn:aws:sts::123456789012:federated-user/ann", "not asked"),
    ],
)
def test_who_has_no_policies_of_their_own_is_not_simulated(arn: str, said: str) -> None:
    roles = FakeRoles()
    found = check(roles, arn)
    assert (found.verdict, said in found.found, roles.asked) == (Verdict.PASS, True, [])


def test_the_role_of_a_session_is_simulated_with_its_path_where_that_is_known() -> None:
    roles = FakeRoles()
    check(roles, SESSION)
    assert {arn for arn, *_ in roles.asked} == {ROLE}
    other = FakeRoles(path_is_known=False)
    check(other, SESSION)
    assert {arn for arn, *_ in other.asked} == {"arn:aws:iam::123456789012:role/AWSReservedSSO_Admin_1"}


def test_other_partitions_have_their_own_arns() -> None:
    policies = [{"Statement": [{"Action": ["sns:CreateTopic"], "Resource": ["arn:aws:sns:*:*:x-*"]}]}]
    (need,) = read_needs(policies, "x", Identity("1", "arn:aws-us-gov:iam::1:user/a"), "us-gov-west-1")
    assert need.resources == ("arn:aws-us-gov:sns:us-gov-west-1:1:x-*",)
