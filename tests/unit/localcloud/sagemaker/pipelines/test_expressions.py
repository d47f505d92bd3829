"""Expressions: what is read, what is refused, what they are worth."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.pipelines.expressions import (
    Environment,
    ParameterReference,
    StepReference,
    evaluate,
    parse_expression,
    references,
)
from localcloud.sagemaker.pipelines.paths import Path, look_up, parse_path
from localcloud.sagemaker.pipelines.reading import DefinitionError, StepError
from localcloud.sagemaker.pipelines.values import Value, ValueType, convert, render, type_of

DOCUMENTS: Mapping[str, object] = {
    "s3://bucket/report.json": {"metrics": {"mse": {"value": 2.5}}, "rows": [{"name": "first"}], "none": None}
}


def no_document(uri: str) -> object:
    raise StepError(f"ClientError: {uri} does not exist.")


def value_of(document: object, **properties: Mapping[Path, Value]) -> Value:
    environment = Environment(
        parameters={"text": "a", "number": 3, "half": 0.5, "flag": True},
        execution={"PipelineName": "pipeline", "PipelineExecutionId": "abc123"},
        properties=properties,
        read_json=lambda uri: DOCUMENTS[uri] if uri in DOCUMENTS else no_document(uri),
    )
    return evaluate(parse_expression(document, "here"), environment)


@pytest.mark.parametrize("value", ["text", "", 0, -7, 2.5, True, False])
def test_plain_values_stand_for_themselves(value: Value) -> None:
    assert value_of(value) == value
    assert type_of(value_of(value)) is type_of(value)


def test_get_reads_parameters_execution_variables_and_properties_of_steps() -> None:
    assert value_of({"Get": "Parameters.number"}) == 3
    assert value_of({"Get": "Execution.PipelineExecutionId"}) == "abc123"
    outputs: Mapping[Path, Value] = {("OutputParameters", "my.out put"): "found"}
    assert value_of({"Get": "Steps.one.OutputParameters['my.out put']"}, one=outputs) == "found"
    assert value_of({"Get": 'Steps.one.OutputParameters["my.out put"]'}, one=outputs) == "found"
    decided: Mapping[str, Mapping[Path, Value]] = {"c-1": {("Outcome",): False}}
    assert value_of({"Get": "Steps.c-1.Outcome"}, **decided) is False


def test_join_writes_values_as_strings_booleans_in_lower_case() -> None:
    values = ["x", {"Get": "Parameters.number"}, {"Get": "Parameters.flag"}, 1.1, False]
    assert value_of({"Std:Join": {"On": "-", "Values": values}}) == "x-3-true-1.1-false"
    assert (
        value_of({"Std:Join": {"Values": ["a", {"Std:Join": {"On": "/", "Values": ["b", "c"]}}]}}) == "ab/c"
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metrics.mse.value", 2.5),
        ("$.metrics['mse'].value", 2.5),
        ("rows[0].name", "first"),
        ("rows[0]['name']", "first"),
    ],
)
def test_json_get_reads_a_document_in_s3(path: str, value: Value) -> None:
    uri = {"Std:Join": {"On": "/", "Values": ["s3:/", "bucket", "report.json"]}}
    assert value_of({"Std:JsonGet": {"S3Uri": uri, "Path": path}}) == value


@pytest.mark.parametrize(
    ("uri", "path", "reason"),
    [
        ("s3://bucket/report.json", "metrics.mae", "JSON path 'metrics.mae' was not found"),
        ("s3://bucket/report.json", "rows[3]", "was not found"),
        ("s3://bucket/report.json", "rows.name", "was not found"),
        ("s3://bucket/report.json", "metrics", "is not a String, Integer, Float or Boolean"),
        ("s3://bucket/report.json", "none", "is not a String, Integer, Float or Boolean"),
        ("s3://bucket/other.json", "a", "does not exist"),
    ],
)
def test_json_get_says_why_it_finds_nothing(uri: str, path: str, reason: str) -> None:
    with pytest.raises(StepError, match=reason):
        value_of({"Std:JsonGet": {"S3Uri": uri, "Path": path}})


def test_a_missing_output_fails_the_step_that_refers_to_it() -> None:
    with pytest.raises(StepError, match="step 'one' ended without this output"):
        value_of({"Get": "Steps.one.OutputParameters['y']"}, one={})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "must be a String, Integer, Float, Boolean"),
        ([1], "nested values are not supported"),
        ({"a": 1, "b": 2}, "nested values are not supported"),
        ({}, "nested values are not supported"),
        ({"Std:Split": []}, "unknown function 'Std:Split'"),
        ({"Get": 5}, "Get takes a String"),
        ({"Get": "Nothing.x"}, "invalid reference 'Nothing.x'"),
        ({"Get": "Parameters."}, "invalid reference"),
        ({"Get": "Execution.Colour"}, "invalid reference 'Execution.Colour'"),
        ({"Get": "Steps.a"}, "invalid reference 'Steps.a'"),
        ({"Get": "Steps.a.b['c"}, "is not a path"),
        ({"Std:Join": []}, "Expecting start of Json Object"),
        ({"Std:Join": {"On": 1, "Values": []}}, "Std:Join takes On"),
        ({"Std:Join": {"On": "-"}}, "Std:Join takes On"),
        ({"Std:Join": {"Values": [], "By": ""}}, "unknown property 'By'"),
        ({"Std:JsonGet": {"Path": "a"}}, "takes either S3Uri or PropertyFile, and Path"),
        (
            {
                "Std:JsonGet": {
                    "S3Uri": "s3://b/k",
                    "PropertyFile": {"Get": "Steps.s.PropertyFiles.P"},
                    "Path": "a",
                }
            },
            "takes either S3Uri or PropertyFile, and Path",
        ),
        ({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a["}}, "is not a path"),
        ({"Get": "Steps.s.PropertyFiles.P"}, "can only be the PropertyFile of Std:JsonGet"),
        ({"Std:JsonGet": {"PropertyFile": "Steps.s.PropertyFiles.P", "Path": "a"}}, "start of Json Object"),
        ({"Std:JsonGet": {"PropertyFile": {"Get": "Steps.s.P"}, "Path": "a"}}, "takes Get of Steps.<step>"),
        ({"Std:JsonGet": {"PropertyFile": {"Get": 1}, "Path": "a"}}, "takes Get of Steps.<step>"),
    ],
)
def test_what_is_no_expression_is_refused_and_says_where(document: object, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        parse_expression(document, "Step 's'")


def test_references_are_found_at_any_depth() -> None:
    inner = {"Std:JsonGet": {"S3Uri": {"Get": "Steps.s.OutputParameters['uri']"}, "Path": "a"}}
    expression = parse_expression({"Std:Join": {"Values": [{"Get": "Parameters.p"}, "x", inner]}}, "here")
    found = list(references(expression))
    assert found == [
        ParameterReference("p"),
        StepReference("s", ("OutputParameters", "uri"), "Steps.s.OutputParameters['uri']"),
    ]


@given(
    st.lists(
        st.one_of(st.integers(0, 9), st.text(st.characters(exclude_characters="'[]"), max_size=5)), min_size=1
    )
)
def test_paths_are_taken_apart_the_way_they_were_written(parts: list[str | int]) -> None:
    text = "".join(f"[{part}]" if isinstance(part, int) else f"['{part}']" for part in parts)
    assert parse_path(text) == tuple(parts)
    document: object = "here"
    for part in reversed(parts):
        document = [None] * part + [document] if isinstance(part, int) else {part: document}
    assert look_up(document, parse_path(text)) == "here"


@given(
    st.one_of(
        st.text(),
        st.integers(-(10**18), 10**18),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_a_value_survives_being_written_as_a_string(value: Value) -> None:
    assert convert(render(value), type_of(value)) == value


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("1_000", ValueType.INTEGER),
        ("1.0", ValueType.INTEGER),
        (True, ValueType.INTEGER),
        ("", ValueType.INTEGER),
        ("nan", ValueType.FLOAT),
        ("inf", ValueType.FLOAT),
        (False, ValueType.FLOAT),
        ("yes", ValueType.BOOLEAN),
        (1, ValueType.BOOLEAN),
        (None, ValueType.STRING),
        ({"a": 1}, ValueType.INTEGER),
    ],
)
def test_what_is_not_of_a_type_is_not_made_so(raw: object, wanted: ValueType) -> None:
    with pytest.raises(ValueError, match=f"is not of type {wanted}"):
        convert(raw, wanted)


def test_nested_outputs_become_the_string_of_their_json() -> None:
    assert json.loads(str(convert({"a": [1, 2]}, ValueType.STRING))) == {"a": [1, 2]}
