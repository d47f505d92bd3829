import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_src.answer_task.core import PipelineEnded, Results, StatesEnded, parse
from lambda_src.shared.answers import OUTPUT_LIMIT
from lambda_src.shared.events import EventError
from lambda_src.shared.runs import run_id
from tests.unit.lambda_src.runs import EXECUTION_ARN, RUN_ID

Event = Callable[[str], dict[str, Any]]


def test_the_results_are_what_the_step_gives_beside_its_key_and_execution(event: Event) -> None:
    results = parse(event("step"))
    assert isinstance(results, Results)
    assert results.run_id == RUN_ID
    assert json.loads(results.answer.output) == {
        "pipelineExecutionArn": EXECUTION_ARN,
        "results": {
            name: event("step")[name]
            for name in ("vej_arn", "vej_status", "export_status", "vej_export_config")
        },
    }


@pytest.mark.parametrize("key", ["mine", "../" + "0" * 32, 7, None])
def test_a_key_that_no_run_is_called_is_named(event: Event, key: object) -> None:
    with pytest.raises(EventError, match=f"run_id is '{key}'.*parameter_run_id"):
        parse(event("step") | {"run_id": key})


def test_a_step_that_does_not_say_which_execution_it_belongs_to_is_refused(event: Event) -> None:
    with pytest.raises(EventError, match="Missing or empty: pipeline_execution_arn"):
        parse(event("step") | {"pipeline_execution_arn": ""})


def test_results_beyond_what_step_functions_takes_are_refused(event: Event) -> None:
    bare = parse(event("step") | {"extra": ""})
    assert isinstance(bare, Results)
    room = OUTPUT_LIMIT - len(bare.answer.output)
    full = parse(event("step") | {"extra": "x" * room})
    over = parse(event("step") | {"extra": "x" * (room + 1)})
    assert isinstance(full, Results)
    assert isinstance(over, Results)
    assert len(full.answer.output.encode()) == OUTPUT_LIMIT
    with pytest.raises(EventError, match="take 262145 bytes; Step Functions takes 262144"):
        _ = over.answer


def test_the_end_of_a_pipeline_execution_is_recognised(event: Event) -> None:
    assert parse(event("pipeline_failed")) == PipelineEnded(EXECUTION_ARN)


def test_the_end_of_an_execution_of_the_state_machine_is_recognised(event: Event) -> None:
    ended = parse(event("states_aborted"))
    assert isinstance(ended, StatesEnded)
    assert ended.run_id == run_id(event("states_aborted")["detail"]["executionArn"])
    assert ended.started == datetime(2026, 11, 21, 8, 3, 13, 847000, UTC)
    assert ended.created_after < ended.started


@pytest.mark.parametrize(
    ("status", "unsuccessful"),
    [("FAILED", True), ("TIMED_OUT", True), ("ABORTED", True), ("SUCCEEDED", False), ("RUNNING", False)],
)
def test_only_an_unsuccessful_end_makes_the_pipeline_needless(
    event: Event, status: str, unsuccessful: bool
) -> None:
    sent = event("states_aborted")
    ended = parse(sent | {"detail": sent["detail"] | {"status": status}})
    assert isinstance(ended, StatesEnded)
    assert ended.is_unsuccessful == unsuccessful


@pytest.mark.parametrize(
    ("name", "key", "text"),
    [
        ("pipeline_failed", "pipelineExecutionArn", "Missing or empty: pipelineExecutionArn"),
        ("states_aborted", "executionArn", "Missing or empty: executionArn"),
        ("states_aborted", "status", "Missing or empty: status"),
        ("states_aborted", "startDate", "startDate is 'None'; it must be milliseconds"),
    ],
)
def test_what_an_event_lacks_is_named(event: Event, name: str, key: str, text: str) -> None:
    sent = event(name)
    detail = {field: value for field, value in sent["detail"].items() if field != key}
    with pytest.raises(EventError, match=text):
        parse(sent | {"detail": detail})


@pytest.mark.parametrize(
    "change",
    [
        {"source": "aws.ec2"},
        {"detail-type": "SageMaker Model Building Pipeline Execution Step Status Change"},
        {"detail": None},
        {"source": "aws.states"},
    ],
    ids=str,
)
def test_an_event_of_another_kind_is_refused_with_what_was_expected(
    event: Event, change: dict[str, Any]
) -> None:
    with pytest.raises(EventError, match=r"run_id.*aws\.sagemaker.*aws\.states.*Its source is"):
        parse(event("pipeline_failed") | change)


def test_an_event_of_no_kind_is_refused_with_its_keys() -> None:
    with pytest.raises(EventError, match="its keys are colour"):
        parse({"colour": "red"})
