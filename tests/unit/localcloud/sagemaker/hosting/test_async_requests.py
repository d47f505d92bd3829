"""Asynchronous endpoints: the request and the answer lie in S3, a topic is told."""

import base64
import io
import threading

import pytest

from localcloud.containers.http import Reply, Request, UnreachableError
from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import CALLER, Document
from tests.unit.localcloud.sagemaker.hosting.account import Account

INPUT = "s3://bucket/in.csv"
TOPICS = {
    "SuccessTopic": "arn:aws:sns:eu-west-1:123456789012:good",
    "ErrorTopic": "arn:aws:sns:eu-west-1:123456789012:bad",
}
OTHER_TYPE = "Endpoint endpoint of account 123456789012 does not support this inference type."


def config(**more: object) -> Document:
    output = {"S3OutputPath": "s3://bucket/out", "S3FailurePath": "s3://bucket/failed"}
    return {"AsyncInferenceConfig": {"OutputConfig": {**output, "NotificationConfig": TOPICS, **more}}}


def ask(account: Account, **members: object) -> Document:
    request: Document = {"EndpointName": "endpoint", "InputLocation": INPUT} | members
    return account.runtime.call("InvokeEndpointAsync", CALLER, request)


def refusal(account: Account, **members: object) -> str:
    with pytest.raises(ServiceError) as caught:
        ask(account, **members)
    assert caught.value.code == "ValidationError"
    return caught.value.message


def stored(account: Account, location: object) -> bytes:
    key = str(location).removeprefix("s3://bucket/")
    account.host.wait_for(lambda: ("bucket", key) in account.host.objects)
    return account.host.objects["bucket", key]


def told(account: Account) -> tuple[str, Document]:
    account.host.wait_for(lambda: bool(account.host.published))
    return account.host.published[0]


@pytest.fixture
def endpoint(account: Account) -> Account:
    """An asynchronous endpoint in service, and an input."""
    account.deployed(**config())
    account.host.objects["bucket", "in.csv"] = b"1,2"
    return account


def test_the_answer_lies_in_s3_and_a_topic_hears_of_it(endpoint: Account) -> None:
    answer = ask(endpoint, ContentType="text/csv", Accept="text/csv", InferenceId="mine")
    assert answer["InferenceId"] == "mine"
    assert str(answer["OutputLocation"]).startswith("s3://bucket/out/")
    assert str(answer["OutputLocation"]).endswith(".out")
    assert stored(endpoint, answer["OutputLocation"]) == b"1"
    (request,) = endpoint.servers[0].requests
    assert (request.body, request.timeout) == (b"1,2", 900)
    assert request.headers["Content-Type"] == "text/csv"
    topic, message = told(endpoint)
    assert topic == TOPICS["SuccessTopic"]
    assert message.pop("eventTime")
    assert message.pop("receivedTime")
    assert message == {
        "awsRegion": "eu-west-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "text/csv",
            "contentType": "text/csv",
            "endpointName": "endpoint",
            "inputLocation": INPUT,
        },
        "responseParameters": {"contentType": "text/csv", "outputLocation": answer["OutputLocation"]},
        "inferenceId": "mine",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_what_the_model_refuses_lies_in_the_failure_path_and_the_error_topic_hears(endpoint: Account) -> None:
    endpoint.servers[0].reply = Reply(400, {}, b"no such column")
    answer = ask(endpoint)
    assert str(answer["FailureLocation"]).endswith("-error.out")
    topic, message = told(endpoint)
    assert stored(endpoint, answer["FailureLocation"]) == b"no such column"
    assert topic == TOPICS["ErrorTopic"]
    assert message["invocationStatus"] == "Failed"
    assert message["failureReason"] == (
        "ClientError: Received client error (400) from model. See the SageMaker Endpoint logs in your "
        "account for more information."
    )
    assert "responseParameters" not in message
    assert not [key for _, key in endpoint.host.objects if key.startswith("out/")]


