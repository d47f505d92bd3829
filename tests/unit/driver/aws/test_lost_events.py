"""Events that the answer function never worked through: read, told, and handed over again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.stub import ANY, Stubber

from driver.aws.lost_events import Lost, LostEvent, LostEvents, read_lost_event
from driver.commands.doctor.checkup import Verdict
from driver.commands.doctor.places import check_lost_events
from driver.commands.lost_events import Redeliver
from driver.commands.status import ShowStatus
from driver.deployments.workspace import Workspace
from driver.model.exceptions import NotDeployedError
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import RUNS, World

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

URL = "http://127.0.0.1:4566/000000000000/sagestep-lost-events"
RUN = f"{RUNS}:run-1"
EVENT = {"source": "aws.states", "detail": {"executionArn": RUN, "status": "ABORTED"}}
# As the Lambda developer guide shows it, "Capturing records of Lambda asynchronous invocations".
RECORD: dict[str, Any] = {
    "version": "1.0",
    "timestamp": "2026-11-26T12:00:00.000Z",
    "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": EVENT,
    "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"},
}
LOST = LostEvent(RUN, "Runtime.ExitError: exit status 1", None, json.dumps(EVENT), "receipt")
UNREAD = LostEvent("", "The message cannot be read.", None, "", "other")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(Workspace(tmp_path / "local"))
    world.deploy()
    return world


def test_a_record_of_lambda_says_how_the_function_failed() -> None:
    assert read_lost_event(json.dumps(RECORD), {}, None, "receipt") == LOST


@pytest.mark.parametrize("response", [None, {}, {"errorType": ""}])
def test_a_record_without_an_answer_says_why_lambda_gave_up(response: object) -> None:
    record = {**RECORD, "responsePayload": response}
    assert read_lost_event(json.dumps(record), {}).error == "RetriesExhausted"


def test_a_message_of_eventbridge_says_why_it_could_not_be_delivered() -> None:
    attributes = {"ERROR_CODE": "NO_RESOURCE", "ERROR_MESSAGE": "Function not found"}
    lost = read_lost_event(json.dumps(EVENT), attributes)
    assert (lost.execution, lost.error) == (RUN, "NO_RESOURCE: Function not found")
    assert json.loads(lost.event) == EVENT


def test_an_event_about_a_pipeline_names_its_execution() -> None:
    arn = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-geospatial/execution/abcdefghijkl"
    assert read_lost_event(json.dumps({"detail": {"pipelineExecutionArn": arn}}), {}).execution == arn


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"requestPayload": 3}', '{"requestPayload": null}'])
def test_what_cannot_be_read_is_told_and_no_event(body: str) -> None:
    lost = read_lost_event(body, {}, None, "other")
    assert lost == UNREAD


@pytest.mark.parametrize("detail", [None, [], "x", {}])
def test_an_event_may_be_about_anything(detail: object) -> None:
    assert read_lost_event(json.dumps({"detail": detail}), {}).execution == ""


def test_status_tells_them_and_the_cure(world: World) -> None:
    world.lost_events.lost = [LOST, UNREAD]
    ShowStatus(world.context())()
    said = world.screen.text + world.screen.errors
    assert "2 events did not reach the answer function" in said
    assert "run-1: Runtime.ExitError: exit status 1" in said
    assert "`invoke redeliver`" in said


def test_a_program_reads_them_in_the_document(world: World) -> None:
    world.lost_events.lost = [LostEvent(RUN, "x", datetime(2026, 11, 26, tzinfo=UTC), "{}"), UNREAD]
    program = Program()
    ShowStatus(world.context(program.console))()
    told = program.document("status")["lost_events"]
    assert told["count"] == 2
    assert told["events"][0] == {"execution": RUN, "error": "x", "lost": "2026-11-26T00:00:00+00:00"}
    assert told["events"][1]["execution"] is None


def test_a_deployment_from_before_has_none(world: World) -> None:
    outputs = {k: v for k, v in world.workspace.all_outputs().items() if k != "lost_events_queue_url"}
    world.workspace.keep_outputs(outputs)
    world.lost_events.lost = [LOST]
    Redeliver(world.context())()
    assert "No events are lost." in world.screen.text
    assert world.lost_events.handed == []


def test_they_are_handed_to_the_function_again(world: World) -> None:
    world.lost_events.lost = [LOST, UNREAD]
    Redeliver(world.context())()
    assert world.lost_events.handed == [("sagestep-answer-task", json.dumps(EVENT))]
    assert world.lost_events.lost == [UNREAD]
    assert "sent again: run-1" in world.screen.text
    assert "stays in the queue" in world.screen.text + world.screen.errors


def test_doctor_warns_of_them() -> None:
    finding = check_lost_events(lambda: Lost(5, [LOST], ["run-1: exit status 1"]), " --target aws")
    assert finding.verdict is Verdict.WARN
    assert "5 events" in finding.found
    assert "run-1: exit status 1; …" in finding.found
    assert "`invoke redeliver --target aws`" in finding.cure


def test_doctor_is_content_where_there_are_none() -> None:
    def nothing() -> Lost:
        raise NotDeployedError("Target local is not deployed.", "", "")

    assert check_lost_events(Lost, "").verdict is Verdict.PASS
    assert check_lost_events(nothing, "").verdict is Verdict.PASS


class Clients:
    """SQS and Lambda that answer what they are told."""

    def __init__(self) -> None:
        made = {"region_name": "us-west-2", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.sqs = cast("SQSClient", boto3.client("sqs", **made))  # type: ignore[call-overload]
        self.functions = cast("LambdaClient", boto3.client("lambda", **made))  # type: ignore[call-overload]
        self.queue, self.calls = Stubber(self.sqs), Stubber(self.functions)
        self.queue.activate()
        self.calls.activate()
        self.service = LostEvents(lambda: self.sqs, lambda: self.functions)

    def receives(self, hidden: int, *messages: dict[str, Any]) -> None:
        expected = {
            "QueueUrl": URL,
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": hidden,
            "MessageSystemAttributeNames": ANY,
            "MessageAttributeNames": ANY,
        }
        self.queue.add_response("receive_message", {"Messages": list(messages)}, expected)


def test_messages_are_counted_also_those_that_somebody_has_taken() -> None:
    clients = Clients()
    told = {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    clients.queue.add_response("get_queue_attributes", {"Attributes": told})
    assert clients.service.count(URL) == 3


def test_a_queue_that_is_gone_holds_none() -> None:
    clients = Clients()
    clients.queue.add_client_error("get_queue_attributes", "QueueDoesNotExist")
    assert clients.service.count(URL) == 0


def test_to_look_leaves_the_messages_where_they_are() -> None:
    clients = Clients()
    attributes = {"SentTimestamp": "1700000000000"}
    clients.receives(0, {"Body": json.dumps(RECORD), "ReceiptHandle": "r", "Attributes": attributes})
    [lost] = clients.service.look(URL)
    assert (lost.execution, lost.lost) == (RUN, datetime.fromtimestamp(1_700_000_000, UTC))
    clients.queue.assert_no_pending_responses()


def test_each_event_is_handed_over_once_and_what_cannot_be_read_stays() -> None:
    clients = Clients()
    message = {"Body": json.dumps(RECORD), "ReceiptHandle": "r"}
    clients.receives(60, message, {"Body": "{", "ReceiptHandle": "s"})
    clients.calls.add_response(
        "invoke",
        {"StatusCode": 202},
        {"FunctionName": "f", "InvocationType": "Event", "Payload": json.dumps(EVENT).encode()},
    )
    clients.queue.add_response("delete_message", {}, {"QueueUrl": URL, "ReceiptHandle": "r"})
    assert [lost.receipt for lost in clients.service.redeliver(URL, "f", 2)] == ["r", "s"]
    clients.queue.assert_no_pending_responses()
    clients.calls.assert_no_pending_responses()


def test_it_ends_where_the_queue_is_empty_before_all_are_found() -> None:
    clients = Clients()
    clients.receives(60)
    assert list(clients.service.redeliver(URL, "f", 5)) == []
