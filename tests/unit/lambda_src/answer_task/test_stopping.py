from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_src.shared.runs import run_id
from tests.unit.lambda_src.answer_task.function import Function
from tests.unit.lambda_src.runs import EXECUTION_ARN, NOW, PIPELINE, RunCloud

Event = Callable[[str], dict[str, Any]]

STATES_RUN = run_id("arn:aws:states:us-west-2:123456789012:execution:sagestep-run-pipeline:weekly_run.7")


def expect_executions(cloud: RunCloud, *pages: list[tuple[str, str]], are_all: bool = True) -> None:
    """Let the pipeline have these executions: pages of display names and statuses."""
    asked = {
        "PipelineName": PIPELINE,
        "CreatedAfter": datetime(2026, 11, 21, 8, 2, 13, 847000, UTC),
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
        "MaxResults": 100,
    }
    for number, page in enumerate(pages, start=1):
        summaries = [
            {
                "PipelineExecutionArn": EXECUTION_ARN if name == STATES_RUN else f"{EXECUTION_ARN}x",
                "PipelineExecutionDisplayName": name,
                "PipelineExecutionStatus": status,
                "StartTime": NOW,
            }
            for name, status in page
        ]
        more = {"NextToken": str(number)} if number < len(pages) or not are_all else {}
        came = {"NextToken": str(number - 1)} if number > 1 else {}
        cloud.sagemaker.add_response(
            "list_pipeline_executions", {"PipelineExecutionSummaries": summaries} | more, asked | came
        )


def test_an_aborted_state_machine_takes_its_pipeline_along(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_executions(
        cloud, [("another", "Executing")], [("yet-another", "Executing"), (STATES_RUN, "Executing")]
    )
    cloud.expect_stop(STATES_RUN)
    assert function(event("states_aborted")) == {"pipeline": "stopped"}


def test_what_was_found_is_not_looked_for_on_further_pages(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_executions(cloud, [(STATES_RUN, "Executing"), ("later", "Executing")], are_all=False)
    cloud.expect_stop(STATES_RUN)
    assert function(event("states_aborted")) == {"pipeline": "stopped"}


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped", "Stopping"])
def test_a_pipeline_that_has_ended_is_not_stopped(
    cloud: RunCloud, function: Function, event: Event, status: str
) -> None:
    expect_executions(cloud, [(STATES_RUN, status)])
    assert function(event("states_aborted")) == {"pipeline": "ended"}


def test_a_pipeline_that_ends_while_it_is_being_stopped_is_fine(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_executions(cloud, [(STATES_RUN, "Executing")])
    cloud.sagemaker.add_client_error("stop_pipeline_execution", "ConflictException")
    cloud.expect_describe("Succeeded")
    assert function(event("states_aborted")) == {"pipeline": "ended"}


def test_an_execution_that_had_started_no_pipeline_has_none_to_stop(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    expect_executions(cloud, [("another", "Executing")])
    assert function(event("states_aborted")) == {"pipeline": "none"}


def test_an_execution_that_succeeded_leaves_its_pipeline_alone(function: Function, event: Event) -> None:
    sent = event("states_aborted")
    assert function(sent | {"detail": sent["detail"] | {"status": "SUCCEEDED"}}) == {"pipeline": "none"}


def test_the_pipeline_that_the_input_names_is_stopped(
    cloud: RunCloud, function: Function, event: Event
) -> None:
    sent = event("states_aborted")
    for given, code in (('{"pipeline": "churn"}', "ResourceNotFound"), ("[", "AccessDeniedException")):
        cloud.sagemaker.add_client_error("list_pipeline_executions", code)
        assert function(sent | {"detail": sent["detail"] | {"input": given}}) == {"pipeline": "none"}
