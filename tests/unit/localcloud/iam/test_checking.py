"""Policies against AWS's reference: what never grants anything is found, what grants is left alone."""

import json
from pathlib import Path

import pytest

from localcloud.iam.__main__ import main
from localcloud.iam.checking import findings, unchecked
from localcloud.iam.overlaps import overlaps

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
BUCKET = "arn:aws:s3:::data"
BUCKET_ACTIONS = ["s3:ListBucket", "s3:GetBucketLocation"]
ROLE = "arn:aws:iam::123456789012:role/team/r"
INSTANCE = "arn:aws:ec2:eu-west-1:123456789012:instance/i"
TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}


def policy(action: object, resource: object = "*", **more: object) -> str:
    statement = {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def conditions(operator: str, key: str) -> dict[str, object]:
    return {"Condition": {operator: {key: "x"}}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not in the valid JSON format"),
        (policy("SendMessage"), "not of the form service:Name"),
        (policy("sqs:SendMessages", QUEUE), "Is sqs:SendMessage meant?"),
        (policy("s3:Fetch*", BUCKET), "No action is named s3:Fetch*"),
        (policy("s3:ListBucket", f"{BUCKET}/*"), "s3:ListBucket acts on none of its resources, but on"),
        (policy("s3:GetObject", BUCKET), "s3:GetObject acts on none"),
        (policy(["s3:GetObject", "s3:ListBucket"], f"{BUCKET}/*"), "s3:ListBucket acts on none"),
        (policy("sqs:SendMessage", [QUEUE, BUCKET]), f"None of its actions acts on the resource {BUCKET}"),
        (policy("sqs:SendMessage", QUEUE.replace("sqs", "sns")), "sqs:SendMessage acts on none"),
        (policy("ecr:GetAuthorizationToken", "arn:aws:ecr:eu-west-1:123456789012:repository/r"), "but on *"),
        (policy("states:StartExecution", "arn:aws:states:eu-west-1:1:execution:m:*"), "acts on"),
        (policy("sqs:SendMessage", QUEUE, **conditions("StringEquals", "sqs:Colour")), "sqs:Colour"),
        (policy("s3:GetObject", f"{BUCKET}/*", **conditions("StringLike", "s3:prefix")), "s3:prefix"),
        (
            policy(BUCKET_ACTIONS, BUCKET, **conditions("StringLike", "s3:prefix")),
            "s3:GetBucketLocation does not have the condition key s3:prefix",
        ),
        (policy("sqs:SendMessage", QUEUE, **conditions("Odd", "aws:SourceArn")), "operator 'Odd'"),
        (policy("sqs:SendMessage", QUEUE, **conditions("StringEquals", "aws:SourceArms")), "aws:SourceArms"),
    ],
)  # fmt: skip
def test_what_never_grants_is_found(text: str, words: str) -> None:
    (found,) = findings(text)
    assert words in found


@pytest.mark.parametrize(
    "text",
    [
        policy("*"),
        policy("s3:*", [BUCKET, f"{BUCKET}/*"]),
        policy("s3:*Object", f"{BUCKET}/${{aws:username}}/*"),
        policy("S3:getobject", "arn:aws:s3:::*"),
        policy("s3:GetObject", "arn:aws:s3:::data*"),
        policy("logs:CreateLogGroup", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:*"),
        policy("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:f:*"),
        policy("sqs:SendMessage", QUEUE, **conditions("ArnLike", "aws:SourceArn")),
        policy("iam:PassRole", ROLE, **conditions("StringEquals", "iam:PassedToService")),
        policy(BUCKET_ACTIONS, BUCKET, **conditions("StringLikeIfExists", "s3:prefix")),
        policy("sqs:TagQueue", QUEUE, **conditions("StringEquals", "aws:RequestTag/team")),
        policy("ec2:Anything", INSTANCE, **conditions("StringEquals", "ec2:Region")),
        json.dumps({"Statement": TRUST | conditions("ArnLike", "aws:SourceArn")}),
        json.dumps({"Statement": {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": QUEUE}}),
    ],
)  # fmt: skip
def test_what_grants_is_left_alone(text: str) -> None:
    assert findings(text) == []


def test_services_that_the_reference_lacks_are_named() -> None:
    assert unchecked(policy(["ec2:RunInstances", "s3:GetObject", "*"])) == ["ec2"]


@pytest.mark.parametrize(
    ("resource", "template", "kind", "is_one"),
    [
        ("a*b", "a${X}b", "x", True),
        ("a*b", "a${X}c", "x", False),
        ("a?c", "abc", "x", True),
        ("a??c", "abc", "x", False),
        ("${aws:username}", "abc", "x", True),
        ("${*}", "abc", "x", False),
        ("a:b:z", "a:${X}:z", "x", True),
        ("a:b:c:z", "a:${X}:z", "x", False),
        ("a*z", "a:${X}:z", "x", True),
        ("n/m", "${Name}", "bucket", False),
        ("n/m", "${Name}", "role", True),
        ("*", "*", "", True),
        ("a*", "*", "", False),
    ],
)
def test_a_resource_may_be_an_arn_of_a_type(resource: str, template: str, kind: str, is_one: bool) -> None:
    assert overlaps(resource, template, kind, has_variables=True) is is_one


def test_the_command_tells_what_it_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong = tmp_path / "right.json", tmp_path / "wrong.json"
    right.write_text(policy("sqs:SendMessage", QUEUE))
    wrong.write_text(policy("sqs:SendMessages", QUEUE))
    assert main(["--check", str(right)]) == 0
    assert main(["--check", str(right), str(wrong)]) == 1
    assert main(["--check", str(tmp_path / "none.json")]) == 2
    said = capsys.readouterr()
    assert "wrong.json: Statement 0 ('One'): No action is named sqs:SendMessages" in said.out
    assert "none.json cannot be read" in said.err
