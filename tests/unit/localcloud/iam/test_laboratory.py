"""The laboratory: what is no request is told on its line, and the next line is answered."""

import json
import subprocess
import sys

import pytest

from localcloud.iam.laboratory import answer

USER = "arn:aws:iam::123456789012:user/ann"
REQUEST = {"principal": USER, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/x"}
EVERYTHING: dict[str, object] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOWING = {"Version": "2012-10-17", "Statement": EVERYTHING}
SHARING = {"Statement": EVERYTHING | {"Principal": "*"}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"principals": USER}, "unknown field 'principals'"),
        ({"principal": None}, "'principal' must be a string"),
        ({"principal": {"Group": "x"}}, "'principal' must be a string"),
        ({"action": "GetObject"}, "not of the form service:Name"),
        ({"action": 7}, "'action' must be a string"),
        ({"resource": ""}, "'resource' must be a string"),
        ({"context": []}, "'context' must be an object"),
        ({"context": {"a": {}}}, "The value of 'a' must be"),
        ({"context": {"a": [None]}}, "The value of 'a' must be"),
        ({"identity_policies": ["{"]}, r"identity_policies\[0\]: The policy is not in the valid JSON format"),
        ({"identity_policies": [7]}, "not a JSON object"),
        ({"identity_policies": {"reader": {"Statement": []}}}, "reader: The policy has no Statement"),
        ({"identity_policies": [SHARING]}, "must not have Principal"),
        ({"resource_policy": ALLOWING}, "resource_policy: Statement 0 must have Principal"),
        ({"boundary": [ALLOWING, ALLOWING]}, "'boundary' must be one policy"),
        ({"trust": SHARING}, "'trust' has no meaning for s3:GetObject"),
        ({"action": "sts:AssumeRole", "resource_policy": SHARING}, "give 'trust'"),
        ({"principal": "sns.amazonaws.com", "identity_policies": [ALLOWING]}, "has no policies of its own"),
        (
            {"identity_policies": [{"Statement": EVERYTHING | {"Condition": {"Odd": {"a": "b"}}}}]},
            "The condition operator 'Odd' is unknown",
        ),
    ],
)
def test_what_is_no_request_is_told(change: dict[str, object], words: str) -> None:
    found = answer(json.dumps({**REQUEST, **change}).encode())
    assert found.keys() == {"error"}
    with pytest.raises(ValueError, match=words):
        raise ValueError(found["error"])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"x",
        b"[]",
        b"7",
        b"\xff\xfe{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b'"\\ud800"',
    ],
)
def test_what_is_no_json_object_is_told(line: bytes) -> None:
    assert answer(line).keys() == {"error"}


def test_policies_may_have_names_and_be_texts() -> None:
    named = {"reader": json.dumps(ALLOWING)}
    found = answer(json.dumps({**REQUEST, "identity_policies": named, "boundary": ALLOWING}).encode())
    assert found == {
        "decision": "allowed",
        "reason": "Statement 0 of the identity-based policy 'reader' allows s3:GetObject.",
        "statements": [
            {"policy": "reader", "type": "identity-based policy", "index": 0, "sid": "", "effect": "Allow"}
        ],
        "missing_context": [],
    }


def test_a_key_that_was_asked_for_is_told() -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:X": "true"}}}
    found = answer(json.dumps({**REQUEST, "identity_policies": {"Statement": statement}}).encode())
    assert (found["decision"], found["missing_context"]) == ("implicitDeny", ["aws:X"])


def test_each_line_has_its_answer_and_none_a_traceback() -> None:
    lines = [json.dumps(REQUEST), "x", "", json.dumps({**REQUEST, "identity_policies": [ALLOWING]})]
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.iam"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [found.get("decision", "error") for found in answers] == [
        "implicitDeny",
        "error",
        "error",
        "allowed",
    ]
    assert done.stderr == ""
