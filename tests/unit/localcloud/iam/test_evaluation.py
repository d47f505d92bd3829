"""What policies allow: wildcards, opposites, explicit denials, boundaries, conditions, variables."""

import json
from collections.abc import Mapping

import pytest

from localcloud.iam.evaluation import Asked, Decision, PolicyType, Verdict, evaluate
from localcloud.iam.policies import Policy, PolicyError, Position, parse_policy

USER = "arn:aws:iam::123456789012:user/ann"
Element = Mapping[str, object]


def policy(*statements: Element, version: str = "2012-10-17") -> Policy:
    full: list[Element] = [
        {"Effect": "Allow", "Action": "*", "Resource": "*", **statement} for statement in statements
    ]
    kept = [
        {key: value for key, value in statement.items() if f"Not{key}" not in statement and value is not None}
        for statement in full
    ]
    return parse_policy("p", "IAM Policy", json.dumps({"Version": version, "Statement": kept}))


def decide(*statements: Element, action: str = "s3:GetObject", on: str = "*", **context: str) -> Decision:
    return judge(*statements, action=action, on=on, **context).decision


def judge(*statements: Element, action: str = "s3:GetObject", on: str = "*", **context: str) -> Verdict:
    known = {key.replace("_", ":"): [value] for key, value in context.items()}
    return evaluate(Asked(USER, action, on, known), [policy(*statements)])


@pytest.mark.parametrize(
    ("pattern", "action", "allowed"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        (["iam:*", "s3:Get*"], "s3:GetObject", True),
        ("s3:Put*", "s3:GetObject", False),
        ("s3:Get", "s3:GetObject", False),
    ],
)
def test_actions_are_patterns_whatever_their_case(pattern: object, action: str, allowed: bool) -> None:
    assert (decide({"Action": pattern}, action=action) is Decision.ALLOWED) is allowed
    assert (decide({"NotAction": pattern}, action=action) is Decision.ALLOWED) is not allowed


