"""Properties of steps that run jobs, and the property files of Processing steps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import (
    Cloud,
    Document,
    condition_step,
    equals,
    fail_step,
    get,
    lambda_step,
)
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import ARN, BUCKET, channel
from tests.unit.localcloud.sagemaker.pipelines.job_steps import (
    cloud_with,
    processing_step,
    property_file,
    reason,
    training_step,
)


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    with cloud_with(images, tmp_path) as cloud:
        yield cloud


def received(cloud: Cloud, *steps: Document, **references: str) -> Document:
    """Run steps, then a function with these references as its event; give that event."""
    arguments = {name: get(path) for name, path in references.items()}
    outputs = dict.fromkeys(references, "String")
    arn = cloud.run(*steps, lambda_step("read", Arguments=arguments, outputs=outputs))
    metadata = cloud.steps(arn)["read"]["Metadata"]
    assert isinstance(metadata, dict)
    return {item["Name"]: item["Value"] for item in metadata["Lambda"]["OutputParameters"]}


def test_members_of_the_description_are_properties(cloud: Cloud) -> None:
    arguments: Document = {"HyperParameters": {"max-depth": "5"}}
    found = received(
        cloud,
        training_step("train", arguments),
        artifacts="Steps.train.ModelArtifacts.S3ModelArtifacts",
        name="Steps.train.TrainingJobName",
        depth="Steps.train.HyperParameters['max-depth']",
        source="Steps.train.InputDataConfig['train'].DataSource.S3DataSource.S3Uri",
        same="Steps.train.InputDataConfig[0].DataSource.S3DataSource.S3Uri",
        count="Steps.train.ResourceConfig.InstanceCount",
        made="Steps.train.CreationTime",
    )
    assert found["artifacts"] == f"s3://{BUCKET}/out/{found['name']}/output/model.tar.gz"
    assert (found["depth"], found["count"]) == ("5", "1")
    assert found["source"] == found["same"] == f"s3://{BUCKET}/data/"
    assert str(found["made"]).startswith("2026-11-21T09:")


def test_a_metric_of_a_training_job_is_a_property_by_its_name(cloud: Cloud, images: FakeImages) -> None:
    def train(container: FakeContainer) -> int:
        container.say("loss: 0.5", "loss: 0.25")
        return 0

    images.program = train
    specification = {
        "TrainingImage": "image",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "validation:loss", "Regex": "loss: ([0-9.]+)"}],
    }
    found = received(
        cloud,
        training_step("train", {"AlgorithmSpecification": specification}),
        loss="Steps.train.FinalMetricDataList['validation:loss'].Value",
    )
    assert found == {"loss": "0.25"}


def test_the_output_of_one_job_is_the_input_of_the_next(cloud: Cloud, images: FakeImages) -> None:
    def work(container: FakeContainer) -> int:
        if container.run.command[0] == "train":
            container.write("model/seen.txt", container.read("input/data/train/part.csv"))
        else:
            container.write("processing/output/result/part.csv", "3,4")
        return 0

    images.program = work
    uri = get("Steps.process.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri")
    source = channel() | {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
    arn = cloud.run(training_step("train", {"InputDataConfig": [source]}), processing_step("process"))
    assert cloud.statuses(arn) == {"process": "Succeeded", "train": "Succeeded"}


@pytest.mark.parametrize(
    "path",
    [
        "Steps.train.Colour",
        "Steps.train.ModelArtifacts.Colour",
        "Steps.train.ModelArtifacts",
        "Steps.train.InputDataConfig",
        "Steps.train.InputDataConfig[0]",
        "Steps.train.TrainingJobName.First",
        "Steps.train.SecondaryStatusTransitions['x'].Status",
        "Steps.train.HyperParameters[0]",
        "Steps.train.ProcessingOutputConfig.Outputs['a'].S3Output.S3Uri",
        "Steps.train.OutputParameters['a']",
    ],
)
def test_an_unknown_property_is_refused_at_creation(cloud: Cloud, path: str) -> None:
    with pytest.raises(ServiceError, match="step 'train' of type 'Training' does not have this property"):
        cloud.create(training_step(), lambda_step("read", Arguments={"x": get(path)}))


def test_a_property_that_the_job_came_without_fails_the_step_that_wants_it(cloud: Cloud) -> None:
    path = "Steps.process.ProcessingOutputConfig.Outputs['other'].S3Output.S3Uri"
    arn = cloud.run(processing_step(), lambda_step("read", Arguments={"x": get(path)}))
    assert cloud.statuses(arn) == {"process": "Succeeded", "read": "Failed"}
    assert reason(cloud, arn, "read") == (
        f"ClientError: '{path}' has no value: step 'process' ended without this output."
    )


def json_get(path: str, step: str = "evaluate", file: str = "report") -> Document:
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


@pytest.mark.parametrize(("mse", "ran"), [("2.5", {"good"}), ("9.5", {"bad"})])
def test_a_condition_reads_a_property_file(cloud: Cloud, images: FakeImages, mse: str, ran: set[str]) -> None:
    def evaluate(container: FakeContainer) -> int:
        text = f'{{"regression_metrics": {{"mse": {{"value": {mse}}}}}}}'
        container.write("processing/output/result/deep/report.json", text)
        return 0

    images.program = evaluate
    condition = {
        "Type": "LessThanOrEqualTo",
        "LeftValue": json_get("regression_metrics.mse.value"),
        "RightValue": 6.0,
    }
    arn = cloud.run(
        processing_step("evaluate", PropertyFiles=[property_file(path="deep/report.json")]),
        condition_step("check", [condition], [lambda_step("good")], [lambda_step("bad")]),
    )
    assert cloud.statuses(arn).keys() == {"evaluate", "check"} | ran


def test_a_property_file_that_was_not_written_fails_the_step_that_reads_it(cloud: Cloud) -> None:
    arn = cloud.run(
        processing_step("evaluate", PropertyFiles=[property_file()]),
        condition_step("check", [equals(json_get("a"), 1)], [], [fail_step("stop")]),
    )
    assert cloud.statuses(arn) == {"evaluate": "Succeeded", "check": "Failed"}
    assert f"(s3://{BUCKET}/out/result/report.json)" in reason(cloud, arn, "check")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([property_file(output="other")], "property file 'report' names output 'other', which is missing"),
        ([property_file(), property_file()], "duplicate property file name: 'report'"),
        ([property_file() | {"Colour": "red"}], "unknown property 'Colour'"),
        ([{"PropertyFileName": "report"}], "OutputName must be a String"),
        ({}, "Expecting start of Json Array"),
    ],
)
def test_a_wrong_property_file_is_refused(cloud: Cloud, files: object, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        cloud.create(processing_step(PropertyFiles=files))


@pytest.mark.parametrize(
    ("step", "file", "message"),
    [
        ("other", "report", "step 'other' does not exist"),
        ("evaluate", "other", "'Steps.evaluate.PropertyFiles.other', .* does not have this property"),
        ("train", "report", "step 'train' of type 'Training' does not have this property"),
    ],
)
def test_a_property_file_that_no_step_has_is_refused(
    cloud: Cloud, step: str, file: str, message: str
) -> None:
    with pytest.raises(ServiceError, match=message):
        cloud.create(
            training_step(),
            processing_step("evaluate", PropertyFiles=[property_file()]),
            lambda_step("read", Arguments={"x": json_get("a", step, file)}),
        )


def test_the_arn_of_a_job_is_a_property(cloud: Cloud) -> None:
    found = received(cloud, processing_step(), arn="Steps.process.ProcessingJobArn")
    assert str(found["arn"]).startswith(f"{ARN}:processing-job/pipelines-")
