import json
from collections.abc import Mapping

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from lambda_src.geospatial.core import (
    LONGEST_PAUSE,
    Callback,
    ExportRequest,
    Fail,
    LookAgain,
    Outcome,
    StartRequest,
    Succeed,
    WaitFor,
    judge,
    parse_step,
    pause,
)
from lambda_src.shared.events import EventError

SHAPES = Loader().load_service_model("sagemaker-geospatial", "service-2")["shapes"]
STATUSES: list[str] = SHAPES["VectorEnrichmentJobStatus"]["enum"]
EXPORT_STATUSES: list[str] = SHAPES["VectorEnrichmentJobExportStatus"]["enum"]
START = {
    "role": "arn:aws:iam::123456789012:role/r",
    "region": "us-west-2",
    "vej_name": "job",
    "vej_input_config": '{"DocumentType": "CSV"}',
    "vej_config": '{"ReverseGeocodingConfig": {}}',
}
EXPORT = {
    "role": "arn:aws:iam::123456789012:role/r",
    "region": "us-west-2",
    "vej_arn": "arn:of:a:job",
    "vej_export_config": '{"S3Data": {}}',
}


@pytest.mark.parametrize(
    ("job", "outcome"),
    [
        ({"Status": "INITIALIZING"}, LookAgain(1)),
        ({"Status": "IN_PROGRESS"}, LookAgain(1)),
        ({"Status": "STOPPING"}, LookAgain(1)),
        ({"Status": "COMPLETED"}, Succeed({"vej_status": "COMPLETED"})),
        ({"Status": "STOPPED"}, Fail("The Vector Enrichment Job is STOPPED.")),
        ({"Status": "DELETING"}, Fail("The Vector Enrichment Job is DELETING.")),
        ({"Status": "DELETED"}, Fail("The Vector Enrichment Job is DELETED.")),
        (
            {
                "Status": "FAILED",
                "ErrorDetails": {"ErrorType": "CLIENT_ERROR", "ErrorMessage": "No such key"},
            },
            Fail("The Vector Enrichment Job failed (CLIENT_ERROR): No such key"),
        ),
        (
            {"Status": "FAILED", "ErrorDetails": None},
            Fail("The Vector Enrichment Job failed; AWS gave no details."),
        ),
        (
            {"Status": "FAILED", "ErrorDetails": {}},
            Fail("The Vector Enrichment Job failed (no error type): no message"),
        ),
        ({"Status": "FAILED"}, Fail("The Vector Enrichment Job failed; AWS gave no details.")),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_a_step_that_waits_for_the_job(job: Mapping[str, object], outcome: Outcome) -> None:
    assert judge(WaitFor.JOB, job, receive_count=1) == outcome


@pytest.mark.parametrize(
    ("job", "outcome"),
    [
        ({"Status": "COMPLETED"}, LookAgain(4)),
        ({"Status": "COMPLETED", "ExportStatus": "IN_PROGRESS"}, LookAgain(4)),
        ({"Status": "COMPLETED", "ExportStatus": "SUCCEEDED"}, Succeed({"statusJob": "SUCCEEDED"})),
        (
            {
                "Status": "COMPLETED",
                "ExportStatus": "FAILED",
                "ExportErrorDetails": {"Type": "SERVER_ERROR", "Message": "disk"},
            },
            Fail("The export of the Vector Enrichment Job failed (SERVER_ERROR): disk"),
        ),
        (
            {"Status": "COMPLETED", "ExportStatus": "FAILED"},
            Fail("The export of the Vector Enrichment Job failed; AWS gave no details."),
        ),
        ({"Status": "DELETED"}, Fail("The Vector Enrichment Job is DELETED.")),
        (
            {"Status": "DELETING", "ExportStatus": "IN_PROGRESS"},
            Fail("The Vector Enrichment Job is DELETING."),
        ),
        ({"Status": "FAILED"}, Fail("The Vector Enrichment Job failed; AWS gave no details.")),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_a_step_that_waits_for_the_export(job: Mapping[str, object], outcome: Outcome) -> None:
    assert judge(WaitFor.EXPORT, job, receive_count=3) == outcome


@given(
    wait_for=st.sampled_from(WaitFor),
    status=st.sampled_from(STATUSES) | st.text(),
    export_status=st.sampled_from(EXPORT_STATUSES) | st.none() | st.text(),
    receive_count=st.integers(1, 1000),
)
def test_success_means_that_what_the_step_waits_for_is_done(
    wait_for: WaitFor, status: str, export_status: str | None, receive_count: int
) -> None:
    job = {"Status": status, "ExportStatus": export_status}
    outcome = judge(wait_for, job, receive_count)
    done = status == "COMPLETED" if wait_for is WaitFor.JOB else export_status == "SUCCEEDED"
    assert isinstance(outcome, Succeed) == (done and status != "FAILED")


@pytest.mark.parametrize("wait_for", WaitFor)
@pytest.mark.parametrize("status", STATUSES)
def test_a_job_that_will_never_complete_never_keeps_a_step_waiting(status: str, wait_for: WaitFor) -> None:
    if status in {"STOPPED", "FAILED", "DELETING", "DELETED"}:
        assert isinstance(judge(wait_for, {"Status": status}, 1), Fail)


@given(st.integers(0, 10_000))
def test_pauses_never_shrink_and_stay_within_their_limit(count: int) -> None:
    assert 1 <= pause(count) <= pause(count + 1) <= LONGEST_PAUSE


def test_pauses_double_from_one_second() -> None:
    assert [pause(count) for count in range(1, 10)] == [1, 2, 4, 8, 16, 32, 64, 120, 120]


def test_each_lambda_step_is_recognised_by_its_arguments() -> None:
    assert isinstance(parse_step(START), StartRequest)
    assert isinstance(parse_step(EXPORT), ExportRequest)


def test_an_event_of_no_step_is_refused_with_its_keys() -> None:
    with pytest.raises(EventError, match=r"no step of the pipeline sends that\. Its keys are role"):
        parse_step({"role": "r"})


@pytest.mark.parametrize("event", [START, EXPORT], ids=["start", "export"])
def test_every_missing_argument_is_named(event: dict[str, str]) -> None:
    for key in event.keys() - {"vej_name", "vej_export_config"}:
        with pytest.raises(EventError, match=f"Missing or empty: {key}"):
            parse_step({**event, key: ""})
        with pytest.raises(EventError, match=f"Missing or empty: {key}"):
            parse_step({name: value for name, value in event.items() if name != key})


def test_all_missing_arguments_are_named_at_once() -> None:
    with pytest.raises(EventError, match="Missing or empty: role, vej_config"):
        parse_step({**START, "role": "", "vej_config": None})


def test_an_argument_that_is_no_text_is_named() -> None:
    with pytest.raises(EventError, match="Not a text: region"):
        parse_step({**START, "region": 5})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "vej_config is not JSON: Expecting property name"),
        ("[1]", "vej_config is not a JSON object but list"),
        ("[" * 100_000, "vej_config is nested too deeply"),
    ],
    ids=["cut off", "a list", "deep"],
)
def test_a_configuration_that_is_no_json_object_is_named(text: str, complaint: str) -> None:
    with pytest.raises(EventError, match=complaint):
        parse_step({**START, "vej_config": text})


def test_a_retried_step_repeats_its_token_and_another_step_does_not() -> None:
    first, other = StartRequest.parse(START), StartRequest.parse({**START, "vej_name": "another"})
    assert first.client_token == StartRequest.parse(dict(START)).client_token
    assert first.client_token != other.client_token
    assert ExportRequest.parse(EXPORT).client_token != first.client_token
    # The model's bounds for ClientToken.
    assert SHAPES["StartVectorEnrichmentJobInputClientTokenString"]["max"] >= len(first.client_token) >= 36


@pytest.mark.parametrize("key", ["status", "Status"])
def test_stopping_is_understood_in_both_spellings(key: str) -> None:
    message = {"token": "aB3dE5gH7j", "pipelineExecutionArn": "arn", "arguments": {}}
    assert Callback.parse(json.dumps({**message, key: "Stopping"})).stopping
    assert not Callback.parse(json.dumps({**message, key: "Executing"})).stopping


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_message_body_surprises(body: str) -> None:
    with pytest.raises(EventError):
        Callback.parse(body)


@pytest.mark.parametrize("arguments", [None, [], "text", {}])
def test_a_callback_without_arguments_says_what_is_missing(arguments: object) -> None:
    callback = Callback.parse(json.dumps({"token": "aB3dE5gH7j", "arguments": arguments}))
    with pytest.raises(EventError, match="Missing or empty: region, vej_arn, wait_for"):
        callback.watch()


def test_a_callback_that_waits_for_something_unknown_says_so() -> None:
    arguments = {"region": "us-west-2", "vej_arn": "arn", "wait_for": "spring"}
    callback = Callback.parse(json.dumps({"token": "aB3dE5gH7j", "arguments": arguments}))
    with pytest.raises(EventError, match="wait_for is 'spring'; it must be one of job, export"):
        callback.watch()
