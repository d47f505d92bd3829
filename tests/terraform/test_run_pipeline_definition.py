"""The state machine's definition: however the task ends, the true reason is kept and people are told."""

import json
import re
from typing import TypeAlias, cast

import pytest

from .program import ROOT

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
State: TypeAlias = "dict[str, Json]"

TEMPLATE = ROOT / "terraform/definitions/run_pipeline.asl.json"
VALUES = {
    "start_pipeline_function_arn": "arn:aws:lambda:us-west-2:123456789012:function:demo-start",
    "topic_arn": "arn:aws:sns:us-west-2:123456789012:demo-failures",
    "timeout_seconds": "600",
    "execution_timeout_seconds": "900",
}
LONGEST_STATE_MACHINE_NAME = 80
LONGEST_SUBJECT = 100


@pytest.fixture(scope="module")
def definition() -> dict[str, Json]:
    """Render the template as Terraform's templatefile does; a placeholder it would not know is an error."""
    text = TEMPLATE.read_text(encoding="utf-8")
    rendered = re.sub(r"\$\{(\w+)\}", lambda found: VALUES[found[1]], text)
    return cast("dict[str, Json]", json.loads(rendered))


@pytest.fixture
def states(definition: dict[str, Json]) -> dict[str, State]:
    return cast("dict[str, State]", definition["States"])


def _catchers(state: State) -> list[State]:
    return cast("list[State]", state.get("Catch", []))


def _followers(state: State) -> set[Json]:
    """Name the states that can come next."""
    return {part["Next"] for part in [state, *_catchers(state)] if "Next" in part}


def test_every_value_is_used() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEMPLATE.read_text(encoding="utf-8"))) == set(VALUES)


def test_every_state_is_reached_and_every_way_ends(
    definition: dict[str, Json], states: dict[str, State]
) -> None:
    followers: set[Json] = set().union(*(_followers(state) for state in states.values()))
    assert followers | {definition["StartAt"]} == set(states)
    ends = {name for name, state in states.items() if not _followers(state)}
    assert {states[name]["Type"] for name in ends} == {"Succeed", "Fail"}


def test_start_function_gets_token_execution_and_input(states: dict[str, State]) -> None:
    task = states["RunPipeline"]
    assert str(task["Resource"]).endswith(":lambda:invoke.waitForTaskToken")
    assert cast("State", task["Parameters"])["Payload"] == {
        "task_token.$": "$$.Task.Token",
        "execution_arn.$": "$$.Execution.Id",
        "input.$": "$$.Execution.Input",
    }


def test_task_waits_neither_for_ever_nor_for_the_dead(
    definition: dict[str, Json], states: dict[str, State]
) -> None:
    task = states["RunPipeline"]
    assert [task["TimeoutSeconds"], definition["TimeoutSeconds"]] == [600, 900]


def test_only_what_passes_is_tried_again(states: dict[str, State]) -> None:
    """The function's own refusals, and a pipeline that failed, end the task at once."""
    retriers = cast("list[State]", states["RunPipeline"]["Retry"])
    tried_again = {name for retrier in retriers for name in cast("list[str]", retrier["ErrorEquals"])}
    ours = {name for name in tried_again if not name.startswith("Lambda.")}
    assert ours == {"PassingError", "Runtime.ExitError", "Sandbox.Timedout"}


def test_every_failure_is_told_and_keeps_its_error_and_cause(states: dict[str, State]) -> None:
    (catcher,) = _catchers(states["RunPipeline"])
    # No ResultPath: the state's output is error and cause, whatever the input was.
    assert catcher == {"ErrorEquals": ["States.ALL"], "Next": "NotifyFailure"}

    notify = states["NotifyFailure"]
    (catcher,) = _catchers(notify)
    assert (notify["Next"], notify["ResultPath"]) == ("Failed", None)
    assert (catcher["ErrorEquals"], catcher["Next"], catcher["ResultPath"]) == (
        ["States.ALL"],
        "Failed",
        None,
    )
    assert states["Failed"] == {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}


def test_message_can_be_read_by_people(states: dict[str, State]) -> None:
    parameters = cast("dict[str, str]", states["NotifyFailure"]["Parameters"])
    subject = re.fullmatch(
        r"States\.Format\('([^'\n]+)', \$\$\.StateMachine\.Name\)", parameters["Subject.$"]
    )
    assert subject
    assert len(subject[1].replace("{}", "x" * LONGEST_STATE_MACHINE_NAME)) <= LONGEST_SUBJECT

    message = re.fullmatch(r"States\.Format\('([^']+)', ([^']+)\)", parameters["Message.$"])
    assert message
    told = message[2].split(", ")
    assert message[1].count("{}") == len(told)
    assert {"$$.StateMachine.Name", "$$.Execution.Id", "$.Error", "$.Cause"} <= set(told)