@pytest.mark.parametrize(
    ("reply", "members", "reason"),
    [
        (UnreachableError("gone"), {}, "Received server error (0) from model"),
        (None, {"InputLocation": "s3://bucket/none"}, "Unable to download s3://bucket/none (NoSuchKey"),
    ],
)
def test_other_failures_are_told(
    endpoint: Account, reply: Exception | None, members: Document, reason: str
) -> None:
    endpoint.servers[0].reply = reply or Reply(200, {}, b"1")
    answer = ask(endpoint, **members)
    _, message = told(endpoint)
    assert reason in str(message["failureReason"])
    assert reason in stored(endpoint, answer["FailureLocation"]).decode()


def test_a_request_waits_for_a_server_that_is_replaced(endpoint: Account) -> None:
    endpoint.servers[0].crashed()
    answer = ask(endpoint)
    endpoint.servers[1].ready()
    assert stored(endpoint, answer["OutputLocation"]) == b"1"


def test_a_body_may_come_along_and_the_answer_may_be_named(endpoint: Account) -> None:
    request: Document = {"EndpointName": "endpoint", "Body": io.BytesIO(b"3"), "Filename": "a.csv"}
    request["S3OutputPathExtension"] = "/deeper/"
    answer = endpoint.runtime.call("InvokeEndpointAsync", CALLER, request)
    assert answer["OutputLocation"] == "s3://bucket/out/deeper/a.csv"
    assert stored(endpoint, answer["OutputLocation"]) == b"1"
    assert endpoint.servers[0].requests[0].body == b"3"


def test_the_answer_is_in_the_message_and_encrypted_where_that_is_asked(account: Account) -> None:
    topics = {**TOPICS, "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"]}
    account.deployed(**config(NotificationConfig=topics, KmsKeyId="key"))
    account.host.objects["bucket", "in.csv"] = b"1,2"
    ask(account)
    _, message = told(account)
    body = message["responseBody"]
    assert isinstance(body, dict)
    assert base64.b64decode(body["content"]) == b"1"
    assert set(account.host.encrypted.values()) == {"key"}


def test_requests_of_an_instance_are_limited(account: Account) -> None:
    limited = config()
    limited["AsyncInferenceConfig"]["ClientConfig"] = {"MaxConcurrentInvocationsPerInstance": 1}  # type: ignore[index]
    account.deployed(**limited)
    account.host.objects["bucket", "in.csv"] = b"1,2"
    server, inside, go_on = account.servers[0], threading.Semaphore(0), threading.Semaphore(0)
    plain = server.send

    def slow(request: Request, target: str | None = None) -> Reply:
        inside.release()
        assert go_on.acquire(timeout=60)
        return plain(request, target)

    server.send = slow  # type: ignore[method-assign]
    answers = [ask(account) for _ in range(3)]
    assert inside.acquire(timeout=60)
    assert not inside.acquire(timeout=0.1), "a second request was sent"
    go_on.release(3)
    for answer in answers:
        assert stored(account, answer["OutputLocation"]) == b"1"


def test_what_cannot_be_asked_is_refused(endpoint: Account) -> None:
    assert endpoint.invocation_error().message == OTHER_TYPE
    assert "Specify either InputLocation or Body" in refusal(endpoint, Body=b"1")
    assert "InputLocation: 'https://example.com/a' is no S3 URI" in refusal(
        endpoint, InputLocation="https://example.com/a"
    )
    assert "requestTTLSeconds" in refusal(endpoint, RequestTTLSeconds=1)
    assert endpoint.describe()["AsyncInferenceConfig"] == config()["AsyncInferenceConfig"]


def test_a_synchronous_endpoint_has_no_queue(account: Account) -> None:
    account.deployed()
    assert refusal(account) == OTHER_TYPE


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"AsyncInferenceConfig": {"OutputConfig": {}}}, "OutputConfig.S3OutputPath is required"),
        (config(S3FailurePath="https://x/y"), "S3FailurePath: 'https://x/y' is no S3 URI"),
        (
            config()
            | {
                "DataCaptureConfig": {
                    "InitialSamplingPercentage": 1,
                    "DestinationS3Uri": "s3://b/c",
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                }
            },
            "DataCaptureConfig is not supported for asynchronous endpoints",
        ),
    ],
)
def test_configurations_that_cannot_be(account: Account, members: Document, message: str) -> None:
    account.create_model()
    given = {"EndpointConfigName": "c", "ProductionVariants": [account.variant()], **members}
    assert message in account.refusal("CreateEndpointConfig", **given)
