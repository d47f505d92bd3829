from pathlib import Path
from typing import Any

import pytest

from driver.executions.workflow.inputs import check_inputs, read_inputs, set_inputs
from driver.executions.workflow.schema import WorkflowSchema, read_schema, workflow_names
from driver.manifests.complaints import expected
from driver.model.exceptions import WorkflowInputError
from tests.unit.driver.fakes import BUCKET, OUTPUTS, WORKFLOWS

FOLDER = Path(__file__).resolve().parents[5] / "resources/workflows"
DOCUMENT: dict[str, Any] = {
    "title": "A workflow",
    "type": "object",
    "additionalProperties": False,
    "required": ["model_name"],
    "properties": {
        "model_name": {"type": "string", "description": "Which model", "pattern": "^[a-z]+$"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "share": {"type": "number", "default": 0.5},
        "fast": {"type": "boolean", "default": False},
        "kind": {"enum": ["a", "b"], "default": "a"},
        "hyperparameters": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
        "models": {
            "type": "array",
            "items": {"type": "object", "properties": {"depth": {"type": "integer"}}},
            "default": [],
        },
        "data": {"type": "string", "default": "s3://${bucket_name}/workflows/data/training/"},
    },
}
SCHEMA = WorkflowSchema("some", DOCUMENT, {**OUTPUTS, **WORKFLOWS})


@pytest.mark.parametrize(
    ("setting", "inputs"),
    [
        ("count=3", {"count": 3}),
        ("share=1e-3", {"share": 0.001}),
        ("fast=true", {"fast": True}),
        ("model_name=3", {"model_name": "3"}),
        ("model_name=a=b", {"model_name": "a=b"}),
        ("model_name=", {"model_name": ""}),
        ("hyperparameters.max-depth=3", {"hyperparameters": {"max-depth": "3"}}),
        ('models=[{"depth": 1}]', {"models": [{"depth": 1}]}),
        ("count=many", {"count": "many"}),
        ("kind=b", {"kind": "b"}),
        ("unknown.deeper=[1]", {"unknown": {"deeper": [1]}}),
    ],
)
def test_a_setting_has_the_type_the_schema_wants(setting: str, inputs: dict[str, object]) -> None:
    assert set_inputs({}, [setting], SCHEMA) == inputs


def test_settings_are_added_to_what_was_given_and_the_last_counts() -> None:
    given = {"hyperparameters": {"a": "1", "b": "2"}}
    settings = ["hyperparameters.b=3", "hyperparameters.b=4", "count=2"]
    assert set_inputs(given, settings, SCHEMA) == {"hyperparameters": {"a": "1", "b": "4"}, "count": 2}
    assert given == {"hyperparameters": {"a": "1", "b": "2"}}


@pytest.mark.parametrize("setting", ["count", "=3", "a..b=1", "count.deeper=1"])
def test_a_setting_that_sets_nothing_is_refused(setting: str) -> None:
    with pytest.raises(WorkflowInputError, match="sets nothing"):
        set_inputs({"count": 1}, [setting], SCHEMA)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "model_name: missing; expected text that matches ^[a-z]+$ (Which model)"),
        ({"model_name": "a", "cuont": 1}, "cuont: there is no such input; did you mean count?"),
        ({"model_name": "a", "xyz": 1}, "xyz: there is no such input; there are model_name, count,"),
        ({"model_name": "a", "count": 10}, "count: expected a whole number from 1 to 9, not 10"),
        ({"model_name": "a", "count": "many"}, 'count: expected a whole number from 1 to 9, not "many"'),
        ({"model_name": "A"}, 'model_name: expected text that matches ^[a-z]+$ (Which model), not "A"'),
        ({"model_name": "a", "kind": "c"}, 'kind: expected one of "a", "b", not "c"'),
        (
            {"model_name": "a", "hyperparameters": {"x": 1}},
            "hyperparameters.x: expected text, not 1",
        ),
        (
            {"model_name": "a", "models": [{}, {"depth": "x"}]},
            'models[1].depth: expected a whole number, not "x"',
        ),
    ],
)
def test_a_wrong_input_is_named_with_what_was_expected(inputs: dict[str, object], words: str) -> None:
    with pytest.raises(WorkflowInputError) as raised:
        check_inputs(inputs, SCHEMA)
    assert words in raised.value.why
    assert "invoke workflows --workflow some" in raised.value.next_step


