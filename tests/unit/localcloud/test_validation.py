"""Requests are checked against botocore's models and refused in AWS's words."""

import contextlib
import json
import unicodedata
from datetime import UTC, datetime

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from localcloud.errors import ServiceError
from localcloud.patterns import compile_pattern
from localcloud.sagemaker.api import SageMaker
from localcloud.validation import is_modelled_error, operation_model, validate

CREATE: dict[str, object] = {
    "PipelineName": "pipeline",
    "ClientRequestToken": "t" * 32,
    "RoleArn": "arn:aws:iam::123456789012:role/pipeline",
}


def refusal(operation: str, request: dict[str, object], service: str = "sagemaker") -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        validate(service, operation, request)
    return caught.value


def test_a_request_that_fits_the_model_passes() -> None:
    validate(
        "sagemaker",
        "CreatePipeline",
        CREATE | {"Tags": [{"Key": "Äpfel & co".replace("&", "+"), "Value": ""}]},
    )


def test_unknown_members_and_null_members_are_ignored() -> None:
    validate("sagemaker", "ListPipelines", {"MaxResults": None, "Unheard": 1})


def test_a_pattern_is_told_in_the_words_of_the_service() -> None:
    # Wording: zenml-io/zenml issue 1500 quotes this answer of CreatePipeline.
    error = refusal("CreatePipeline", CREATE | {"PipelineName": "c.versloot"})
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value 'c.versloot' at 'pipelineName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}"
    )


def test_everything_wrong_is_told_at_once() -> None:
    error = refusal(
        "CreatePipeline", {"PipelineName": "-", "ParallelismConfiguration": {"MaxParallelExecutionSteps": 0}}
    )
    assert error.message.startswith("4 validation errors detected: Value '-' at 'pipelineName'")
    assert "Value null at 'roleArn' failed to satisfy constraint: Member must not be null" in error.message
    assert (
        "Value '0' at 'parallelismConfiguration.maxParallelExecutionSteps' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    ) in error.message


def test_members_of_lists_are_named_by_their_place() -> None:
    tags = [{"Key": "a", "Value": "b"}, {"Key": "", "Value": "x" * 257}]
    message = refusal("CreatePipeline", CREATE | {"Tags": tags}).message
    assert (
        "Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater"
        in message
    )
    assert (
        "at 'tags.2.member.value' failed to satisfy constraint: Member must have length less than" in message
    )
    assert "tags.1" not in message


def test_lists_of_plain_values_are_told_as_a_whole() -> None:
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p"
    message = refusal("DeleteTags", {"ResourceArn": arn, "TagKeys": ["fine", "no|no"]}).message
    assert (
        "Value '[fine, no|no]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: ["
        in message
    )


def test_lists_have_a_length() -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    message = refusal("CreatePipeline", CREATE | {"Tags": tags}).message
    assert (
        "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50" in message
    )


def test_maps_are_told_as_a_whole_and_their_structures_by_key() -> None:
    environment = {"1bad": "x", "fine": "y" * 1025}
    container = {"PrimaryContainer": {"Environment": environment}}
    message = refusal(
        "CreateModel", {"ModelName": "m", "ExecutionRoleArn": CREATE["RoleArn"]} | container
    ).message
    assert (
        "at 'primaryContainer.environment' failed to satisfy constraint: Map keys must satisfy constraint: ["
        in message
    )
    assert (
        "at 'primaryContainer.environment' failed to satisfy constraint: Map value must satisfy constraint: ["
        in message
    )
    parameters: dict[str, object] = {
        "TrialComponentName": "t",
        "Parameters": {"rate": {"StringValue": "x" * 2501}},
    }
    assert (
        "at 'parameters.rate.member.stringValue' failed"
        in refusal("CreateTrialComponent", parameters).message
    )


def test_enums_name_what_is_allowed() -> None:
    message = refusal("ListPipelines", {"SortBy": "Colour"}).message
    assert message.endswith("Member must satisfy enum value set: [Name, CreationTime]")


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("DescribePipeline", {"PipelineName": 5}),
        ("ListPipelines", {"MaxResults": "5"}),
        ("ListPipelines", {"MaxResults": True}),
        ("ListPipelines", {"CreatedAfter": "yesterday"}),
        ("CreatePipeline", CREATE | {"Tags": {"Key": "a", "Value": "b"}}),
        ("CreatePipeline", CREATE | {"Tags": ["a"]}),
    ],
)
def test_values_of_another_json_type_cannot_be_read(operation: str, request_: dict[str, object]) -> None:
    assert refusal(operation, request_).code == "SerializationException"


