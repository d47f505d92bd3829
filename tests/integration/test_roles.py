"""Jobs, models and pipelines work as their roles, and a denial is told where a user looks."""

from typing import Any

import pytest

from tests.integration.images import IMAGE, finished_training, processing, training
from tests.integration.roles import ACCOUNT, LOGS, PULL, REGION, denial, grant, role
from tests.integration.wire import (
    Cloud,
    Document,
    definition,
    eventually,
    lambda_step,
    refused,
    token,
    unique,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def data(cloud: Cloud) -> str:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="data/a.csv", Body=b"1,2\n")
    return f"s3://{bucket}/data/"


################################################################################
# Jobs
################################################################################


def trained(cloud: Cloud, data: str, role_arn: str, **hyperparameters: str) -> Any:
    request = training(data, **hyperparameters) | {"RoleArn": role_arn}
    cloud.sagemaker.create_training_job(**request)
    return finished_training(cloud, request["TrainingJobName"])


def test_a_training_job_needs_each_permission_that_the_guide_lists(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker", "s3:ListBucket")
    pulled = trained(cloud, data, mine)["FailureReason"]
    assert pulled.startswith("ClientError: Cannot pull algorithm container. Either the image does not exist")
    assert denial(mine, "SageMaker", "ecr:GetAuthorizationToken") in pulled
    grant(cloud, mine, *PULL)
    read = trained(cloud, data, mine)["FailureReason"]
    assert read.startswith(
        f"ClientError: Data download failed:Unable to download object {data}a.csv (AccessDenied: "
    )
    assert denial(mine, "SageMaker", "s3:GetObject") in read
    grant(cloud, mine, "s3:GetObject")
    written = trained(cloud, data, mine)["FailureReason"]
    assert written.startswith("ClientError: Artifact upload failed:Unable to write ")
    assert denial(mine, "SageMaker", "s3:PutObject") in written
    grant(cloud, mine, "s3:PutObject")
    done = trained(cloud, data, mine)
    assert done["TrainingJobStatus"] == "Completed"
    assert streams(cloud, done["TrainingJobName"]) == []  # the role may not write any
    grant(cloud, mine, *LOGS)
    again = trained(cloud, data, mine)
    eventually(lambda: streams(cloud, again["TrainingJobName"]))


def streams(cloud: Cloud, job: str) -> list[Any]:
    group = "/aws/sagemaker/TrainingJobs"
    if not cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    return [*cloud.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job)["logStreams"]]


def test_a_job_whose_data_may_not_be_listed_is_refused_in_aws_words(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker", "s3:GetObject", *PULL)
    with refused(
        "ValidationException", "No S3 objects found under S3 URL", f'role "{mine}" has "s3:ListBucket"'
    ):
        cloud.sagemaker.create_training_job(**training(data) | {"RoleArn": mine})


@pytest.mark.parametrize("account", [ACCOUNT, "123456789012"])
def test_trust_is_decided_with_the_account_and_the_job(cloud: Cloud, data: str, account: str) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:{REGION}:{account}:processing-job/*"},
    }
    mine = role(cloud, "sagemaker", "s3:*", *PULL, condition=condition)
    request = processing(data) | {"RoleArn": mine}
    if account == ACCOUNT:
        cloud.sagemaker.create_processing_job(**request)
        return
    with refused("ValidationException", f"Could not assume role {mine}. Please ensure that the role exists"):
        cloud.sagemaker.create_processing_job(**request)


def test_a_role_of_another_service_and_none_at_all_are_refused(cloud: Cloud, data: str) -> None:
    for mine in (role(cloud, "lambda", "*"), f"arn:aws:iam::{ACCOUNT}:role/nobody"):
        with refused("ValidationException", f"Could not assume role {mine}."):
            cloud.sagemaker.create_processing_job(**processing(data) | {"RoleArn": mine})


def test_a_model_whose_role_may_not_read_its_data_is_refused(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker", *PULL)
    with refused(
        "ValidationException", "Could not access model data at", denial(mine, "SageMaker", "s3:GetObject")
    ):
        cloud.sagemaker.create_model(
            ModelName=unique("model"),
            ExecutionRoleArn=mine,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"{data}a.csv"},
        )


def test_a_geospatial_job_reads_as_its_role(cloud: Cloud, data: str) -> None:
    mine = role(cloud, "sagemaker-geospatial", "s3:ListBucket")
    job = cloud.geospatial.start_vector_enrichment_job(
        Name="job",
        ExecutionRoleArn=mine,
        InputConfig={"DataSourceConfig": {"S3Data": {"S3Uri": f"{data}a.csv"}}, "DocumentType": "CSV"},
        JobConfig={"ReverseGeocodingConfig": {"XAttributeName": "x", "YAttributeName": "y"}},
    )["Arn"]
    failed = eventually(
        lambda: cloud.geospatial.get_vector_enrichment_job(Arn=job), lambda seen: seen["Status"] == "FAILED"
    )
    assert failed["ErrorDetails"]["ErrorType"] == "CLIENT_ERROR"
    assert denial(mine, "SageMaker", "s3:GetObject") in failed["ErrorDetails"]["ErrorMessage"]


################################################################################
# Pipelines
################################################################################


def ran(cloud: Cloud, role_arn: str, *steps: Document) -> tuple[str, dict[str, Any]]:
    """Run a pipeline with this role to its end; give the execution's id and its steps."""
    name = unique("pipeline")
    cloud.sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=definition(*steps), RoleArn=role_arn, ClientRequestToken=token()
    )
    execution = cloud.start(name)
    cloud.finish(execution)
    return execution.rpartition("/")[2], dict(cloud.steps(execution))


def test_a_lambda_step_invokes_as_the_pipeline_s_role(cloud: Cloud, echo: str) -> None:
    mine = role(cloud, "sagemaker")
    execution, steps = ran(cloud, mine, lambda_step("tell", echo, {"event": "String"}, a=1))
    told = denial(mine, f"sagemaker-pipeline-{execution}-tell", "lambda:InvokeFunction")
    assert told in steps["tell"]["FailureReason"]
    grant(cloud, mine, "lambda:InvokeFunction", resource=echo)
    _, steps = ran(cloud, mine, lambda_step("tell", echo, {"event": "String"}, a=1))
    assert steps["tell"]["StepStatus"] == "Succeeded"


def test_a_job_step_needs_to_create_to_tag_and_to_pass_the_role(cloud: Cloud, data: str) -> None:
    mine, of_job = role(cloud, "sagemaker"), role(cloud, "sagemaker", "s3:*", *PULL)
    request = processing(data) | {"RoleArn": of_job}
    step = {"Name": "work", "Type": "Processing", "Arguments": request}
    for action in ("sagemaker:CreateProcessingJob", "sagemaker:AddTags", "iam:PassRole"):
        _, steps = ran(cloud, mine, step)
        reason = steps["work"]["FailureReason"]
        assert reason.startswith(
            "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: User: "
        )
        assert f"not authorized to perform: {action} on resource: " in reason
        grant(cloud, mine, action)
    _, steps = ran(cloud, mine, step)
    assert "sagemaker:DescribeProcessingJob" in steps["work"]["FailureReason"]
    grant(cloud, mine, "sagemaker:DescribeProcessingJob")
    _, steps = ran(cloud, mine, step)
    assert steps["work"]["StepStatus"] == "Succeeded"