ACCESS = {
    "read": ["s3://ours/workflows/*"],
    "write": ["s3://ours/workflows/output/*"],
    "image": ["1.dkr.ecr.us-west-2.amazonaws.com/sagestep-*"],
    "name": ["sagestep-*"],
}
KINDS = {
    "properties": {kind: {"type": "string", "access": kind} for kind in ACCESS},
    "additionalProperties": {"access": "read"},
}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"read": "s3://ours/workflows/data/"}, ""),
        ({"read": "s3://ours/workflow"}, "read: the deployment's roles may read s3://ours/workflows/* only"),
        ({"read": "s3://others/workflows/x"}, "not s3://others/workflows/x"),
        ({"read": ""}, ""),
        ({"write": "s3://ours/workflows/output"}, ""),
        ({"write": "s3://ours/workflows/outputs"}, "may write to s3://ours/workflows/output/* only"),
        ({"image": "1.dkr.ecr.us-west-2.amazonaws.com/sagestep-scikit:latest"}, ""),
        ({"image": "2.dkr.ecr.us-west-2.amazonaws.com/sagestep-scikit:latest"}, "may run 1.dkr.ecr."),
        ({"name": "Sagestep-wine"}, ""),
        ({"name": "wine"}, "may make sagestep-* only, not wine"),
        ({"other": "s3://others/"}, ""),
    ],
)
def test_what_the_roles_deny_is_refused_before_anything_starts(inputs: dict[str, str], words: str) -> None:
    schema = WorkflowSchema("some", KINDS, {"job_access": ACCESS})
    if not words:
        check_inputs(inputs, schema)
        return
    with pytest.raises(WorkflowInputError) as raised:
        check_inputs(inputs, schema)
    assert words in raised.value.why
    check_inputs(inputs, WorkflowSchema("some", KINDS, {}))  # a deployment of an earlier version


@pytest.mark.parametrize("name", workflow_names(FOLDER))
def test_every_place_image_and_name_of_the_workflows_is_checked(name: str) -> None:
    properties = read_schema(FOLDER, name, {}).document["properties"]
    named = {
        "training_data",
        "source",
        "input",
        "model_data",
        "output_path",
        "output",
        "destination",
        "image",
    }
    for field in named & properties.keys():
        assert "access" in properties[field], field


def test_all_wrong_inputs_are_counted_and_five_are_named() -> None:
    with pytest.raises(WorkflowInputError, match="8 wrong inputs") as raised:
        check_inputs({f"wrong{number}": 1 for number in range(7)}, SCHEMA)
    assert len(raised.value.why.splitlines()) == 6


def test_a_long_value_is_cut_and_a_long_input_refused() -> None:
    with pytest.raises(WorkflowInputError) as raised:
        check_inputs({"model_name": "A" * 1000}, SCHEMA)
    assert len(raised.value.why) < 200
    with pytest.raises(WorkflowInputError, match="262144"):
        check_inputs({"model_name": "a" * 262_144}, SCHEMA)


def test_inputs_come_as_json_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.json"
    file.write_text('{"count": 2}')
    assert read_inputs(f"@{file}") == read_inputs('{"count": 2}') == {"count": 2}
    assert read_inputs("") == {}


@pytest.mark.parametrize("text", ["{", "[]", "3", "@no-such-file", "@/dev"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(WorkflowInputError):
        read_inputs(text)


def test_defaults_are_told_as_the_deployment_has_them() -> None:
    fields = {field.name: field for field in SCHEMA.fields}
    assert fields["data"].default == f"s3://{BUCKET}/workflows/data/training/"
    assert SCHEMA.sample_field == "data"
    assert [field.name for field in SCHEMA.fields if field.is_required] == ["model_name"]
    assert "…" in str(WorkflowSchema("some", DOCUMENT, {}).fields[-1].default)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "any value"),
        ({"type": ["integer", "null"], "minimum": 1}, "a whole number or null of 1 or more"),
        ({"type": "number", "maximum": 2}, "a number of 2 or less"),
        ({"type": "string", "minLength": 1, "maxLength": 9}, "text of 1 to 9 characters"),
        ({"type": "array", "minItems": 1}, "a list of 1 to any number of items"),
    ],
)
def test_what_is_expected_is_said_in_words(schema: dict[str, object], words: str) -> None:
    assert expected(schema) == words


@pytest.mark.parametrize("name", workflow_names(FOLDER))
def test_every_example_and_default_of_this_project_fits_its_schema(name: str) -> None:
    values = {**OUTPUTS, **WORKFLOWS}
    schema = read_schema(FOLDER, name, values)
    examples = {field.name: field.example for field in schema.fields if field.example is not None}
    check_inputs(examples, schema)
    assert all(field.description for field in schema.fields)
    assert all(field.is_required or field.default is not None for field in schema.fields)


def test_workflows_that_need_no_input_use_the_sample() -> None:
    for name in ("train", "train_many", "process", "end_to_end"):
        schema = read_schema(FOLDER, name, {**OUTPUTS, **WORKFLOWS})
        check_inputs({}, schema)
        assert schema.sample_field