def test_timestamps_are_times() -> None:
    validate("sagemaker", "ListPipelines", {"CreatedAfter": datetime(2026, 1, 1, tzinfo=UTC)})


def test_sensitive_values_are_not_repeated() -> None:
    message = refusal(
        "ListVectorEnrichmentJobs", {"NextToken": "secret" * 2000}, "sagemaker-geospatial"
    ).message
    assert "Value at 'nextToken' failed" in message
    assert "secret" not in message


def test_long_values_are_repeated_in_part() -> None:
    message = refusal("CreatePipeline", CREATE | {"PipelineDescription": "x" * 1_000_000}).message
    assert len(message) < 2000


def test_a_definition_of_a_megabyte_is_checked_at_once() -> None:
    definition = json.dumps({"Steps": [{"Name": f"s{n}"} for n in range(36_000)]}, indent=1)
    assert 900_000 < len(definition) <= 1_048_576
    validate("sagemaker", "CreatePipeline", CREATE | {"PipelineDefinition": definition})


@pytest.mark.parametrize("operation", sorted(SageMaker.OPERATIONS))
def test_every_operation_of_ours_has_a_model_that_can_be_checked(operation: str) -> None:
    assert operation_model("sagemaker", operation).input_shape is not None
    # Patterns are compiled when a value is checked: a long one goes through all that a string can have.
    with contextlib.suppress(ServiceError):
        members = operation_model("sagemaker", operation).input_shape
        assert isinstance(members, StructureShape)
        strings = {name: "x" * 40 for name, shape in members.members.items() if shape.type_name == "string"}
        validate("sagemaker", operation, strings)


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-runtime", "sagemaker-geospatial"])
def test_every_pattern_of_a_model_can_be_checked(service: str) -> None:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    patterns = {model.shape_for(name).metadata.get("pattern", "") for name in model.shape_names}
    assert len(patterns) > 1
    for pattern in patterns:
        compile_pattern(pattern)


@pytest.mark.parametrize("text", ["Für 5 € & mehr!", "a+b=c (§ 1)", "Modèle nº 1"])
def test_a_description_may_hold_marks_punctuation_and_symbols(text: str) -> None:
    request = {"ModelPackageGroupName": "group", "ModelPackageGroupDescription": text}
    validate("sagemaker", "CreateModelPackageGroup", request)


def test_a_description_may_not_hold_control_characters() -> None:
    request: dict[str, object] = {"ModelPackageGroupName": "group", "ModelPackageGroupDescription": "a\x00b"}
    assert "at 'modelPackageGroupDescription'" in refusal("CreateModelPackageGroup", request).message


@pytest.mark.parametrize(
    ("code", "is_its_own"),
    [("ResourceInUse", True), ("ConflictException", True), ("ValidationException", False), ("Tag", False)],
)
def test_a_services_own_errors_are_those_of_its_model(code: str, is_its_own: bool) -> None:
    assert is_modelled_error("sagemaker", code) is is_its_own


@given(st.text(max_size=40))
def test_a_tag_key_passes_exactly_where_java_would_let_it(key: str) -> None:
    passes = bool(key) and all(
        unicodedata.category(character)[0] in "LNZ" or character in "_.:/=+-@" for character in key
    )
    request = CREATE | {"Tags": [{"Key": key, "Value": ""}]}
    if passes:
        validate("sagemaker", "CreatePipeline", request)
    else:
        assert "at 'tags.1.member.key'" in refusal("CreatePipeline", request).message
