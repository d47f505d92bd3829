"""Roles that tests make: who may assume them, what they are allowed, and how AWS denies the rest."""

import json

from tests.integration.wire import Cloud, Document, unique

ACCOUNT, REGION = "000000000000", "us-west-2"
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
PULL = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchGetImage",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
]


def role(
    cloud: Cloud, service: str, *actions: str, resource: object = "*", condition: Document | None = None
) -> str:
    """Make a role that a service may assume, and that is allowed these actions; give its ARN."""
    iam, name = cloud.stack.client("iam"), unique("role")
    trust: Document = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    if condition:
        trust["Condition"] = condition
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    grant(cloud, str(arn), *actions, resource=resource)
    return str(arn)


def grant(cloud: Cloud, role_arn: str, *actions: str, resource: object = "*") -> None:
    """Give a role these permissions besides."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    if actions:
        cloud.stack.client("iam").put_role_policy(
            RoleName=role_arn.rpartition("/")[2],
            PolicyName=unique("policy"),
            PolicyDocument=document(statement),
        )


def document(statement: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def name_of(role_arn: str) -> str:
    return role_arn.rpartition("/")[2]


def denial(role_arn: str, session: str, action: str) -> str:
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name_of(role_arn)}/{session}"
    return f"User: {who} is not authorized to perform: {action} on resource: "
