import json
from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.geospatial.core import ExportRequest, StartRequest
from lambda_src.shared.calls import PassingError
from lambda_src.shared.events import EventError
from tests.unit.lambda_src.geospatial.cloud import (
    CREATED,
    EXPORT_CONFIG,
    INPUT_CONFIG,
    JOB_CONFIG,
    ROLE,
    STARTED,
    VEJ_ARN,
    Function,
    GeospatialCloud,
)
from tests.unit.lambda_src.runs import EXECUTION_ARN

Event = Callable[[str], dict[str, Any]]

EXPORTED = {
    "Arn": VEJ_ARN,
    "CreationTime": CREATED,
    "ExecutionRoleArn": ROLE,
    "ExportStatus": "IN_PROGRESS",
    "OutputConfig": EXPORT_CONFIG,
    "ResponseMetadata": {"HTTPStatusCode": 200},
}
FIRST = "00000000-0000-4000-8000-000000000001"
ALL_ANSWERED: dict[str, object] = {"batchItemFailures": []}


def test_the_start_step_starts_the_job_and_gives_its_arn(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    request = event("start_step")
    token = StartRequest.parse(request).client_token
    cloud.geospatial.add_response(
        "start_vector_enrichment_job",
        STARTED,
        {
            "Name": "sagestep-f8xmafpxx3ke",
            "ClientToken": token,
            "ExecutionRoleArn": ROLE,
            "InputConfig": INPUT_CONFIG,
            "JobConfig": JOB_CONFIG,
        },
    )
    assert function(request) == {"statusCode": "200", "vej_arn": VEJ_ARN}
    assert cloud.regions == ["us-west-2"]
    assert [line["vejArn"] for line in function.log.lines] == [VEJ_ARN]


def test_the_export_step_exports_the_results(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    request = event("export_step")
    token = ExportRequest.parse(request).client_token
    cloud.geospatial.add_response(
        "export_vector_enrichment_job",
        EXPORTED,
        {"Arn": VEJ_ARN, "ClientToken": token, "ExecutionRoleArn": ROLE, "OutputConfig": EXPORT_CONFIG},
    )
    assert function(request) == {"statusCode": "200", "vej_arn": VEJ_ARN}
    assert [line["vejArn"] for line in function.log.lines] == [VEJ_ARN]


def test_a_name_that_is_taken_fails_the_start_step_and_says_so(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.geospatial.add_client_error(
        "start_vector_enrichment_job", "ConflictException", "The name is taken", http_status_code=409
    )
    with pytest.raises(PassingError, match=r"ConflictException.*The name is taken"):
        function(event("start_step"))
    assert [line["level"] for line in function.log.lines] == ["ERROR"]


def test_an_event_without_its_arguments_fails_the_step(function: Function) -> None:
    with pytest.raises(EventError, match="Missing or empty: role"):
        function({"vej_name": "job"})


def test_a_completed_job_answers_the_step(cloud: GeospatialCloud, function: Function, event: Event) -> None:
    cloud.expect_look("COMPLETED")
    cloud.expect_step_success("vej_status", "COMPLETED")
    assert function(event("callback_job")) == ALL_ANSWERED


def test_every_log_line_names_execution_and_job(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.expect_look("COMPLETED")
    cloud.expect_step_success("vej_status", "COMPLETED")
    function(event("callback_job"))
    assert function.log.lines
    assert {line["pipelineExecutionArn"] for line in function.log.lines} == {EXECUTION_ARN}
    assert {line["vejArn"] for line in function.log.lines} == {VEJ_ARN}


def test_a_failed_job_fails_the_step_with_a_reason_of_256_characters(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    details = {"ErrorType": "CLIENT_ERROR", "ErrorMessage": "x" * 1000}
    cloud.expect_look("FAILED", ErrorDetails=details)
    start = "The Vector Enrichment Job failed (CLIENT_ERROR): "
    cloud.expect_step_failure(start + "x" * (255 - len(start)) + "…")
    assert function(event("callback_job")) == ALL_ANSWERED


def test_the_export_step_is_not_answered_by_the_job_alone(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.expect_look("COMPLETED", ExportStatus="IN_PROGRESS")
    cloud.expect_pause(1)
    assert function.reported(event("callback_export")) == [FIRST]


def test_a_finished_export_answers_the_step(cloud: GeospatialCloud, function: Function, event: Event) -> None:
    cloud.expect_look("COMPLETED", ExportStatus="SUCCEEDED")
    cloud.expect_step_success("statusJob", "SUCCEEDED")
    assert function(event("callback_export")) == ALL_ANSWERED


def test_one_record_never_decides_over_another(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    """The first is done, the second is malformed, the third still runs at its fourth receipt."""
    cloud.expect_look("COMPLETED")
    cloud.expect_look("IN_PROGRESS")
    cloud.expect_step_success("vej_status", "COMPLETED", token="token00001")
    cloud.expect_pause(0, "receipt-2")
    cloud.expect_pause(8, "receipt-3")
    records = event("callback_mixed")["Records"]
    assert function.reported({"Records": records}) == [records[1]["messageId"], records[2]["messageId"]]


def test_malformed_records_return_at_once_and_are_logged_once(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    records = event("callback_malformed")["Records"]
    again = [record | {"attributes": {"ApproximateReceiveCount": "2"}} for record in records]
    for record in records + again:
        cloud.expect_pause(0, record["receiptHandle"])
    for batch in (records, again):
        assert function.reported({"Records": batch}) == [r["messageId"] for r in batch]
    errors = [line for line in function.log.lines if line["level"] == "ERROR"]
    assert len(errors) == len(records)


def test_a_callback_that_says_too_little_fails_its_step(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    record = event("callback_job")["Records"][0]
    body = json.dumps({"token": "aB3dE5gH7j", "arguments": {"region": "us-west-2"}})
    cloud.expect_step_failure("Missing or empty: vej_arn, wait_for. The keys given are region.")
    assert function({"Records": [record | {"body": body}]}) == ALL_ANSWERED


def test_a_stopping_execution_stops_the_job_and_is_answered(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.geospatial.add_response("stop_vector_enrichment_job", {}, {"Arn": VEJ_ARN})
    cloud.expect_step_failure("The pipeline execution is being stopped.")
    assert function(event("callback_stopping")) == ALL_ANSWERED


@pytest.mark.parametrize(
    "error",
    [
        ("ConflictException", 409),
        ("AccessDeniedException", 403),
        ("InternalServerException", 500),
        ("ResourceNotFoundException", 404),
    ],
)
def test_a_stopping_execution_is_answered_even_if_its_job_cannot_be_stopped(
    cloud: GeospatialCloud, function: Function, event: Event, error: tuple[str, int]
) -> None:
    code, status = error
    cloud.geospatial.add_client_error("stop_vector_enrichment_job", code, http_status_code=status)
    cloud.expect_step_failure("The pipeline execution is being stopped.")
    assert function(event("callback_stopping")) == ALL_ANSWERED


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFound"])
def test_a_token_answered_before_is_let_go(
    cloud: GeospatialCloud, function: Function, event: Event, code: str
) -> None:
    cloud.expect_look("COMPLETED")
    cloud.sagemaker.add_client_error("send_pipeline_execution_step_success", code)
    assert function(event("callback_job")) == ALL_ANSWERED
    assert function.log.lines[-1]["level"] == "WARNING"


@pytest.mark.parametrize(
    "error",
    [
        ("ThrottlingException", 400),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
        ("ConflictException", 400),
        ("AccessDeniedException", 400),
    ],
)
def test_an_answer_that_aws_did_not_take_is_tried_again(
    cloud: GeospatialCloud, function: Function, event: Event, error: tuple[str, int]
) -> None:
    code, status = error
    cloud.expect_look("COMPLETED")
    cloud.sagemaker.add_client_error("send_pipeline_execution_step_success", code, http_status_code=status)
    cloud.expect_pause(1)
    assert function.reported(event("callback_job")) == [FIRST]
    assert "exception" in function.log.lines[-1]


@pytest.mark.parametrize("error", [("ThrottlingException", 429), ("InternalServerException", 500)])
def test_a_job_that_cannot_be_looked_at_just_now_is_looked_at_again(
    cloud: GeospatialCloud, function: Function, event: Event, error: tuple[str, int]
) -> None:
    code, status = error
    cloud.geospatial.add_client_error("get_vector_enrichment_job", code, http_status_code=status)
    cloud.expect_pause(1)
    assert function.reported(event("callback_job")) == [FIRST]


@pytest.mark.parametrize("error", [("ResourceNotFoundException", 404), ("AccessDeniedException", 403)])
def test_a_job_that_can_never_be_looked_at_fails_the_step(
    cloud: GeospatialCloud, function: Function, event: Event, error: tuple[str, int]
) -> None:
    code, status = error
    cloud.geospatial.add_client_error("get_vector_enrichment_job", code, "Because.", http_status_code=status)
    cloud.expect_step_failure(
        f"An error occurred ({code}) when calling the GetVectorEnrichmentJob operation: Because."
    )
    assert function(event("callback_job")) == ALL_ANSWERED


def test_a_pause_that_cannot_be_set_leaves_the_queue_to_bring_the_message_back(
    cloud: GeospatialCloud, function: Function, event: Event
) -> None:
    cloud.expect_look("IN_PROGRESS")
    cloud.sqs.add_client_error("change_message_visibility", "AccessDenied", http_status_code=403)
    assert function.reported(event("callback_job")) == [FIRST]
    assert function.log.lines[-1]["level"] == "WARNING"
