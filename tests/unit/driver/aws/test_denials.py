import json

import pytest

from driver.aws.denials import cure_of

SESSION = "arn:aws:sts::123456789012:assumed-role/worker/job-1"
USER = "arn:aws:iam::123456789012:user/ann"
QUEUE = "arn:aws:sqs:us-west-2:123456789012:q"
ROLE = "arn:aws:iam::123456789012:role/r"


def denied(who: str, action: str, resource: str, lacking: str) -> str:
    told = f"User: {who} is not authorized to perform: {action} on resource: {resource}"
    return f"{told} because no {lacking} allows the {action} action"


@pytest.mark.parametrize(
    ("message", "place", "statement"),
    [
        (
            denied(SESSION, "sqs:SendMessage", QUEUE, "identity-based policy"),
            "an identity-based policy of worker",
            {"Action": "sqs:SendMessage", "Resource": QUEUE},
        ),
        (
            denied(USER, "s3:GetObject", '"arn:aws:s3:::data/a"', "resource-based policy"),
            "a resource-based policy",
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/a", "Principal": {"AWS": USER}},
        ),
        (
            denied(USER, "sts:AssumeRole", ROLE, "role trust policy"),
            "a role trust policy",
            {"Action": "sts:AssumeRole", "Principal": {"AWS": USER}},
        ),
        (
            denied(USER, "iam:GetRole", "role jobs", "identity-based policy"),
            "an identity-based policy of ann",
            {"Action": "iam:GetRole", "Resource": "arn:aws:iam::123456789012:role/jobs"},
        ),
        (
            denied(USER, "iam:GetInstanceProfile", "instance profile web", "identity-based policy"),
            "an identity-based policy of ann",
            {
                "Action": "iam:GetInstanceProfile",
                "Resource": "arn:aws:iam::123456789012:instance-profile/web",
            },
        ),
        (
            f"User: {USER} is not authorized to perform: iam:ListUsers",
            "an identity-based policy of ann",
            {"Action": "iam:ListUsers", "Resource": "*"},
        ),
    ],
)
def test_the_statement_that_would_help(message: str, place: str, statement: dict[str, object]) -> None:
    told, _, written = cure_of(message).partition(": ")
    assert told == f"It needs this statement in {place}"
    assert json.loads(written) == {"Effect": "Allow", **statement}


def test_an_explicit_deny_is_named() -> None:
    message = (
        f"User: {USER} is not authorized to perform: sqs:SendMessage on resource: {QUEUE} "
        "with an explicit deny in a resource-based policy"
    )
    assert (
        cure_of(message) == "Change the statement that denies sqs:SendMessage in the resource-based policy."
    )


def test_an_explicit_deny_is_named_with_the_policy_that_has_it() -> None:
    message = (
        f"User: {USER} is not authorized to perform: sqs:SendMessage on resource: {QUEUE} with an explicit "
        "deny in a permissions boundary: arn:aws:iam::123456789012:policy/limits."
    )
    assert cure_of(message) == (
        "Change the statement that denies sqs:SendMessage in the permissions boundary "
        "arn:aws:iam::123456789012:policy/limits."
    )


def test_another_message_tells_no_statement() -> None:
    assert cure_of("Access Denied") == "Ask for that permission, or use other credentials."
