import json

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from lambda_src.shared.events import EventError
from lambda_src.start_pipeline.core import VALUE_LIMIT, InvalidInputError, StartRequest, declared_parameters
from tests.unit.lambda_src.start_pipeline.function import KNOWN, RUN, STATES_ARN

LIMIT = Loader().load_service_model("sagemaker", "service-2")["shapes"]["String1024"]["max"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def parse(given: object) -> StartRequest:
    event = {"task_token": "token", "execution_arn": STATES_ARN, "input": given}
    return StartRequest.parse(event, "geospatial")


def parameters(given: object) -> dict[str, str]:
    return parse(given).parameters({*KNOWN, "parameter_run_id"})


def complaint(given: object) -> str:
    with pytest.raises(InvalidInputError) as raised:
        parameters(given)
    return str(raised.value)


def test_the_parameters_go_along_with_the_key_of_the_run() -> None:
    given = {"parameters": {"parameter_region": "us-west-2"}}
    assert parse(given).run_id == RUN
    assert parameters(given) == {"parameter_region": "us-west-2", "parameter_run_id": RUN}


def test_a_pipeline_that_does_not_take_the_key_of_the_run_is_not_given_it() -> None:
    request = parse({"pipeline": "churn", "parameters": {"C": "0.5"}})
    assert (request.pipeline, request.parameters(["C"])) == ("churn", {"C": "0.5"})


def test_the_default_pipeline_runs_where_none_is_named() -> None:
    assert parse({}).pipeline == "geospatial"
    event = {"task_token": "token", "execution_arn": STATES_ARN, "input": {}}
    with pytest.raises(InvalidInputError, match="names no pipeline, and none is the default"):
        StartRequest.parse(event, "")


@pytest.mark.parametrize(("name", "what"), [(7, "a number (7)"), ("", 'a string ("")'), (None, "null")])
def test_a_name_that_no_pipeline_can_have_is_named(name: object, what: str) -> None:
    assert complaint({"pipeline": name}) == f"pipeline is {what}; it must be the name of a pipeline."


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"parameters": {}},
        {"Comment": "Hello"},
        {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn", "Comment": {"any": "thing"}},
    ],
)
def test_without_parameters_the_definitions_defaults_hold(given: object) -> None:
    assert parameters(given) == {"parameter_run_id": RUN}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (7, "is a number (7)"),
        (0.5, "is a number (0.5)"),
        (None, "is null"),
        (True, "is a boolean (true)"),
        (["a"], 'is a list (["a"])'),
        ({"S3Data": {}}, 'is an object ({"S3Data": {}})'),
        ("x" * 1025, "has 1025 characters"),
    ],
    ids=lambda value: json.dumps(value)[:20],
)
def test_a_value_that_is_no_string_of_fitting_length_is_named(value: object, what: str) -> None:
    assert complaint({"parameters": {"parameter_region": value}}) == (
        f"The parameter parameter_region {what}; it must be a string of 1 to 1024 characters."
    )


@pytest.mark.parametrize(
    ("given", "what"),
    [([1, 2], "a list ([1, 2])"), ("text", 'a string ("text")'), (None, "null"), (5, "a number (5)")],
    ids=str,
)
def test_an_input_that_is_no_object_is_named(given: object, what: str) -> None:
    assert complaint(given) == f'The input is {what}; it must be an object such as {{"parameters": {{…}}}}.'


def test_parameters_that_are_no_object_are_named() -> None:
    assert complaint({"parameters": ["a"]}) == (
        'parameters is a list (["a"]); it must be an object of strings by parameter name.'
    )


def test_all_unknown_parameters_are_named_with_the_known_ones() -> None:
    assert complaint({"parameters": {"parameter_region": "r", "shape": "round", "colour": "red"}}) == (
        "Unknown in parameters: colour, shape. The parameters of the pipeline geospatial are "
        "parameter_queue_url, parameter_region, parameter_vej_export_config."
    )


def test_an_empty_value_is_refused_before_sagemaker_does() -> None:
    text = complaint({"parameters": {"parameter_region": ""}})
    assert "parameter_region is an empty string, which SageMaker refuses" in text
    assert "Leave it out" in text


def test_unknown_keys_beside_the_parameters_are_named() -> None:
    text = complaint({"params": {}, "parameter_region": "us-west-2"})
    assert text.startswith("The input has unknown keys: parameter_region, params. It takes pipeline")


def test_the_key_of_the_run_is_nobodys_to_give() -> None:
    assert "parameter_run_id cannot be given" in complaint({"parameters": {"parameter_run_id": "mine"}})


def test_a_value_may_be_as_long_as_sagemaker_takes() -> None:
    assert VALUE_LIMIT == LIMIT
    assert parameters({"parameters": {"parameter_region": "ü" * VALUE_LIMIT}})["parameter_region"]


@given(json_values)
def test_no_input_surprises(given: object) -> None:
    try:
        names = set(parameters(given))
    except InvalidInputError:
        names = set()
    assert names <= {*KNOWN, "parameter_run_id"}


@pytest.mark.parametrize("key", ["task_token", "execution_arn", "input"])
def test_a_payload_of_another_task_is_told_from_a_bad_input(key: str) -> None:
    event = {"task_token": "token", "execution_arn": STATES_ARN, "input": {}}
    del event[key]
    with pytest.raises(EventError, match=f"Missing.*{key}.*The keys given are"):
        StartRequest.parse(event, "geospatial")


def test_the_declared_parameters_are_those_of_the_definition() -> None:
    assert declared_parameters('{"Parameters": [{"Name": "a"}, {"Name": "b"}]}') == {"a", "b"}
    assert declared_parameters("{}") == frozenset()
