"""Model, RegisterModel, EndpointConfig and Endpoint steps: from a training job to an endpoint in service."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Ports
from localcloud.sagemaker.api import SageMaker
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.hosting.server import LaunchSpecification
from localcloud.sagemaker.hosting.turn import Event
from tests.unit.localcloud.sagemaker.cloud import (
    DEADLINE,
    ROLE,
    Clock,
    Cloud,
    Document,
    get,
    lambda_step,
)
from tests.unit.localcloud.sagemaker.hosting.account import FakeServer
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import ARN, BUCKET
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    reason,
    training_step,
    transform_step,
)


class Servers:
    """Servers of endpoints, in the hands of the test."""

    def __init__(self) -> None:
        self._started = threading.Semaphore(0)
        self._all: list[FakeServer] = []

    def launch(
        self, order: LaunchSpecification, ports: Ports, report: Callable[[Event], object]
    ) -> FakeServer:
        assert ports
        self._all.append(FakeServer(order, report))
        self._started.release()
        return self._all[-1]

    def await_start(self) -> FakeServer:
        assert self._started.acquire(timeout=DEADLINE), "no server was started"
        return self._all[-1]


def train(container: FakeContainer) -> int:
    container.write("model/model.txt", "a model")
    return 0


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def cloud(servers: Servers, tmp_path: Path) -> Iterator[Cloud]:
    """SageMaker whose endpoints have these servers, and whose jobs make models."""
    images = FakeImages(train)
    cloud = Cloud(images=images, folder=tmp_path)
    cloud.sagemaker.close()
    clock = Clock()
    cloud.sagemaker = SageMaker(
        cloud.host,
        clock,
        None,
        cloud.timer,
        images=images,
        folder=tmp_path,
        hosting=Hosting(servers.launch, clock, cloud.timer),
    )
    cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n"
    cloud.host.objects["bucket", "model.tar.gz"] = b"a model"
    try:
        yield cloud
    finally:
        cloud.sagemaker.close()


def container(url: object) -> Document:
    return {"Image": "image", "ModelDataUrl": url}


def step(kind: str, name: str, arguments: Document, **more: object) -> Document:
    return {"Name": name, "Type": kind, "Arguments": arguments} | more


def model_step(url: object = "s3://bucket/model.tar.gz", **more: object) -> Document:
    return step("Model", "model", {"PrimaryContainer": container(url)} | more)


def config_step(model: object, **more: object) -> Document:
    variant = {
        "VariantName": "all",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return step("EndpointConfig", "config", {"ProductionVariants": [variant]} | more)


def endpoint_steps() -> list[Document]:
    arguments: Document = {
        "EndpointName": "endpoint",
        "EndpointConfigName": get("Steps.config.EndpointConfigName"),
    }
    return [
        model_step(),
        config_step(get("Steps.model.ModelName")),
        step("Endpoint", "endpoint", arguments),
    ]


def register_step(**more: object) -> Document:
    specification: Document = {
        "Containers": [container(get("Steps.train.ModelArtifacts.S3ModelArtifacts"))],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return step("RegisterModel", "register", {"InferenceSpecification": specification} | more)


def look(cloud: Cloud) -> None:
    """Let the steps that wait for an endpoint have their next look."""
    cloud.host.wait_for(lambda: any(delay == 0.5 for delay, _ in cloud.timer.actions))
    waiting = [entry for entry in cloud.timer.actions if entry[0] == 0.5]
    for entry in waiting:
        cloud.timer.actions.remove(entry)
        entry[1]()


def arn_of(cloud: Cloud, arn: str, name: str, kind: str) -> str:
    metadata = cloud.steps(arn)[name]["Metadata"]
    assert isinstance(metadata, dict)
    return str(metadata[kind]["Arn"])


def test_a_model_is_made_of_what_was_trained_and_transforms(cloud: Cloud) -> None:
    arn = cloud.run(
        training_step(),
        model_step(get("Steps.train.ModelArtifacts.S3ModelArtifacts")),
        transform_step(arguments={"ModelName": get("Steps.model.ModelName")}),
    )
    assert cloud.statuses(arn)["model"] == "Succeeded"
    name = arn_of(cloud, arn, "model", "Model").rpartition("/")[2]
    assert re.fullmatch(rf"pipelines-{arn.rpartition('/')[2]}-model-[A-Za-z0-9]{{10}}", name)
    model = cloud.call("DescribeModel", ModelName=name)
    assert model["ExecutionRoleArn"] == ROLE
    assert "model.tar.gz" in str(model["PrimaryContainer"])
    # The fake container serves nothing; that the job found its model is what matters here.
    assert "Could not find model" not in reason(cloud, arn, "transform")


def test_a_model_is_registered_in_a_group_that_need_not_exist(cloud: Cloud) -> None:
    group = {"ModelPackageGroupName": "group", "ModelApprovalStatus": "Approved"}
    read = lambda_step(
        "read",
        Arguments={"arn": get("Steps.register.ModelPackageArn")},
        outputs={"arn": "String"},
    )
    cloud.host.functions[str(read["FunctionArn"])] = lambda event: event
    cloud.create(training_step(), register_step(**group), read)
    for version in (1, 2):
        arn = cloud.start()
        cloud.wait_for_end(arn)
        assert set(cloud.statuses(arn).values()) == {"Succeeded"}
        package = arn_of(cloud, arn, "register", "RegisterModel")
        assert package == f"{ARN}:model-package/group/{version}"
        assert f"'Value': '{package}'" in str(cloud.steps(arn)["read"]["Metadata"])
    described = cloud.call("DescribeModelPackage", ModelPackageName=package)
    assert described["ModelApprovalStatus"] == "Approved"


def test_a_registration_that_is_refused_says_so(cloud: Cloud) -> None:
    arn = cloud.run(training_step(), register_step())
    assert reason(cloud, arn, "register") == (
        "ClientError: Failed to invoke sagemaker:CreateModelPackage. Error Details: Missing ARN."
    )


def test_an_endpoint_step_waits_until_it_is_in_service(cloud: Cloud, servers: Servers) -> None:
    cloud.create(*endpoint_steps())
    arn = cloud.start()
    server = servers.await_start()
    look(cloud)
    assert cloud.statuses(arn)["endpoint"] == "Executing"
    server.ready()
    look(cloud)
    cloud.wait_for_end(arn)
    assert set(cloud.statuses(arn).values()) == {"Succeeded"}
    assert arn_of(cloud, arn, "endpoint", "Endpoint") == f"{ARN}:endpoint/endpoint"
    assert arn_of(cloud, arn, "config", "EndpointConfig").startswith(f"{ARN}:endpoint-config/pipelines-")


def test_an_endpoint_that_fails_fails_its_step(cloud: Cloud, servers: Servers) -> None:
    cloud.create(*endpoint_steps())
    arn = cloud.start()
    servers.await_start().failed("the image is broken")
    look(cloud)
    cloud.wait_for_end(arn)
    assert reason(cloud, arn, "endpoint").startswith("ClientError: Endpoint endpoint: ")
    assert "the image is broken" in reason(cloud, arn, "endpoint")


def test_a_stopped_execution_waits_for_its_endpoint(cloud: Cloud, servers: Servers) -> None:
    cloud.create(*endpoint_steps())
    arn = cloud.start()
    server = servers.await_start()
    cloud.stop(arn)
    look(cloud)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    server.ready()
    look(cloud)
    cloud.wait_for_end(arn)
    assert cloud.statuses(arn)["endpoint"] == "Stopped"


def test_an_endpoint_that_is_deleted_meanwhile_fails_its_step(cloud: Cloud, servers: Servers) -> None:
    cloud.create(*endpoint_steps())
    arn = cloud.start()
    servers.await_start().failed("broken")
    cloud.call("DeleteEndpoint", EndpointName="endpoint")
    cloud.host.wait_for(lambda: not cloud.call("ListEndpoints")["Endpoints"])
    look(cloud)
    cloud.wait_for_end(arn)
    assert "Failed to invoke sagemaker:DescribeEndpoint" in reason(cloud, arn, "endpoint")


def test_names_of_configurations_and_endpoints_are_those_of_the_definition(cloud: Cloud) -> None:
    cloud.create(model_step(), config_step(get("Steps.model.ModelName"), EndpointConfigName="mine"))
    first = cloud.start()
    cloud.wait_for_end(first)
    assert arn_of(cloud, first, "config", "EndpointConfig") == f"{ARN}:endpoint-config/mine"
    second = cloud.start()
    cloud.wait_for_end(second)
    assert "Cannot create already existing endpoint configuration" in reason(cloud, second, "config")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([config_step("m") | {"RetryPolicies": []}], "unknown property 'RetryPolicies'"),
        ([model_step() | {"CacheConfig": {}}], "unknown property 'CacheConfig'"),
        ([step("Endpoint", "e", {})], "Value null at 'endpointConfigName' failed to satisfy"),
        ([step("Model", "m", {"Colour": "red"})], "Unknown Argument member 'Colour'"),
        ([model_step(), config_step(get("Steps.model.Colour"))], "does not have this property"),
    ],
)
def test_what_such_a_step_cannot_have_is_refused(cloud: Cloud, steps: list[Document], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        cloud.create(*steps)