@pytest.mark.parametrize(
    ("pattern", "resource", "allowed"),
    [
        ("*", "*", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::bucket/*", "*", False),
        ("arn:aws:s3:::bucket/a?", "arn:aws:s3:::bucket/ab", True),
        ("arn:aws:sqs:*:123456789012:q", "arn:aws:sqs:eu-west-1:123456789012:q", True),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:123456789012:q", True),
        ("arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:2:q", True),
        ("arn:aws:sqs:*-1:1:q", "arn:aws:sqs:eu:x-1:1:q", False),
        ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", False),
    ],
)
def test_resources_are_patterns(pattern: str, resource: str, allowed: bool) -> None:
    assert (decide({"Resource": pattern}, on=resource) is Decision.ALLOWED) is allowed
    assert (decide({"NotResource": pattern}, on=resource) is Decision.ALLOWED) is not allowed


def test_an_explicit_denial_wins_and_is_alone_among_what_matched() -> None:
    verdict = judge({}, {"Effect": "Deny", "Action": "s3:*"}, {"Effect": "Deny", "Action": "iam:*"})
    assert verdict.decision is Decision.EXPLICIT_DENY
    assert [match.statement.actions for match in verdict.matched] == [["s3:*"]]


def test_what_nothing_allows_is_denied_implicitly() -> None:
    assert judge({"Action": "iam:*"}) == Verdict(Decision.IMPLICIT_DENY, (), (), PolicyType.IDENTITY)


def test_a_boundary_allows_nothing_but_bounds_what_is_allowed() -> None:
    asked = Asked(USER, "s3:GetObject", "*", {})
    everything, s3, nothing = policy({}), policy({"Action": "s3:*"}), policy({"Action": "iam:*"})
    denial = policy({}, {"Effect": "Deny", "Action": "s3:*"})

    def bounded(own: Policy, boundary: Policy) -> tuple[Decision, bool | None]:
        verdict = evaluate(asked, [own], None, boundary)
        return verdict.decision, verdict.within_boundary

    assert bounded(everything, s3) == (Decision.ALLOWED, True)
    assert bounded(everything, nothing) == (Decision.IMPLICIT_DENY, False)
    assert bounded(nothing, everything) == (Decision.IMPLICIT_DENY, True)
    assert bounded(everything, denial) == (Decision.EXPLICIT_DENY, False)


def test_the_policy_of_a_resource_allows_whom_it_names() -> None:
    def decision(principal: object, **opposite: object) -> Decision:
        named = opposite or {"Principal": principal}
        of_resource = policy({"Resource": None} | named)
        return evaluate(Asked(USER, "s3:GetObject", "*", {}), [], of_resource).decision

    for principal in ("*", {"AWS": USER}, {"AWS": [f"{USER}a", USER]}):
        assert decision(principal) is Decision.ALLOWED
    root = "arn:aws:iam::123456789012:root"  # lets the account's own policies grant, and these grant nothing
    for principal in (
        {"AWS": ["123456789012"]},
        {"AWS": root},
        {"AWS": f"{USER}a"},
        {"Service": "sagemaker.amazonaws.com"},
        {"AWS": "999999999999"},
    ):
        assert decision(principal) is Decision.IMPLICIT_DENY
    assert decision(None, NotPrincipal={"AWS": USER}) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringNotLike", "a*", "b", True),
        ("NumericEquals", 5, "5.0", True),
        ("NumericNotEquals", 5, "5", False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThanEquals", "9", "9", True),
        ("NumericGreaterThan", "10", "9", False),
        ("NumericGreaterThanEquals", "9", "9", True),
        ("DateGreaterThan", "2018-08-16T12:00:00Z", "2019-04-25T11:00:00Z", True),
        ("DateLessThan", "2018-08-16T12:00:00Z", "1534420799", True),
        ("DateEquals", "2018-08-16", "2018-08-16T00:00:00Z", True),
        ("DateNotEquals", "2018-08-16", "2018-08-16T00:00:00Z", False),
        ("Bool", True, "TRUE", True),
        ("Bool", "false", "true", False),
        ("BinaryEquals", "QQ==", "QQ==", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("ArnLike", "arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("ArnEquals", "arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("ArnNotLike", "arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:r", True),
        ("ArnNotEquals", "arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:1:q", False),
        ("Null", "true", "x", False),
        ("Null", "false", "x", True),
        ("StringEqualsIfExists", "a", "b", False),
        ("ForAllValues:StringEquals", ["a", "b"], "a", True),
        ("ForAnyValue:StringLike", ["a*", "b*"], "c", False),
    ],
)
def test_every_operator(operator: str, wanted: object, given: str, holds: bool) -> None:
    condition = {"Condition": {operator: {"x:Key": wanted}}}
    assert (decide(condition, x_key=given) is Decision.ALLOWED) is holds


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("NotIpAddress", True),
        ("StringEqualsIfExists", True),
        ("NumericLessThanIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_key_that_is_not_known_is_told_as_missing(operator: str, holds: bool) -> None:
    value = "1" if operator.startswith("Numeric") else "203.0.113.0/24"
    verdict = judge({"Condition": {operator: {"x:Key": value}, "Bool": {"x:Other": "true"}}}, x_other="true")
    assert (verdict.decision is Decision.ALLOWED) is holds
    assert verdict.missing == ("x:Key",)


def test_keys_of_statements_about_something_else_are_not_missing() -> None:
    condition = {"StringEquals": {"x:Key": "a"}}
    assert judge({"Action": "iam:*", "Condition": condition}, {}).missing == ()
    assert judge({"Condition": {"Null": {"x:Key": "true"}}}).decision is Decision.ALLOWED


def test_sets_of_values() -> None:
    def decision(operator: str, *given: str) -> Decision:
        own = policy({"Condition": {operator: {"aws:TagKeys": ["a", "b"]}}})
        return evaluate(Asked(USER, "s3:GetObject", "*", {"aws:tagkeys": given}), [own]).decision

    assert decision("ForAllValues:StringEquals", "a", "b") is Decision.ALLOWED
    assert decision("ForAllValues:StringEquals", "a", "c") is Decision.IMPLICIT_DENY
    assert decision("ForAnyValue:StringEquals", "c", "b") is Decision.ALLOWED
    assert decision("ForAllValues:StringNotEquals", "c", "d") is Decision.ALLOWED
    assert decision("ForAllValues:StringNotEquals", "c", "a") is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("pattern", "name", "allowed"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", "ann", True),
        ("arn:aws:s3:::b/${aws:username}/*", "bob", False),
        ("arn:aws:s3:::b/${aws:Unknown}/*", "ann", False),
        ("arn:aws:s3:::b/${aws:Unknown, 'ann'}/*", "ann", True),
        ("arn:aws:s3:::b/${aws:username}/*", "*", False),
    ],
)
def test_variables_of_a_resource(pattern: str, name: str, allowed: bool) -> None:
    found = decide({"Resource": pattern}, on="arn:aws:s3:::b/ann/x", aws_username=name)
    assert (found is Decision.ALLOWED) is allowed


def test_variables_of_conditions_and_of_special_characters() -> None:
    own = {"Condition": {"StringEquals": {"x:Path": "${aws:username}/${*}"}}}
    assert decide(own, aws_username="ann", x_path="ann/*") is Decision.ALLOWED
    own = {"Condition": {"StringLike": {"x:Path": "${aws:username}/${*}"}}}
    assert decide(own, aws_username="ann", x_path="ann/b") is Decision.IMPLICIT_DENY


def test_an_old_policy_has_no_variables() -> None:
    own = policy({"Resource": "${aws:username}"}, version="2008-10-17")
    asked = Asked(USER, "s3:GetObject", "ann", {"aws:username": ["ann"]})
    assert evaluate(asked, [own]).decision is Decision.IMPLICIT_DENY


@pytest.mark.parametrize("condition", [{"StringIs": {"a": "b"}}, {"NumericEquals": {"x:Key": "one"}}])
def test_a_condition_that_cannot_be_evaluated_is_an_error(condition: Element) -> None:
    with pytest.raises(PolicyError):
        decide({"Condition": condition}, x_key="1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not in the valid JSON format"),
        ("[]", "not a JSON object"),
        ('{"Version": "2020"}', "unknown Version"),
        ("{}", "has no Statement"),
        ('{"Statement": [1]}', "not a JSON object"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resources": "*"}}',
            "unknown element",
        ),
        ('{"Statement": {"Action": "*", "Resource": "*"}}', "Effect must be"),
        ('{"Statement": {"Effect": "Allow", "Resource": "*"}}', "Action or NotAction"),
        ('{"Statement": {"Effect": "Allow", "Action": "*"}}', "Resource or NotResource"),
        ('{"Statement": {"Effect": "Allow", "Action": [1], "Resource": "*"}}', "Action must be a string"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []}}',
            "Condition must",
        ),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Principal": 1}}', "Principal must be"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse_policy("p", "IAM Policy", text)


def test_statements_stand_where_aws_says() -> None:
    """The first as recorded in aws/aws-cli, ``simulate-custom-policy.rst``."""
    text = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    (statement,) = parse_policy("p", "IAM Policy", text).statements
    assert (statement.start, statement.end) == (Position(1, 38), Position(1, 167))
    lines = (
        '{ "Statement" : [\n  {"Effect":"Deny",\n"Action":"*", "Resource":"*"} , '
        '{"Effect":"Allow","Action":"*","Resource":"*"}] }'
    )
    first, second = parse_policy("p", "IAM Policy", lines).statements
    assert (first.start, first.end) == (Position(2, 4), Position(3, 30))
    assert (second.start, second.end) == (Position(3, 34), Position(3, 79))
