"""The workflows' definitions and schemas: each is sound, and they fit each other."""

import re
from typing import Any

import jsonschema
import pytest

from .program import ROOT
from .workflow_files import (
    FOLDER,
    NAMES,
    SYNC,
    Object,
    defaults_of,
    definition_of,
    flows,
    followers,
    schema_of,
    strings,
)

LONGEST_EXECUTION = "x" * 32  # what the driver names an execution, at most
LONGEST_JOB_NAME = 63

each_workflow = pytest.mark.parametrize("name", NAMES)


def test_there_are_nine() -> None:
    assert NAMES == [
        "batch_transform",
        "configure_endpoint",
        "deploy_model",
        "end_to_end",
        "process",
        "save_model",
        "train",
        "train_many",
        "tune",
    ]
    assert sorted(path.parent.name for path in FOLDER.glob("*/input.schema.json")) == NAMES


@each_workflow
def test_every_state_is_reached_and_every_way_ends(name: str) -> None:
    for flow in flows(definition_of(name)):
        states, reached, ahead = flow["States"], set[str](), {flow["StartAt"]}
        while ahead:
            reached |= ahead
            assert ahead <= set(states)
            ahead = set().union(*(followers(states[state]) for state in ahead)) - reached
        assert reached == set(states)
        for key, state in states.items():
            ends = state.get("End") is True or state["Type"] in {"Succeed", "Fail"}
            assert ends != bool({"Next", "Default"} & set(state) or state["Type"] == "Choice"), key
            assert state["Type"] != "Choice" or "Default" in state, key


