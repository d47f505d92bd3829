from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.executions.names import Kind, find_arn, is_of_state_machine, kind_of, short_name
from driver.model.exceptions import WrongUseError
from driver.model.values import Outputs
from tests.unit.driver.fakes import OUTPUTS, PIPELINE, RUNS, STATE_MACHINE, WORKFLOWS

HERE = Outputs.read({**OUTPUTS, **WORKFLOWS})
TRAIN = RUNS.replace("run-pipeline", "train")
BEFORE = replace(HERE, state_machine_arn="")


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("abcdefghijkl", f"{PIPELINE}/execution/abcdefghijkl"),
        (f"{PIPELINE}/execution/abcdefghijkl", f"{PIPELINE}/execution/abcdefghijkl"),
        ("run-20261121T102059-44e07e", f"{RUNS}:run-20261121T102059-44e07e"),
        (f"{RUNS}:abcdefghijkl", f"{RUNS}:abcdefghijkl"),
        ("nightly", f"{RUNS}:nightly"),
        ("sagestep-train/nightly", f"{TRAIN}:nightly"),
        ("train/nightly", f"{TRAIN}:nightly"),
        ("train/abcdefghijkl", f"{TRAIN}:abcdefghijkl"),
        (f"{TRAIN}:nightly", f"{TRAIN}:nightly"),
    ],
)
def test_an_execution_is_named_by_arn_id_or_name(text: str, arn: str) -> None:
    assert find_arn(text, HERE) == arn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two words",
        "a/b",
        "train/",
        "train/a b",
        f"{TRAIN}:",
        "x" * 81,
        PIPELINE,
        STATE_MACHINE,
        f"{PIPELINE}/execution/",
        f"{PIPELINE}-2/execution/abcdefghijkl",
        f"{RUNS}-2:run-1",
        RUNS.replace("us-west-2", "eu-west-1") + ":run-1",
        "arn:aws:lambda:us-west-2:000000000000:function:x",
    ],
)
def test_what_names_no_execution_of_this_deployment_is_refused(text: str) -> None:
    with pytest.raises(WrongUseError, match="invoke executions"):
        find_arn(text, HERE)


@pytest.mark.parametrize("text", ["run-1", f"{RUNS}:run-1"])
def test_without_a_state_machine_only_pipelines_have_executions(text: str) -> None:
    assert find_arn("abcdefghijkl", BEFORE).startswith(PIPELINE)
    with pytest.raises(WrongUseError):
        find_arn(text, BEFORE)


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,80}", fullmatch=True))
def test_the_short_name_of_an_execution_is_understood_again(name: str) -> None:
    for arn, kind in (
        (f"{RUNS}:{name}", Kind.STATE_MACHINE),
        (f"{TRAIN}:{name}", Kind.WORKFLOW),
        (f"{PIPELINE}/execution/abcdefghijkl", Kind.PIPELINE),
    ):
        assert find_arn(short_name(arn, HERE), HERE) == arn
        assert kind_of(arn, HERE) is kind


@pytest.mark.parametrize(
    ("display_name", "is_ours"),
    [
        ("run-20261121T102059-44e07e-0123456789abcdef0123456789abcdef", True),
        ("0123456789abcdef0123456789abcdef", True),
        ("run-20261121T102059-44e07e", False),
        ("run-0123456789abcdef", False),
        ("x0123456789abcdef0123456789abcdef", False),
        ("", False),
    ],
)
def test_the_state_machines_pipelines_are_known_by_their_names(display_name: str, is_ours: bool) -> None:
    assert is_of_state_machine(display_name) is is_ours
