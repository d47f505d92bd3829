"""Denials word for word as AWS's are recorded in public repositories; accounts and names are others."""

import json

import pytest

from localcloud.iam.evaluation import Asked, evaluate
from localcloud.iam.policies import Policy, parse_policy
from localcloud.iam.principals import principal_context
from localcloud.iam.reasons import reason_of

ACCOUNT = "123456789012"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/team/limits"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
NO_ALLOW = "because no {} allows the {} action"


def policy(name: str, effect: str = "Allow", action: str = "*", **members: object) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": "*", **members}
    return parse_policy(name, "", json.dumps({"Version": "2012-10-17", "Statement": statement}))


def told(action: str, resource: str, identity: list[Policy], **others: Policy | list[Policy]) -> str:
    asked = Asked(ANN, action, resource, principal_context(ANN))
    verdict = evaluate(asked, identity, **others)  # type: ignore[arg-type]
    said = reason_of(asked, verdict)
    return said.removeprefix(f"User: {ANN} is not authorized to perform: {action} on resource: ")


EVERYTHING = policy("all")
OF_OTHERS = policy("own", action="ec2:*")
DENIAL = policy("deny", "Deny", "sqs:*")
QUEUE = f"arn:aws:sqs:us-west-2:{ACCOUNT}:q"


@pytest.mark.parametrize(
    ("identity", "others", "because"),
    [
        ([], {}, NO_ALLOW.format("identity-based policy", "sqs:SendMessage")),
        (
            [EVERYTHING],
            {"boundary": OF_OTHERS},
            NO_ALLOW.format("permissions boundary", "sqs:SendMessage"),
        ),
        ([EVERYTHING], {"session": [OF_OTHERS]}, NO_ALLOW.format("session policy", "sqs:SendMessage")),
        ([EVERYTHING, DENIAL], {}, "with an explicit deny in an identity-based policy"),
        (
            [EVERYTHING, policy(MANAGED, "Deny")],
            {},
            f"with an explicit deny in an identity-based policy: {MANAGED}",
        ),
        (
            [policy(QUARANTINE, "Deny")],
            {},
            f"with an explicit deny in an identity-based policy: {QUARANTINE}",
        ),
        (
            [EVERYTHING],
            {"boundary": policy(MANAGED, "Deny")},
            f"with an explicit deny in a permissions boundary: {MANAGED}",
        ),
        ([EVERYTHING], {"session": [DENIAL]}, "with an explicit deny in a session policy"),
        (
            [EVERYTHING],
            {"resource_policy": policy(QUEUE, "Deny", Principal="*")},
            "with an explicit deny in a resource-based policy",
        ),
    ],
)
def test_each_kind_of_denial_names_the_kind_of_policy(
    identity: list[Policy], others: dict[str, Policy | list[Policy]], because: str
) -> None:
    assert told("sqs:SendMessage", QUEUE, identity, **others) == f"{QUEUE} {because}"


@pytest.mark.parametrize(
    ("action", "resource", "named"),
    [
        ("s3:ListBucket", "arn:aws:s3:::data", '"arn:aws:s3:::data"'),
        ("iam:GetRole", f"{ROLE}/path/jobs", "role jobs"),
        ("iam:PutRolePolicy", f"{ROLE}/jobs", "role jobs"),
        ("iam:CreateRole", f"{ROLE}/jobs", f"{ROLE}/jobs"),
        ("iam:TagRole", f"{ROLE}/jobs", f"{ROLE}/jobs"),
        ("iam:PassRole", f"{ROLE}/jobs", f"{ROLE}/jobs"),
        ("iam:ListRoles", f"{ROLE}/", f"{ROLE}/"),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:iam::{ACCOUNT}:user/bob"),
        ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/bob", "user bob"),
        ("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/admins", "group admins"),
        ("iam:GetInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/web", "instance profile web"),
        ("iam:CreatePolicy", MANAGED, "policy limits"),
        ("iam:GetPolicy", MANAGED, f"policy {MANAGED}"),
        (
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-west-2:1:function:f",
            "arn:aws:lambda:us-west-2:1:function:f",
        ),
    ],
)
def test_the_resource_is_named_as_its_service_does(action: str, resource: str, named: str) -> None:
    assert told(action, resource, []) == f"{named} {NO_ALLOW.format('identity-based policy', action)}"
