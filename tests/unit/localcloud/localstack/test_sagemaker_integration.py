from datetime import UTC, datetime

import pytest

from localcloud.localstack.sagemaker_integration import (
    error_cause,
    error_name,
    is_supported,
    plain,
    problems,
    problems_when_made,
    unusable,
)

Document = dict[str, object]
MODEL: Document = {"ModelName": "m"}


@pytest.mark.parametrize(
    ("action", "pattern"),
    [
        ("createTrainingJob", None),
        ("createTrainingJob", "sync"),
        ("createProcessingJob", "sync"),
        ("createTransformJob", "sync"),
        ("createHyperParameterTuningJob", None),
        ("createHyperParameterTuningJob", "sync"),
        ("createModel", None),
        ("createEndpointConfig", None),
        ("createEndpoint", None),
        ("updateEndpoint", None),
    ],
)
def test_awss_list_of_optimized_apis_is_supported(action: str, pattern: str | None) -> None:
    assert is_supported(action, pattern)


@pytest.mark.parametrize(
    ("action", "pattern"),
    [
        ("deleteModel", None),
        ("CreateModel", None),
        ("", None),
        ("createModel", "sync"),
        ("createTrainingJob", "sync:2"),
        ("createTrainingJob", "waitForTaskToken"),
        ("createHyperParameterTuningJob", "sync:2"),
        ("createLabelingJob", "sync"),
    ],
)
def test_everything_else_is_not(action: str, pattern: str | None) -> None:
    assert not is_supported(action, pattern)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"Tags": [{"Key": "k", "Value": "v"}]}, []),
        ({"ModelName": 3}, ["The value for the field 'ModelName' must be a STRING"]),
        ({"Tags": [{"Key": "k"}]}, ["The field 'Value' is required but was missing"]),
        ({"S3Operations": {}}, ['The field "S3Operations" is not supported by Step Functions']),
        ({"PrimaryContainer": {"Environment": {"A": 1}}}, ["The value for the field 'A' must be a STRING"]),
        ({"Containers": [{"x": 1}]}, ['The field "x" is not supported by Step Functions']),
        ({"EnableNetworkIsolation": True}, []),
    ],
)
def test_parameters_that_cannot_be_used_are_named(change: Document, found: list[str]) -> None:
    assert problems("CreateModel", MODEL | change) == found


def test_the_cause_quotes_the_parameters() -> None:
    assert unusable("Save", 8, MODEL, ["No", "Never"]) == (
        "An error occurred while executing the state 'Save' (entered at the event id #8). "
        """The Parameters '{"ModelName":"m"}' could not be used to start the Task: [No, Never]"""
    )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ResourceInUse", "SageMaker.ResourceInUseException"),
        ("ResourceLimitExceeded", "SageMaker.ResourceLimitExceededException"),
        ("ConflictException", "SageMaker.ConflictException"),
        ("ValidationException", "SageMaker.AmazonSageMakerException"),
        ("ThrottlingException", "SageMaker.AmazonSageMakerException"),
        ("InternalFailure", "SageMaker.AmazonSageMakerException"),
    ],
)
def test_errors_of_the_model_keep_their_names(code: str, name: str) -> None:
    assert error_name(code) == name


def test_a_cause_tells_all_of_the_answer() -> None:
    assert error_cause("ResourceInUse", "Taken", 400, "id") == (
        "Taken (Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceInUse; "
        "Request ID: id; Proxy: null)"
    )


def test_times_are_milliseconds_in_an_output() -> None:
    time = datetime(2026, 11, 21, tzinfo=UTC)
    answer = {"CreationTime": time, "List": [{"At": time}], "Name": "n", "ResponseMetadata": {}}
    millis = int(time.timestamp() * 1000)
    assert plain(answer) == {"CreationTime": millis, "List": [{"At": millis}], "Name": "n"}


RESOURCES = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "10"}
TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"


def test_types_of_members_within_are_checked() -> None:
    found = problems("CreateTrainingJob", {"ResourceConfig": RESOURCES, "EnableNetworkIsolation": 1})
    assert "The value for the field 'InstanceCount' must be an INTEGER" in found
    assert "The value for the field 'VolumeSizeInGB' must be an INTEGER" in found
    assert "The value for the field 'EnableNetworkIsolation' must be a BOOLEAN" in found
    assert problems("CreateModel", {"ModelName": "m", "Containers": {}}) == [
        "The value for the field 'Containers' must be an ARRAY"
    ]


@pytest.mark.parametrize("is_jsonata", [False, True])
def test_what_only_an_execution_knows_is_left_open(is_jsonata: bool) -> None:
    open_value = {"InstanceCount": "{% $n %}"} if is_jsonata else {"InstanceCount.$": "$.n"}
    config = {"InstanceType": "ml.m5.large", "VolumeSizeInGB": "10", **open_value}
    found = problems_when_made(TRAIN, {"ResourceConfig": config}, is_jsonata=is_jsonata)
    assert "The value for the field 'VolumeSizeInGB' must be an INTEGER" in found
    assert not [one for one in found if "InstanceCount" in one]
    assert problems_when_made("arn:aws:states:::sqs:sendMessage", {"x": 1}, is_jsonata=is_jsonata) == []
    assert problems_when_made(TRAIN, "{% $all %}", is_jsonata=True) == []
