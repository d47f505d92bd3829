"""What a program of any SDK finds in its account: a role, a data set, an image; how it tells its results."""

import csv
import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import boto3

IMAGE = "000000000000.dkr.ecr.us-west-2.amazonaws.com/wine-scikit:1"
INSTANCE = "ml.m5.large"
WINE = Path(__file__).resolve().parents[2] / "resources" / "wine.csv"
METRICS = [{"Name": "accuracy", "Regex": r"accuracy=([0-9.]+)"}]


def unique_name(kind: str) -> str:
    """Give a name for what a program makes."""
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def make_role(name: str) -> str:
    """Make a role that the services may assume, and that may do everything; give its ARN."""
    trust = {
        "Effect": "Allow",
        "Principal": {
            "Service": [
                f"{service}.amazonaws.com" for service in ("sagemaker", "lambda", "states", "scheduler")
            ]
        },
        "Action": "sts:AssumeRole",
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = boto3.client("iam")
    role = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=policy)
    return role["Role"]["Arn"]


def features() -> str:
    """Give the data set's rows as a model takes them: without header and class."""
    with WINE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return "\n".join(",".join(row[:-1]) for row in rows)


def run(program: Callable[[], dict[str, object]]) -> None:
    """Run a program and write its results into the file that its argument names."""
    Path(sys.argv[1]).write_text(json.dumps(program(), default=str), encoding="utf-8")
