"""Endpoints of each kind for the tests of the saved state, and how they are seen to serve again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.images import (
    deployed_endpoint,
    invoke,
    model,
    predict,
    read,
    runtime,
    settled_endpoint,
)
from tests.integration.wire import ROLE, Cloud, eventually, unique


def make_endpoint(cloud: Cloud) -> Any:
    return deployed_endpoint(cloud, model(cloud, "weights"))


def see_endpoint(cloud: Cloud, name: Any) -> None:
    assert settled_endpoint(cloud, name) == "InService"
    assert _predict(cloud, name)["model"] == "weights"


def _predict(cloud: Cloud, name: str, **members: str) -> Any:
    """Ask once: an endpoint that was in service serves as soon as the cloud does."""
    return json.loads(invoke(cloud, name, "1,2", **members)["Body"])


def make_serverless(cloud: Cloud) -> Any:
    name, config = unique("endpoint"), unique("config")
    variant: Any = {
        "VariantName": "all",
        "ModelName": model(cloud, "weights"),
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2},
    }
    cloud.sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert settled_endpoint(cloud, name) == "InService"
    return name


def make_serial(cloud: Cloud) -> Any:
    described = cloud.sagemaker.describe_model(ModelName=model(cloud, "weights"))["PrimaryContainer"]
    name = unique("model")
    containers: Any = [
        {**described, "ContainerHostname": one, "Environment": {"AS": one}} for one in ("echo", "last")
    ]
    cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, Containers=containers)
    return deployed_endpoint(cloud, name)


def make_captured(cloud: Cloud) -> Any:
    bucket = cloud.bucket()
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    endpoint = deployed_endpoint(cloud, model(cloud, "weights"), DataCaptureConfig=capture)
    predict(cloud, endpoint, "1,2")
    return bucket, endpoint


def see_captured(cloud: Cloud, made: Any) -> None:
    bucket, endpoint = made
    now = datetime.now(UTC)
    invocations = cloud.stack.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "all"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in invocations) >= 1
    see_endpoint(cloud, endpoint)
    # One file of before, one of now.
    eventually(lambda: len(cloud.s3.list_objects_v2(Bucket=bucket).get("Contents", [])) == 2)


def make_asynchronous(cloud: Cloud) -> Any:
    """Leave a request that runs and one that waits behind it."""
    bucket = cloud.bucket()
    config = {
        "OutputConfig": {"S3OutputPath": f"s3://{bucket}/out"},
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
    }
    endpoint = deployed_endpoint(cloud, model(cloud, "weights"), AsyncInferenceConfig=config)
    outputs = []
    for body in (b"sleep 5", b"1,2"):
        cloud.s3.put_object(Bucket=bucket, Key=body.decode(), Body=body)
        asked = runtime(cloud).invoke_endpoint_async(
            EndpointName=endpoint, InputLocation=f"s3://{bucket}/{body.decode()}", ContentType="text/csv"
        )
        outputs.append(asked["OutputLocation"])
    return bucket, outputs


def see_asynchronous(cloud: Cloud, made: Any) -> None:
    bucket, outputs = made

    def written() -> int:
        return len(cloud.s3.list_objects_v2(Bucket=bucket, Prefix="out/").get("Contents", []))

    eventually(written, (2).__eq__)
    assert [json.loads(read(cloud, uri))["given"] for uri in outputs] == ["sleep 5", "1,2"]


def make_components(cloud: Cloud, *names: str) -> tuple[str, dict[str, str]]:
    """Make an endpoint with inference components, each with a model that is called as it is; give them."""
    config, endpoint = unique("config"), unique("endpoint")
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ExecutionRoleArn=ROLE,
        ProductionVariants=[{"VariantName": "all", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}],
    )
    cloud.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert settled_endpoint(cloud, endpoint) == "InService"
    components = {name: unique(name) for name in names}
    for name, component in components.items():
        cloud.sagemaker.create_inference_component(
            InferenceComponentName=component,
            EndpointName=endpoint,
            VariantName="all",
            Specification={
                "ModelName": model(cloud, name, AS=name),
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128},
            },
            RuntimeConfig={"CopyCount": 1},
        )
    for component in components.values():
        eventually(lambda component=component: copies(cloud, component), lambda seen: seen == 1, 60)  # type: ignore[misc]
    return endpoint, components


def copies(cloud: Cloud, component: str) -> int:
    """Give the number of copies of a component that is in service; -1 while it is not."""
    found = cloud.sagemaker.describe_inference_component(InferenceComponentName=component)
    is_settled = found["InferenceComponentStatus"] == "InService"
    return found["RuntimeConfig"]["CurrentCopyCount"] if is_settled else -1


def see_components(cloud: Cloud, made: Any) -> None:
    endpoint, components = made
    for name, component in components.items():
        assert _predict(cloud, endpoint, InferenceComponentName=component)["model"] == name
