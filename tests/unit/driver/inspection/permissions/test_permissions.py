"""What is granted, what was used, and what would cure a denial."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driver.inspection.permissions.cures import cures, deployer_policies
from driver.inspection.permissions.decisions import Decided, Decision, Period, read_decisions, unused
from driver.inspection.permissions.grants import read_grants

ROLE = "arn:aws:iam::000000000000:role/app-start"
QUEUE = "arn:aws:sqs:us-west-2:000000000000:app-callback"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Send", "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:Get*"], "Resource": QUEUE},
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "S3:getobject", "Resource": ["arn:aws:s3:::a/*"]},
    ],
}
LACKING = "User: x is not authorized because no identity-based policy allows the {} action"


def row(action: str, decision: Decision = Decision.ALLOWED, **members: object) -> dict[str, object]:
    told: dict[str, object] = {
        "principal": ROLE,
        "session": "app-start",
        "action": action,
        "resource": QUEUE,
        "decision": decision.value,
        "reason": LACKING.format(action),
        "statements": [],
        "missing_context": [],
        "count": 2,
        "first": NOON.timestamp(),
        "last": NOON.timestamp() + 60,
    }
    return told | members


def decided(*rows: dict[str, object]) -> list[Decided]:
    return read_decisions({"decisions": list(rows)})


def by(index: int) -> list[dict[str, object]]:
    return [{"policy": "own", "type": "identity-based policy", "index": index, "sid": ""}]


def statements(*policies: Any) -> list[dict[str, Any]]:
    return [statement for policy in policies for statement in policy["Statement"]]


def test_each_action_of_a_statement_that_allows_is_a_grant() -> None:
    grants = read_grants({"own": POLICY})
    assert [(grant.sid, grant.action, grant.index) for grant in grants] == [
        ("Send", "sqs:SendMessage", 0),
        ("Send", "sqs:Get*", 0),
        ("", "S3:getobject", 2),
    ]
    single = {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}
    assert [grant.action for grant in read_grants({"own": single})] == ["*"]


def test_a_grant_is_used_where_its_statement_allowed_its_action() -> None:
    grants = read_grants({"own": POLICY})
    used = decided(
        row("sqs:GetQueueUrl", statements=by(0)),
        row("s3:GetObject", statements=by(2)),
        row("sqs:SendMessage", Decision.IMPLICIT_DENY),
        row("sqs:SendMessage", statements=[{**by(0)[0], "policy": "another"}]),
    )
    assert [grant.action for grant in unused(grants, used)] == ["sqs:SendMessage"]


def test_denials_of_one_resource_are_cured_by_one_statement() -> None:
    (cure,) = cures(
        decided(
            row("sqs:SendMessage", Decision.IMPLICIT_DENY), row("sqs:GetQueueUrl", Decision.IMPLICIT_DENY)
        )
    )
    assert cure.statement() == {
        "Sid": "GetQueueUrlSendMessage",
        "Effect": "Allow",
        "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"],
        "Resource": QUEUE,
    }
    actions = '["sqs:GetQueueUrl", "sqs:SendMessage"]'
    assert cure.hcl() == f'GetQueueUrlSendMessage = {{ actions = {actions}, resources = ["{QUEUE}"] }}'


@pytest.mark.parametrize(
    "members",
    [
        {"decision": "explicitDeny", "reason": "with an explicit deny in an identity-based policy"},
        {"reason": "because no permissions boundary allows the sqs:SendMessage action"},
        {"reason": "because no session policy allows the sqs:SendMessage action"},
        {"principal": "sns.amazonaws.com", "reason": "because no resource-based policy allows"},
    ],
)
def test_what_no_statement_of_the_role_cures_has_no_cure(members: dict[str, object]) -> None:
    assert cures(decided(row("sqs:SendMessage", Decision.IMPLICIT_DENY) | members)) == []


def test_an_execution_has_what_was_asked_while_it_ran() -> None:
    (asked,) = decided(row("sqs:SendMessage"))
    minute = timedelta(minutes=1)
    assert Period(NOON - minute).overlaps(asked)
    assert Period(NOON - minute, NOON).overlaps(asked)
    assert not Period(NOON - 2 * minute, NOON - minute).overlaps(asked)
    assert not Period(NOON + 2 * minute).overlaps(asked)


def test_the_deployers_policy_names_each_action_once_and_is_split_at_the_limit() -> None:
    rows = [
        row(f"s3:Action{number}", resource=f"arn:aws:s3:::bucket-{number}/{'x' * 50}")
        for number in range(100)
    ]
    policies = deployer_policies(decided(*rows), "app")
    assert len(policies) > 1
    assert all(len(json.dumps(policy, separators=(",", ":"))) <= 6144 for policy in policies)
    assert sorted(action for each in statements(*policies) for action in each["Action"]) == sorted(
        f"s3:Action{number}" for number in range(100)
    )


@pytest.mark.parametrize(
    ("resource", "written"),
    [
        (
            "arn:aws:states:us-west-2:000000000000:execution:app-run-pipeline:run-20261127T040231-40c3ed",
            "arn:aws:states:*:*:execution:app-*",
        ),
        ("arn:aws:s3:::app-000000000000-us-west-2/outputfiles/*", "arn:aws:s3:::app-*"),
        ("arn:aws:iam::000000000000:role/app-start", "arn:aws:iam::*:role/app-*"),
        ("arn:aws:iam::000000000000:role/other", "arn:aws:iam::*:role/other"),
        ("*", "*"),
    ],
)
def test_the_deployers_policy_holds_for_the_projects_names_in_any_account(
    resource: str, written: str
) -> None:
    (policy,) = deployer_policies(decided(row("states:DescribeExecution", resource=resource)), "app")
    (statement,) = statements(policy)
    assert statement["Resource"] == [written]
