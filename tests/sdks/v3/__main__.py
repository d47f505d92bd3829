"""Make the roles, train with a script, tune it, then run the pipeline."""

import json

import boto3
from sagemaker.core.helper import IamRoleResolver
from sagemaker.core.helper.session_helper import Session

from tests.sdks.account import WINE, run, unique_name
from tests.sdks.v3.pipeline import run_pipeline
from tests.sdks.v3.trainer import train
from tests.sdks.v3.tuner import tune

# The pipelines' role that the SDK makes may pass roles of such names only.
AUTOMATIC = "SageMaker-AutoRole"
STEPS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}],
}


def main() -> dict[str, object]:
    """Run both; the bucket has to be named, or the SDK asks STS at AWS for the account."""
    name = unique_name("third")
    session = Session(default_bucket=name)
    roles = IamRoleResolver(session)
    role = roles.create_execution_role("training", role_name=f"{AUTOMATIC}-{name}-training", s3_resource=name)
    pipelines = roles.create_execution_role(
        "pipeline", role_name=f"{AUTOMATIC}-{name}-pipeline", s3_resource=name
    )
    # The SDK's policy for pipelines lacks DescribeProcessingJob, which a pipeline's role needs on AWS, too:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
    boto3.client("iam").put_role_policy(
        RoleName=f"{AUTOMATIC}-{name}-pipeline", PolicyName="steps", PolicyDocument=json.dumps(STEPS)
    )
    data = session.upload_data(str(WINE), key_prefix="wine")
    return {
        "name": name,
        "trained": train(session, role, data),
        "tuned": tune(session, role, data),
        "pipeline": run_pipeline(name, role, pipelines, data),
    }


if __name__ == "__main__":
    run(main)
