"""Requests for jobs, as small as they can be, and what tests do with them over and over."""

import io
import tarfile

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud, Document

BUCKET = "bucket"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012"


def channel(name: str = "train", uri: str = f"s3://{BUCKET}/data/", **more: object) -> Document:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}} | more


def training(name: str = "job", **more: object) -> Document:
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [channel()],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    } | more


def processing_input(name: str = "data", uri: str = f"s3://{BUCKET}/data/", **more: object) -> Document:
    source = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/input/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": source | more}


def processing_output(name: str = "result", **more: object) -> Document:
    target = {
        "S3Uri": f"s3://{BUCKET}/out/{name}",
        "LocalPath": f"/opt/ml/processing/output/{name}",
        "S3UploadMode": "EndOfJob",
    }
    return {"OutputName": name, "S3Output": target | more}


def processing(name: str = "job", **more: object) -> Document:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", "script.py"]},
        "ProcessingInputs": [processing_input()],
        "ProcessingOutputConfig": {"Outputs": [processing_output()]},
        "ProcessingResources": {"ClusterConfig": cluster},
    } | more


def transform(name: str = "job", **more: object) -> Document:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
    return {
        "TransformJobName": name,
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": source}, "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    } | more


def describe(cloud: Cloud, kind: str, name: str = "job") -> Document:
    return cloud.call(f"Describe{kind}Job", **{f"{kind}JobName": name})


def await_end(cloud: Cloud, kind: str, name: str = "job") -> Document:
    """Wait until a job has ended and said so; give its description."""

    def has_ended() -> bool:
        return any(
            (detail[f"{kind}JobName"], detail[f"{kind}JobStatus"]) in ends
            for detail in cloud.host.details(f"{kind} Job State Change")
        )

    ends = {(name, status) for status in ("Completed", "Failed", "Stopped")}
    cloud.host.wait_for(has_ended)
    return describe(cloud, kind, name)


def run(cloud: Cloud, kind: str, request: Document) -> Document:
    """Create a job and wait for its end; give its description."""
    cloud.call(f"Create{kind}Job", **request)
    return await_end(cloud, kind, str(request[f"{kind}JobName"]))


def statuses(cloud: Cloud, kind: str, member: str | None = None) -> list[object]:
    """Give the statuses that EventBridge was told."""
    return [detail[member or f"{kind}JobStatus"] for detail in cloud.host.details(f"{kind} Job State Change")]


def refusal(cloud: Cloud, operation: str, request: Document, code: str = "ValidationException") -> str:
    with pytest.raises(ServiceError) as caught:
        cloud.call(operation, **request)
    assert caught.value.code == code
    return caught.value.message


def unpacked(cloud: Cloud, key: str) -> dict[str, bytes]:
    """Give the files of an archive in the bucket."""
    with tarfile.open(fileobj=io.BytesIO(cloud.host.objects[BUCKET, key])) as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
        return {name: file.read() for name, file in files if file is not None}
