"""What each program finds in its account: a role, a data set, an image; and how it says what came of it."""

import csv
import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boto3
import sagemaker

IMAGE = "000000000000.dkr.ecr.us-west-2.amazonaws.com/wine-scikit:1"
INSTANCE = "ml.m5.large"
WINE = Path(__file__).resolve().parents[2] / "resources" / "wine.csv"
METRICS = [{"Name": "accuracy", "Regex": r"accuracy=([0-9.]+)"}]


@dataclass(frozen=True)
class Surroundings:
    """One program's part of the account: a prefix for names, the SDK's session, a role, a folder in S3."""

    name: str
    session: sagemaker.Session
    role: str
    folder: str

    @property
    def wine(self) -> str:
        """The folder of the data set: 13 numbers and a class in each row, with a header."""
        return f"{self.folder}/wine"


def prepare(kind: str) -> Surroundings:
    """Make a role, and upload the data set to a bucket that the SDK makes.

    It has to be named: for a default name the SDK asks STS for the account, at AWS, whatever the endpoint.
    """
    name = f"{kind}-{uuid.uuid4().hex[:8]}"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = boto3.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    session = sagemaker.Session(default_bucket=name)
    session.upload_data(str(WINE), key_prefix="wine")
    return Surroundings(name, session, role, f"s3://{session.default_bucket()}")


def features() -> str:
    """Give the data set's rows as a model takes them: without header and class."""
    with WINE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return "\n".join(",".join(row[:-1]) for row in rows)


def run(program: Callable[[], dict[str, object]]) -> None:
    """Run a program and write what it has found into the file that its argument names."""
    Path(sys.argv[1]).write_text(json.dumps(program(), default=str), encoding="utf-8")
