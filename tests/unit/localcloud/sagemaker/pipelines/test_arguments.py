"""Arguments of steps that are requests: checked against the service model when the pipeline is created."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document, get
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import processing_input
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    cloud_with,
    processing_step,
    training_step,
    transform_step,
)

RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
TEXT, NUMBER = get("Parameters.text"), get("Parameters.number")
PARAMETERS = [{"Name": "text"}, {"Name": "number", "Type": "Integer", "DefaultValue": -1}]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(FakeImages(), tmp_path) as cloud:
        yield cloud


def trained(**arguments: object) -> Document:
    return training_step(arguments=arguments)


def trained_on(**resources: object) -> Document:
    return trained(ResourceConfig=RESOURCES | resources)


def processed(**arguments: object) -> Document:
    return processing_step(arguments=arguments)


def program(*arguments: object) -> Document:
    return processed(AppSpecification={"ImageUri": "image", "ContainerArguments": arguments})


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            trained(OutputDataConfig=None),
            "Step 'train', Arguments: 1 validation error detected: Value",
        ),
        (
            trained(OutputDataConfig=None),
            "at 'outputDataConfig' failed to satisfy constraint: Member must",
        ),
        (trained(Colour="red"), "Unknown Argument member 'Colour'"),
        (trained(OutputDataConfig={"Uri": "x"}), "Unknown Argument member 'Uri'"),
        (trained(InputDataConfig=[{"ChannelName": "a"}]), "null at 'inputDataConfig.1.member.dataSource'"),
        (trained(InputDataConfig={"a": 1}), "Expecting start of Json Array. (Step 'train', Arguments.Input"),
        (trained(InputDataConfig=TEXT), "Expecting start of Json Array. (Step 'train', Arguments.Input"),
        (trained(OutputDataConfig="s3"), "Expecting start of Json Object. (Step 'train', Arguments.Output"),
        (trained(OutputDataConfig=TEXT), "Expecting start of Json Object. (Step 'train', Arguments.Output"),
        (trained(RoleArn=["a"]), 'Arguments.RoleArn must be of type String, and is ["a"]'),
        (
            trained(HyperParameters={"a": {"b": 1}}),
            "Step 'train', Arguments.HyperParameters.a must be",
        ),
        (trained(HyperParameters={"epochs": 3}), "Arguments.HyperParameters.epochs must be of type String"),
        (
            trained_on(InstanceCount="1"),
            "ResourceConfig.InstanceCount must be of type Integer, and is",
        ),
        (
            trained_on(InstanceCount=TEXT),
            "reference [Parameters.text] to argument of type [Integer]",
        ),
        (
            trained_on(InstanceCount={"Std:Join": {"Values": [NUMBER]}}),
            "[Std:Join] to argument of type [Int",
        ),
        (
            trained_on(InstanceCount=get("Execution.PipelineName")),
            "[Execution.PipelineName] to argument",
        ),
        (
            trained(HyperParameters={"a": NUMBER}),
            "[Parameters.number] to argument of type [String]",
        ),
        (
            trained(StoppingCondition={"MaxRuntimeInSeconds": 0}),
            "Member must have value greater than",
        ),
        (
            processed(ProcessingInputs=[processing_input(f"i{n}") for n in range(11)]),
            "than or equal to 10",
        ),
        (program(TEXT, "a" * 260), "[Parameters.text, aaaaa"),
        (program(TEXT, "a" * 260), "[Member must have length less than or equal to 256"),
        (transform_step(arguments={"BatchStrategy": "Some"}), "'batchStrategy' failed to satisfy constraint"),
        (trained(RoleArn=get("Steps.train.RoleArn")), "in a circle: train -> train"),
        (training_step(PropertyFiles=[]), "unknown property 'PropertyFiles'"),
        ({"Name": "train", "Type": "Training"}, "Expecting start of Json Object"),
    ],
)
def test_arguments_that_no_request_could_have_are_refused_at_creation(
    cloud: Cloud, step: Document, message: str
) -> None:
    with pytest.raises(ServiceError, match=re.escape(message)) as caught:
        cloud.create(step, Parameters=PARAMETERS)
    assert caught.value.code == "ValidationException"


def test_what_is_not_known_yet_is_left_open_at_creation(cloud: Cloud) -> None:
    """A reference may stand for any plain value of its type, however narrow the value's limits."""
    cloud.create(
        trained(
            ResourceConfig={"InstanceType": TEXT, "InstanceCount": NUMBER, "VolumeSizeInGB": NUMBER},
            AlgorithmSpecification={"TrainingImage": TEXT, "TrainingInputMode": TEXT},
            HyperParameters={"number": {"Std:Join": {"On": "", "Values": [NUMBER]}}},
            RoleArn=TEXT,
            MaxRuntime=None,
        ),
        processed(ProcessingInputs=[processing_input(f"i{n}", LocalPath=TEXT) for n in range(10)]),
        Parameters=PARAMETERS,
    )
