"""What a CreateTrainingJob request may not ask."""

import copy

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.requests import channel, refusal, training

RULE = [{"RuleConfigurationName": "rule", "RuleEvaluatorImage": "image"}]
CARRIES_FILES = "it carries File and FastFile."


def changed(path: str, value: object) -> Document:
    """Set one member of a request, by its path; numbers are places in lists."""
    request = copy.deepcopy(training())
    place: object = request
    *folders, name = path.split(".")
    for folder in folders:
        place = place[int(folder)] if isinstance(place, list) else place[folder]  # type: ignore[index]
    assert isinstance(place, dict)
    place[name] = value
    return request


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("DebugRuleConfigurations", RULE, "DebugRuleConfigurations"),
        ("ProfilerRuleConfigurations", RULE, "ProfilerRuleConfigurations"),
        ("AlgorithmSpecification.AlgorithmName", "name", "AlgorithmSpecification.AlgorithmName"),
        ("ResourceConfig.KeepAlivePeriodInSeconds", 60, "ResourceConfig.KeepAlivePeriodInSeconds"),
        ("InputDataConfig.0.ShuffleConfig", {"Seed": 1}, "InputDataConfig.1.ShuffleConfig"),
        (
            "InputDataConfig.0.DataSource.S3DataSource.AttributeNames",
            ["a"],
            "InputDataConfig.1.DataSource.S3DataSource.AttributeNames",
        ),
    ],
)
def test_what_is_not_carried_is_refused_by_name(cloud: Cloud, path: str, value: object, named: str) -> None:
    message = refusal(cloud, "CreateTrainingJob", changed(path, value))
    assert message == f"{named} is not supported by the local cloud."


@pytest.mark.parametrize(
    ("path", "value", "carried"),
    [
        ("AlgorithmSpecification.TrainingInputMode", "Pipe", CARRIES_FILES),
        ("InputDataConfig.0.InputMode", "Pipe", CARRIES_FILES),
        ("InputDataConfig.0.CompressionType", "Gzip", "it carries None."),
        ("InputDataConfig.0.RecordWrapperType", "RecordIO", "it carries None."),
        (
            "InputDataConfig.0.DataSource.S3DataSource.S3DataType",
            "AugmentedManifestFile",
            "it carries S3Prefix and ManifestFile.",
        ),
    ],
)
def test_values_that_are_not_carried_are_refused(
    cloud: Cloud, path: str, value: object, carried: str
) -> None:
    message = refusal(cloud, "CreateTrainingJob", changed(path, value))
    assert f"'{value}' is not supported by the local cloud; {carried}" in message


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("AlgorithmSpecification.TrainingImage", None, "AlgorithmSpecification.TrainingImage is required."),
        ("ResourceConfig", None, "ResourceConfig is required."),
        ("ResourceConfig.InstanceType", None, "ResourceConfig.InstanceType is required."),
        ("StoppingCondition", None, "StoppingCondition is required."),
        ("OutputDataConfig.S3OutputPath", "https://bucket/x", "is no S3 URI"),
        ("InputDataConfig.0.DataSource", {}, "S3DataSource is required."),
        ("InputDataConfig.0.ChannelName", "..", "names no directory"),
        (
            "InputDataConfig",
            [channel(), channel()],
            "Channel names must be unique. Duplicate channel name: 'train'.",
        ),
        ("StoppingCondition.MaxRuntimeInSeconds", 10_000_000, "must not exceed 2419200 seconds (28 days)"),
        (
            "AlgorithmSpecification.MetricDefinitions",
            [{"Name": "a", "Regex": "("}],
            "The Regex '(' of metric 'a' is invalid",
        ),
        (
            "AlgorithmSpecification.MetricDefinitions",
            [{"Name": "a", "Regex": "x"}, {"Name": "a", "Regex": "y"}],
            "Duplicate metric name: 'a'",
        ),
        ("Tags", [{"Key": "aws:x", "Value": ""}], "begins with aws:"),
        (
            "EnableManagedSpotTraining",
            True,
            "Invalid MaxWaitTimeInSeconds. It must be",
        ),
        (
            "StoppingCondition.MaxWaitTimeInSeconds",
            60,
            "needs EnableManagedSpotTraining",
        ),
        ("CheckpointConfig", {"S3Uri": "https://bucket/x"}, "is no S3 URI"),
        (
            "CheckpointConfig",
            {"S3Uri": "s3://b/x", "LocalPath": "a/b"},
            "must be the absolute path",
        ),
        ("CheckpointConfig", {"S3Uri": "s3://b/x", "LocalPath": "/opt/../b"}, "must be the absolute path"),
        ("CheckpointConfig", {"S3Uri": "s3://b/x", "LocalPath": "/"}, "must be the absolute path"),
        ("CheckpointConfig", {"S3Uri": "s3://b/x", "LocalPath": "/opt/ml/"}, "and not of /opt/ml"),
        ("AlgorithmSpecification", None, "AlgorithmSpecification is required"),
    ],
)
def test_rules_that_the_model_does_not_know(cloud: Cloud, path: str, value: object, message: str) -> None:
    assert message in refusal(cloud, "CreateTrainingJob", changed(path, value))


def test_the_model_is_asked_first(cloud: Cloud) -> None:
    message = refusal(cloud, "CreateTrainingJob", changed("TrainingJobName", "-x"))
    assert "Value '-x' at 'trainingJobName' failed to satisfy constraint" in message
