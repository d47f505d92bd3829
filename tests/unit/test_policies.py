"""Taking one action out of a policy, and what counts as supported (the tool of `make prove-policies`)."""

import json

from tests.policies.grants import Grant, Policy, Reason, grants_of, read_proven, read_reasons, unsupported

POLICY = Policy(
    "sagestep-train",
    "state-machine",
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Make", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "a"},
            {"Sid": "Tell", "Effect": "Allow", "Action": "sns:Publish", "Resource": "b"},
        ],
    },
)
GET, PUT, PUBLISH = (
    Grant("train", "Make", "s3:GetObject"),
    Grant("train", "Make", "s3:PutObject"),
    Grant("train", "Tell", "sns:Publish"),
)


def test_each_action_of_each_statement_is_a_grant() -> None:
    assert grants_of({"train": POLICY}) == [GET, PUT, PUBLISH]


def test_one_action_is_taken_away_and_the_rest_stays() -> None:
    make, tell = json.loads(POLICY.without("Make", "s3:PutObject"))["Statement"]
    assert (make["Action"], tell["Action"]) == (["s3:GetObject"], "sns:Publish")
    assert (
        json.loads(POLICY.without("Tell", "s3:PutObject"))["Statement"][0] == POLICY.document["Statement"][0]
    )


def test_a_statement_without_actions_goes_and_a_policy_keeps_one() -> None:
    (make,) = json.loads(POLICY.without("Tell", "sns:Publish"))["Statement"]
    assert make["Sid"] == "Make"
    alone = Policy("r", "p", {"Statement": [{"Sid": "Tell", "Effect": "Allow", "Action": "sns:Publish"}]})
    (left,) = json.loads(alone.without("Tell", "sns:Publish"))["Statement"]
    assert left["Action"] == "sts:GetCallerIdentity"


def test_what_is_neither_proven_nor_explained_is_named() -> None:
    reason = Reason(["tra*"], "Tell", ["sns:*"], "why", "https://docs.aws.amazon.com/")
    assert unsupported([GET, PUT, PUBLISH], [GET], [reason]) == [PUT]


def test_every_reason_names_a_document_of_aws_and_explains_nothing_that_is_proven() -> None:
    proven = read_proven()
    assert len(proven) > 150
    for reason in read_reasons():
        assert reason.source.startswith("https://docs.aws.amazon.com/"), reason
        assert [grant for grant in proven if reason.is_for(grant)] == []
