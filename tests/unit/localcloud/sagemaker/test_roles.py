"""SageMaker works as the roles that are passed to it; what they may not do is told where a user looks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Caller, Ports, Role
from localcloud.sagemaker.wire.image_uri import check_pull, denied_action
from localcloud.sagemaker.wire.roles import role_of_step
from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document, FakeHost, function_arn, lambda_step
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import ARN, BUCKET, processing, refusal, run, training
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    cloud_with,
    job_of,
    processing_step,
    reason,
    training_step,
)

OTHER_ROLE = "arn:aws:iam::123456789012:role/other"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/model:1"
CALLER = Caller("123456789012", "eu-west-1")
SENTENCE = "User: role is not authorized to perform: "


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(images, tmp_path) as cloud:
        yield cloud


@pytest.mark.parametrize("kind", ["Training", "Processing"])
def test_a_job_works_as_its_role(cloud: Cloud, images: FakeImages, kind: str) -> None:
    seen: dict[str, str] = {}

    def program(container: FakeContainer) -> int:
        seen.update(container.run.environment)
        return 0

    images.program = program
    request = training() if kind == "Training" else processing()
    run(cloud, kind, request)
    assert set(cloud.host.sessions) == {Role(ROLE, "SageMaker", f"{ARN}:{kind.lower()}-job/job")}
    assert seen["AWS_SESSION_TOKEN"] == "SageMaker"


@pytest.mark.parametrize("kind", ["Training", "Processing"])
def test_a_role_that_does_not_trust_sagemaker_is_refused(cloud: Cloud, kind: str) -> None:
    cloud.host.untrusting.add(ROLE)
    request = training() if kind == "Training" else processing()
    assert refusal(cloud, f"Create{kind}Job", request) == (
        f"Could not assume role {ROLE}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )
    assert not cloud.listed(f"List{kind}Jobs", f"{kind}JobSummaries")


def test_a_transform_job_works_as_the_role_of_its_model(cloud: Cloud) -> None:
    container = {"Image": "image", "ModelDataUrl": f"s3://{BUCKET}/data/a.csv"}
    cloud.call("CreateModel", ModelName="model", ExecutionRoleArn=OTHER_ROLE, PrimaryContainer=container)
    assert cloud.host.sessions == [Role(OTHER_ROLE, "SageMaker", f"{ARN}:model/model")]
    cloud.host.untrusting.add(OTHER_ROLE)
    request: Document = {
        "TransformJobName": "job",
        "ModelName": "model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}}
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    assert refusal(cloud, "CreateTransformJob", request).startswith(f"Could not assume role {OTHER_ROLE}.")


def test_a_model_whose_role_does_not_trust_sagemaker_is_refused(cloud: Cloud) -> None:
    cloud.host.untrusting.add(ROLE)
    request: Document = {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "image"}}
    assert refusal(cloud, "CreateModel", request).startswith(f'The execution role ARN "{ROLE}" is invalid.')


def test_a_model_whose_data_its_role_cannot_read_is_refused(cloud: Cloud) -> None:
    url = f"s3://{BUCKET}/missing.tar.gz"
    request: Document = {
        "ModelName": "m",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": "image", "ModelDataUrl": url},
    }
    message = refusal(cloud, "CreateModel", request)
    assert message.startswith(f'Could not access model data at {url}. Please ensure that the role "{ROLE}"')
    assert message.endswith('please ensure that the role has "s3:ListBucket" permission.')


def test_an_image_that_the_role_may_not_pull_fails_the_job(cloud: Cloud) -> None:
    cloud.host.denied.add("ecr:BatchGetImage")
    request = training(AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"})
    assert run(cloud, "Training", request)["FailureReason"] == (
        "ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions "
        f"are incorrect. {SENTENCE}ecr:BatchGetImage"
    )


def test_a_role_that_stops_trusting_fails_the_job(cloud: Cloud) -> None:
    of_role = cloud.host.ports_of_role

    def once(role: Role) -> Ports:
        ports = of_role(role)

        def variables() -> Mapping[str, str]:
            given = ports.variables()
            cloud.host.untrusting.add(ROLE)
            return given

        return replace(ports, variables=variables)

    cloud.host.ports_of_role = once  # type: ignore[method-assign]
    job = run(cloud, "Processing", processing())
    assert job["FailureReason"] == f"ClientError: SageMaker was unable to assume the role '{ROLE}'"


def test_pulling_asks_for_what_the_developer_guide_lists() -> None:
    host = FakeHost()
    check_pull(IMAGE, CALLER, host)
    assert [operation for _, operation, _ in host.required] == [
        "GetAuthorizationToken",
        "BatchGetImage",
        "BatchCheckLayerAvailability",
        "GetDownloadUrlForLayer",
    ]
    assert all(request.get("repositoryName", "team/model") == "team/model" for _, _, request in host.required)


@pytest.mark.parametrize(
    "uri",
    [
        "image",
        "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch:2",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/m",
    ],
)
def test_images_of_others_are_not_asked_about(uri: str) -> None:
    host = FakeHost()
    check_pull(uri, CALLER, host)
    assert host.required == []


def test_a_denial_names_its_action() -> None:
    denied = ServiceError("AccessDeniedException", f"{SENTENCE}ecr:GetDownloadUrlForLayer on resource: x")
    assert denied_action(denied) == "GetDownloadUrlForLayer"
    assert denied_action(ServiceError("AccessDenied", "no")) == "BatchGetImage"


def test_the_session_of_a_step_is_named_after_execution_and_step() -> None:
    role = role_of_step(ROLE, f"{ARN}:pipeline/p/execution/abcdefghijkl", "RegisterChallenger-RegisterModel")
    assert role.session_name == "sagemaker-pipeline-abcdefghijkl-RegisterChallenger-R"
    assert role.source_arn == f"{ARN}:pipeline/p/execution/abcdefghijkl"


def test_a_step_asks_for_each_operation_and_tags_what_it_creates(cloud: Cloud) -> None:
    arn = cloud.run(processing_step("work"))
    assert cloud.statuses(arn) == {"work": "Succeeded"}
    asked = {operation: request for _, operation, request in cloud.host.required}
    assert set(asked) == {"CreateProcessingJob", "DescribeProcessingJob"}
    job = job_of(cloud, arn, "work", "Processing")
    tags = [{"Key": "sagemaker:pipeline-execution-arn", "Value": arn}]
    assert asked["CreateProcessingJob"]["Tags"] == tags
    assert cloud.call("ListTags", ResourceArn=str(job["ProcessingJobArn"]))["Tags"] == tags


def test_a_step_that_may_not_create_its_job_fails(cloud: Cloud) -> None:
    cloud.host.denied.add("sagemaker:CreateTrainingJob")
    arn = cloud.run(training_step("train"))
    assert reason(cloud, arn, "train") == (
        "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: "
        f"{SENTENCE}sagemaker:CreateTrainingJob"
    )
    assert not cloud.listed("ListTrainingJobs", "TrainingJobSummaries")


def test_a_pipeline_works_as_its_own_role(cloud: Cloud) -> None:
    working: list[str] = []
    of_role = cloud.host.ports_of_role

    def watched(role: Role) -> Ports:
        working.append(role.session_name)
        return of_role(role)

    def function(event: Document) -> Document:
        working.append("invoked")
        return event

    cloud.host.functions[function_arn("function")] = function
    cloud.host.ports_of_role = watched  # type: ignore[method-assign]
    arn = cloud.run(lambda_step("step"))
    assert working == [f"sagemaker-pipeline-{arn.rpartition('/')[2]}-step", "invoked"]


def test_a_stop_that_the_role_may_not_ask_for_lets_the_job_go_on(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.host.denied.add("sagemaker:StopTrainingJob")
    cloud.create(training_step("train"))
    arn = cloud.start()
    assert images.started.acquire(timeout=60)
    cloud.wait_for_step(arn, "train", "Executing")
    cloud.stop(arn)
    cloud.host.wait_for(lambda: any(name == "StopTrainingJob" for _, name, _ in cloud.host.required))
    images.containers[0].end(0)
    cloud.wait_for_end(arn)
    assert images.containers[0].signals == []
