import re

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from lambda_src.shared.events import EventError
from lambda_src.shared.runs import is_run_id, run_id

SHAPES = Loader().load_service_model("sagemaker", "service-2")["shapes"]
DISPLAY_NAME = SHAPES["PipelineExecutionName"]
TOKEN = SHAPES["IdempotencyToken"]
MACHINE = "arn:aws:states:us-west-2:123456789012:execution:sagestep-run-pipeline"

names = st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(names)
def test_a_run_id_serves_as_display_name_and_as_idempotency_token(name: str) -> None:
    run = run_id(f"{MACHINE}:{name}")
    assert re.fullmatch(DISPLAY_NAME["pattern"], run)
    assert len(run) <= DISPLAY_NAME["max"]
    assert TOKEN["min"] <= len(run) <= TOKEN["max"]
    assert is_run_id(run)


@given(names, names)
def test_two_executions_have_two_run_ids_and_one_execution_has_one(one: str, other: str) -> None:
    first, second = (run_id(f"{MACHINE}:{name}") for name in (one, other))
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("weekly_run.7", "weekly-run-7-"),
        ("--a--b--", "a-b-"),
        ("x" * 80, "x" * 40 + "-"),
        ("a" * 39 + "-b", "a" * 39 + "--"),
        ("___", ""),
    ],
)
def test_a_run_is_called_after_its_execution(name: str, slug: str) -> None:
    assert re.fullmatch(re.escape(slug) + "[0-9a-f]{32}", run_id(f"{MACHINE}:{name}"))


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "weekly",
        MACHINE,
        MACHINE.replace("execution", "express") + ":weekly:0123",
        MACHINE.replace("execution", "stateMachine"),
    ],
)
def test_what_is_no_execution_has_no_run_id(arn: str) -> None:
    with pytest.raises(EventError, match="is not the ARN of an execution"):
        run_id(arn)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../" + "0" * 32,
        "a/b-" + "0" * 32,
        "0" * 31,
        "-" + "0" * 32,
        "é-" + "0" * 32,
        "x" * 41 + "-" + "0" * 32,
        "weekly-" + "0" * 32 + "\n",
        "weekly-" + "G" * 32,
    ],
)
def test_a_text_that_could_lead_elsewhere_is_no_run_id(text: str) -> None:
    assert not is_run_id(text)
