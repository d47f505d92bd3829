"""No field is accepted and forgotten: Describe gives it back, and validate warns where it has no effect."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.wire.told_only import TOLD_ONLY, told_only
from localcloud.validation import operation_model
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.fidelity.page import status_of_fields
from tests.unit.localcloud.sagemaker.fidelity.probe import Finding, Prober, Way, put
from tests.unit.localcloud.sagemaker.fidelity.requests import baseline
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import channel
from tests.unit.localcloud.sagemaker.pipelines.job_steps import cloud_with
from tests.unit.localcloud.sagemaker.tuning.requests import CREATE

SIZES = {
    "AllocationStrategy",
    "InstanceType",
    "MaxPendingTimeInSeconds",
    "MemorySizeInMB",
    "VariantInstanceProvisionTimeoutInSeconds",
    "VolumeSizeInGB",
}
"""What asks for a machine, of which there is one: every request has some, and nobody expects another."""

OPERATIONS = (
    "CreateTrainingJob",
    "CreateProcessingJob",
    "CreateTransformJob",
    "CreateModel",
    "CreateEndpointConfig",
)
DEFAULTS = {"InitialVariantWeight", "KmsKeyId", "CompressionType"}
"""What Describe adds where a request does not have it."""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(FakeImages(), tmp_path) as cloud:
        yield cloud


@pytest.mark.parametrize("operation", [CREATE, "CreatePipeline", "StartPipelineExecution"])
def test_what_has_no_effect_is_warned_of(cloud: Cloud, operation: str) -> None:
    assert silent(operation, Prober(cloud).findings(operation)) == set()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_accepted_is_given_back_and_warned_of_where_it_has_no_effect(
    cloud: Cloud, operation: str
) -> None:
    described = operation.replace("Create", "Describe")
    shapes = operation_model("sagemaker", operation), operation_model("sagemaker", described)
    taken, given = shapes[0].input_shape, shapes[1].output_shape
    assert taken is not None
    assert given is not None
    checked = 0
    found = Prober(cloud).findings(operation)
    assert silent(operation, found) == set()
    findings = [item for item in found if item.accepted and has(given, item.way)]
    for number, item in enumerate(findings, start=1):
        caller = Caller(f"9{number:011d}", "eu-west-1")
        request = put(baseline(operation, item.way), taken, item.way, item.accepted[0])
        assert isinstance(request, dict)
        (name,) = [key for key in taken.members if key == f"{operation.removeprefix('Create')}Name"]
        for model in ("a", "model") if operation != "CreateModel" else ():
            cloud.sagemaker.call("CreateModel", caller, baseline("CreateModel") | {"ModelName": model})
        try:
            cloud.sagemaker.call(operation, caller, request)
        except ServiceError as error:
            # A field that cannot stand alone, or the text is none that it may have.
            assert error.code == "ValidationException"  # noqa: PT017
            continue
        answer = cloud.sagemaker.call(described, caller, {name: request[name]})
        assert without_defaults(at(answer, item.way)) == without_defaults(at(request, item.way)), item.way
        checked += 1
    assert checked > len(findings) / 2


def test_a_tuning_job_gives_back_what_it_only_tells(cloud: Cloud) -> None:
    told: Document = {
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        "EnableInterContainerTrafficEncryption": True,
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {
            "MaxRuntimeInSeconds": 60,
            "MaxWaitTimeInSeconds": 60,
            "MaxPendingTimeInSeconds": 7200,
        },
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 7,
            "VolumeKmsKeyId": "key",
        },
    }
    request = baseline(CREATE)
    definition = request["TrainingJobDefinition"]
    assert isinstance(definition, dict)
    definition.update(told, InputDataConfig=[channel()])
    cloud.call(CREATE, **request)
    name = {"HyperParameterTuningJobName": request["HyperParameterTuningJobName"]}
    answer = cloud.call("DescribeHyperParameterTuningJob", **name)["TrainingJobDefinition"]
    assert isinstance(answer, dict)
    assert {name: answer[name] for name in told} == told


def test_fields_with_one_name_are_told_apart() -> None:
    config = {"ProductionVariants": [{}], "KmsKeyId": "key"}
    assert [*told_only({"State": config})] == [("KmsKeyId", "/State/KmsKeyId")]
    assert [*told_only({"OutputDataConfig": {"KmsKeyId": "key"}})] == []
    assert [*told_only({"DebugHookConfig": {"S3OutputPath": "s3://a", "CollectionConfigurations": []}})] == []
    hook = {"DebugHookConfig": {"S3OutputPath": "s3://a", "CollectionConfigurations": [{}]}}
    assert [*told_only(hook)] == [("DebugHookConfig", "/DebugHookConfig")]


def silent(operation: str, findings: Sequence[Finding]) -> set[Way]:
    """Give the fields that are told only, without a warning."""
    return {
        way
        for way, status in status_of_fields(operation, findings).items()
        if status == "told only" and not TOLD_ONLY.keys() & set(way) and way[-1] not in SIZES
    }


def has(shape: Shape, way: Way) -> bool:
    """Tell whether an answer can have a field."""
    for name in way:
        while isinstance(shape, ListShape | MapShape):
            shape = shape.member if isinstance(shape, ListShape) else shape.value
        if not isinstance(shape, StructureShape) or name not in shape.members:
            return False
        shape = shape.members[name]
    return True


def at(document: object, way: Way) -> object:
    """Give a field, in the first item of each list."""
    for name in way:
        while isinstance(document, list):
            document = document[0]
        document = document.get(name) if isinstance(document, dict) else None
    return document


def without_defaults(document: object) -> object:
    """Leave out what Describe adds, within a field; a field of that name itself stays."""
    if isinstance(document, list):
        return [without_defaults(item) for item in document]
    if isinstance(document, dict):
        return {name: without_defaults(item) for name, item in document.items() if name not in DEFAULTS}
    return document
