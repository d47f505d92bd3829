import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.lambda_src.geospatial.cloud import Function, GeospatialCloud
from tests.unit.lambda_src.runs import RUN_ID, TOKEN

Event = Callable[[str], dict[str, Any]]

ALL_ANSWERED: dict[str, object] = {"batchItemFailures": []}


def waiting(event: Event, *run_ids: str | None) -> dict[str, object]:
    """Make records of Callback steps whose pipelines belong to these runs."""
    [record] = event("callback_job")["Records"]
    records = []
    for number, run_id in enumerate(run_ids, start=1):
        body = json.loads(record["body"])
        if run_id is not None:
            body["arguments"]["run_id"] = run_id
        records.append(record | {"messageId": str(number), "body": json.dumps(body)})
    return {"Records": records}


def test_a_job_that_still_runs_keeps_the_waiting_task_alive(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.expect_look("IN_PROGRESS")
    cloud.expect_pause(1)
    cloud.expect_read({"00aa": "dead", "00bb": TOKEN})
    cloud.states.add_client_error("send_task_heartbeat", "TaskTimedOut")
    cloud.expect_heartbeat()
    assert function.reported(waiting(event, RUN_ID)) == ["1"]


def test_a_run_has_one_heartbeat_however_many_steps_of_it_wait(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    for _ in range(2):
        cloud.expect_look("IN_PROGRESS")
        cloud.expect_pause(1)
    cloud.expect_read({"00aa": TOKEN})
    cloud.expect_heartbeat()
    assert function.reported(waiting(event, RUN_ID, RUN_ID)) == ["1", "2"]


@pytest.mark.parametrize("run_id", [None, ""])
def test_a_pipeline_without_a_state_machine_has_no_heartbeat(
    cloud: GeospatialCloud, function: Function, event: Event, run_id: str | None
) -> None:
    cloud.expect_look("IN_PROGRESS")
    cloud.expect_pause(1)
    assert function.reported(waiting(event, run_id)) == ["1"]


def test_a_function_without_a_store_has_no_heartbeat(cloud: GeospatialCloud, event: Event) -> None:
    cloud.expect_look("IN_PROGRESS")
    cloud.expect_pause(1)
    assert Function(cloud, task_token_uri=None).reported(waiting(event, RUN_ID)) == ["1"]


def test_a_job_that_is_done_needs_no_heartbeat(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.expect_look("COMPLETED")
    cloud.expect_step_success("vej_status", "COMPLETED")
    assert function(waiting(event, RUN_ID)) == ALL_ANSWERED


def test_a_job_that_could_not_be_looked_at_has_no_heartbeat(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.geospatial.add_client_error(
        "get_vector_enrichment_job", "InternalServerException", http_status_code=500
    )
    cloud.expect_pause(1)
    assert function.reported(waiting(event, RUN_ID)) == ["1"]


@pytest.mark.parametrize("run_id", ["typed-by-hand", "../x", 7])
def test_a_key_of_no_run_changes_nothing_about_the_look(
    cloud: GeospatialCloud, function: Function, event: Event, run_id: str
) -> None:
    cloud.expect_look("IN_PROGRESS")
    cloud.expect_pause(1)
    assert function.reported(waiting(event, run_id)) == ["1"]
    assert "is not the id of a run" in str(function.log.lines[-1]["message"])


def test_a_heartbeat_that_is_refused_changes_nothing_about_the_look(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.expect_look("IN_PROGRESS")
    cloud.expect_pause(1)
    cloud.expect_read({"00aa": TOKEN})
    cloud.states.add_client_error("send_task_heartbeat", "AccessDeniedException", "No.")
    assert function.reported(waiting(event, RUN_ID)) == ["1"]
    assert function.log.lines[-1]["level"] == "WARNING"


def test_a_store_out_of_order_is_asked_once_not_once_a_run(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    for _ in range(2):
        cloud.expect_look("IN_PROGRESS")
        cloud.expect_pause(1)
    cloud.s3.add_client_error("list_objects_v2", "SlowDown", http_status_code=503)
    assert function.reported(waiting(event, RUN_ID, "0" * 32)) == ["1", "2"]
    assert function.log.lines[-1]["level"] == "WARNING"