@each_workflow
def test_whatever_can_fail_is_caught_and_told(name: str) -> None:
    definition = definition_of(name)
    for flow in flows(definition):
        for key, state in flow["States"].items():
            if state["Type"] in {"Task", "Map", "Parallel"}:
                assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], key
    states = definition["States"]
    assert states["Failed"] == {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    # Whichever state a failure is caught in, it comes to where people are told: no catcher ends in success.
    caught = {
        catcher["Next"]
        for state in states.values()
        for catcher in state.get("Catch", [])
        if catcher["Next"] != "Failed"
    }
    assert caught
    for start in caught:
        assert "NotifyFailure" in _reachable(states, start)


def _reachable(states: dict[str, Object], start: str) -> set[str]:
    reached, ahead = set[str](), {start}
    while ahead:
        reached |= ahead
        ahead = set().union(*(followers(states[state]) for state in ahead)) - reached
    return reached


@each_workflow
def test_jobs_are_tried_again_only_where_sagemaker_refused_them(name: str) -> None:
    """A job that was made and failed is not: its name is taken."""
    for flow in flows(definition_of(name)):
        for key, state in flow["States"].items():
            if ":sagemaker:" in state.get("Resource", "") and key != "FindEndpoint":
                errors = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
                assert errors
                assert all(error.startswith("SageMaker.") for error in errors), key
                assert (
                    state["Resource"].endswith(SYNC)
                    or "SageMaker.ResourceLimitExceededException" not in errors
                )


@each_workflow
def test_schema_is_one_and_describes_every_input(name: str) -> None:
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["title"]
    assert schema["description"].endswith(".")
    for key, field in schema["properties"].items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
        assert field["type"], key
        assert field["description"], key
        assert field["examples"], key
        for example in field["examples"]:
            jsonschema.validate(example, field, cls=jsonschema.Draft202012Validator)


@each_workflow
def test_every_input_has_a_default_or_must_be_given(name: str) -> None:
    schema = schema_of(name)
    assert set(schema.get("required", [])) == set(schema["properties"]) - set(defaults_of(name))


@each_workflow
def test_defaults_are_inputs(name: str) -> None:
    schema = schema_of(name, LONGEST_EXECUTION)
    given = {key: schema["properties"][key]["examples"][0] for key in schema.get("required", [])}
    jsonschema.validate(
        defaults_of(name, LONGEST_EXECUTION) | given, schema, cls=jsonschema.Draft202012Validator
    )


@pytest.mark.parametrize("name", ["train", "process", "train_many", "tune", "end_to_end"])
def test_nothing_need_be_given(name: str) -> None:
    jsonschema.validate({}, schema_of(name), cls=jsonschema.Draft202012Validator)


@each_workflow
def test_definition_uses_every_input_and_no_other(name: str) -> None:
    definition = definition_of(name)
    made = {
        path.removeprefix("$.").partition(".")[0]
        for flow in flows(definition)
        for state in flow["States"].values()
        for part in [state, *state.get("Catch", [])]
        if isinstance(path := part.get("ResultPath"), str)
    }
    # What comes of a Pass state takes the input's place, and so does what a Map state hands on.
    made |= {
        key.removesuffix(".$")
        for flow in flows(definition)
        for state in flow["States"].values()
        for key in [
            *(state.get("Parameters", {}) if state["Type"] == "Pass" else {}),
            *state.get("ItemSelector", {}),
        ]
    } - set(schema_of(name)["properties"])
    made |= {"Error", "Cause", "Output"}  # of a catcher, and of an execution that was waited for
    used = {
        found
        for state in definition["States"].values()
        for text in strings(
            {key: part for key, part in state.items() if key not in {"ResultPath", "Comment"}}
        )
        for found in re.findall(r"(?<![$\w])\$\.(\w+)", text)
    }
    assert used - made == set(schema_of(name)["properties"])


@each_workflow
def test_input_takes_the_place_of_the_defaults(name: str) -> None:
    definition = definition_of(name)
    states = definition["States"]
    assert definition["StartAt"] == "Defaults"
    assert states["Defaults"]["Parameters"] == defaults_of(name)
    assert states["Defaults"]["Next"] == "Input"
    assert states["Input"]["Parameters"] == {"merged.$": "States.JsonMerge($, $$.Execution.Input, false)"}
    assert states["Input"]["OutputPath"] == "$.merged"


@each_workflow
def test_names_fit_what_sagemaker_allows(name: str) -> None:
    """With the default prefix, an execution's longest name and the last of the models."""
    texts = [*strings(definition_of(name)), *map(str, defaults_of(name).values())]
    formats = [found for text in texts for found in re.findall(r"States\.Format\('(demo-[^']*)'", text)]
    formats += [text for text in texts if text.startswith("demo-") and "{}" in text]
    for text in formats:
        longest = text.replace("demo", "sagestep", 1).replace("{}", LONGEST_EXECUTION, 1).replace("{}", "39")
        assert len(longest) <= LONGEST_JOB_NAME, text


def test_chain_hands_on_what_the_others_take() -> None:
    """And leaves nothing out that they must be given, nor what it has itself."""
    own = set(schema_of("end_to_end")["properties"])
    handed: set[str] = set()
    for state in definition_of("end_to_end")["States"].values():
        if state.get("Resource", "").endswith("startExecution.sync:2"):
            machine = str(state["Parameters"]["StateMachineArn"]).removeprefix(
                "arn:aws:states:us-west-2:123456789012:stateMachine:demo-"
            )
            schema = schema_of(machine.replace("-", "_"))
            given = {key.removesuffix(".$") for key in state["Parameters"]["Input"]}
            given -= {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"}
            assert set(schema.get("required", [])) <= given <= set(schema["properties"])
            handed |= set(re.findall(r"(?<!\$)\$\.(\w+)", " ".join(strings(state["Parameters"]["Input"]))))
    assert own <= handed | {"endpoint_name", "model_data"}


@pytest.mark.parametrize(
    ("name", "other"),
    [("train", "train_many"), ("train", "tune"), ("train_many", "tune"), ("train", "end_to_end")],
)
def test_inputs_of_the_same_name_are_the_same(name: str, other: str) -> None:
    fields: dict[str, Any] = schema_of(name)["properties"]
    others: dict[str, Any] = schema_of(other)["properties"]
    shared = set(fields) & set(others)
    assert {"training_data", "image", "output_path"} <= shared
    assert {key: fields[key] for key in shared} == {key: others[key] for key in shared}


def test_sample_is_a_table_of_wines() -> None:
    header, *rows = (ROOT / "resources" / "wine.csv").read_text(encoding="utf-8").splitlines()
    assert header.split(",")[-1] == "target"
    assert len(rows) == 178
    assert {len(row.split(",")) for row in rows} == {14}
    assert {row.rsplit(",", 1)[1] for row in rows} == {"0", "1", "2"}
