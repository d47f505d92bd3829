"""SageMaker SDK v2: who am I, which is my bucket: with the session of docs/local-cloud.md ("Which SDKs")."""

import json
from typing import Any

import boto3
import sagemaker

from tests.sdks.account import run
from tests.sdks.surroundings import prepare


class LocalSession(boto3.Session):
    """The SDK names AWS's address of STS in its code; this leaves it to the surroundings."""

    def client(self, service_name: Any, *args: Any, **kwargs: Any) -> Any:
        if service_name == "sts":
            kwargs.pop("endpoint_url", None)
        return super().client(service_name, *args, **kwargs)


def main() -> dict[str, object]:
    """Work as a role, as a notebook does."""
    place = prepare("identity")
    principal = {"AWS": boto3.client("sts").get_caller_identity()["Arn"]}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    boto3.client("iam").update_assume_role_policy(
        RoleName=place.name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    keys = boto3.client("sts").assume_role(RoleArn=place.role, RoleSessionName="notebook")["Credentials"]
    mine = LocalSession(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    session = sagemaker.Session(boto_session=mine)
    return {
        "role": place.role,
        "execution_role": sagemaker.get_execution_role(session),
        "bucket": session.default_bucket(),
        "account": session.account_id(),
    }


if __name__ == "__main__":
    run(main)
