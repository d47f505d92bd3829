"""How long the IAM engine takes for a decision, and for reading the policies once."""

import json
import time
from collections.abc import Iterator

from benchmarks.table import Goal, Row, repeated, seconds
from localcloud.iam.evaluation import Asked, Decision, evaluate
from localcloud.iam.policies import Policy, parse_policy

REPETITIONS = 2000
READINGS = 20
_ACCOUNT = "123456789012"
_SESSION = f"arn:aws:sts::{_ACCOUNT}:assumed-role/jobs/s1"
_CONTEXT = {
    "aws:principalarn": [f"arn:aws:iam::{_ACCOUNT}:role/jobs"],
    "aws:principaltag/team": ["maps"],
    "aws:securetransport": ["true"],
    "s3:prefix": ["out/maps/"],
}
_ASKED = {
    "s3:GetObject": ("arn:aws:s3:::data/out/maps/part-1.csv", Decision.ALLOWED),
    "sqs:SendMessage": (f"arn:aws:sqs:eu-west-1:{_ACCOUNT}:answers", Decision.ALLOWED),
    "logs:PutLogEvents": (
        f"arn:aws:logs:eu-west-1:{_ACCOUNT}:log-group:/aws/sagemaker/jobs:log-stream:1",
        Decision.ALLOWED,
    ),
    "s3:DeleteObject": ("arn:aws:s3:::data/raw/part-1.csv", Decision.EXPLICIT_DENY),
    "iam:PassRole": (f"arn:aws:iam::{_ACCOUNT}:role/other", Decision.IMPLICIT_DENY),
}


def measure() -> Iterator[Row]:
    """Decide five requests in turn, for a role whose policy has ten statements."""
    policy = _policy()
    requests = [
        (Asked(_SESSION, action, resource, _CONTEXT), expected)
        for action, (resource, expected) in _ASKED.items()
    ]
    times = []
    for number in range(REPETITIONS):
        asked, expected = requests[number % len(requests)]
        started = time.perf_counter()
        verdict = evaluate(asked, [policy])
        times.append((time.perf_counter() - started) * 1e6)
        assert verdict.decision is expected, verdict
    yield Row("a decision on a role with ten statements (µs)", times, goal=Goal(50))
    asked = requests[0][0]
    read = repeated(READINGS, lambda: 1e3 * seconds(lambda: evaluate(asked, [_policy()])))
    yield Row("reading and compiling its policy, and the first decision (ms)", read)


def _policy() -> Policy:
    return parse_policy("jobs", "IAM Policy", written_policy())


def written_policy() -> str:
    """Write what a role of jobs has: wildcards, a variable, conditions, one Deny."""
    statements: list[dict[str, object]] = [
        {
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::data/out/${aws:PrincipalTag/team}/*",
        },
        {
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::data",
            "Condition": {"StringLike": {"s3:prefix": ["out/*", "raw/*"]}},
        },
        {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::data/raw/*"},
        {"Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:*:{_ACCOUNT}:answers"},
        {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"arn:aws:logs:*:{_ACCOUNT}:*"},
        {"Action": "cloudwatch:PutMetricData", "Resource": "*"},
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Action": ["ecr:BatchGetImage"], "Resource": f"arn:aws:ecr:*:{_ACCOUNT}:repository/*"},
        {
            "Action": "iam:PassRole",
            "Resource": f"arn:aws:iam::{_ACCOUNT}:role/jobs",
            "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        },
        {"Action": "sagemaker:*", "Resource": f"arn:aws:sagemaker:*:{_ACCOUNT}:*/jobs-*"},
    ]
    full = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})
