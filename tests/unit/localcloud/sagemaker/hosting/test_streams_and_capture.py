"""Answers that are streamed, and requests that are captured."""

import base64
import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from localcloud.containers.http import Reply, Request, SlowError, StreamedReply, UnreachableError
from localcloud.errors import ServiceError
from localcloud.ports import Datum
from tests.unit.localcloud.sagemaker.cloud import CALLER, Document
from tests.unit.localcloud.sagemaker.hosting.account import Account

CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://bucket/captured",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}


def stream(account: Account) -> Document:
    request = {"EndpointName": "endpoint", "Body": b"1,2"}
    return account.runtime.call("InvokeEndpointWithResponseStream", CALLER, request)


def parts(answer: Document) -> list[object]:
    body = answer["Body"]
    assert isinstance(body, Iterator)
    return list(body)


def test_an_answer_comes_in_parts(account: Account) -> None:
    account.deployed()
    account.servers[0].reply = Reply(200, {"content-type": "text/plain"}, b"abc")
    answer = stream(account)
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/plain", "A")
    assert parts(answer) == [{"PayloadPart": {"Bytes": piece}} for piece in (b"a", b"b", b"c")]
    assert account.servers[0].requests[0].timeout == 480


@pytest.mark.parametrize(
    ("error", "code"),
    [(UnreachableError("gone"), "StreamBroken"), (SlowError("late"), "ModelInvocationTimeExceeded")],
)
def test_a_stream_that_breaks_off_says_so(account: Account, error: Exception, code: str) -> None:
    account.deployed()
    account.servers[0].breaks_off = error
    *_, last = parts(stream(account))
    assert last == {"ModelStreamError": {"Message": str(error), "ErrorCode": code}}


def test_what_the_model_refuses_is_an_error_and_no_stream(account: Account) -> None:
    account.deployed()
    account.servers[0].reply = Reply(400, {}, b"no such column")
    with pytest.raises(
        ServiceError, match=r'client error \(400\) from primary with message "no such column"'
    ):
        stream(account)


def test_of_an_error_that_does_not_end_only_the_beginning_is_read(account: Account) -> None:
    account.deployed()
    account.servers[0].reply = Reply(500, {}, b"x" * 100_000)
    account.servers[0].breaks_off = AssertionError("it is read to its end")
    plain, ended = account.servers[0].stream, threading.Event()

    def counted(request: Request, target: str | None = None) -> StreamedReply:
        reply = plain(request, target)

        def pieces() -> Iterator[bytes]:
            try:
                yield from reply.pieces
            finally:
                ended.set()

        return replace(reply, pieces=pieces())

    account.servers[0].stream = counted  # type: ignore[method-assign]
    with pytest.raises(ServiceError) as caught:
        stream(account)
    assert caught.value.members["OriginalMessage"] == "x" * 1024
    assert ended.is_set(), "its server counts it on"


def test_an_error_is_counted_for_the_variant_whose_server_has_answered(account: Account) -> None:
    account.deployed(account.variant(), account.variant(VariantName="B"))
    account.draws = itertools.cycle([0.9])
    for server in account.servers:
        server.reply = Reply(500, {}, b"broken")
    measured: list[Datum] = []

    def measure(namespace: str, data: Sequence[Datum]) -> None:
        measured.extend(data)

    account.endpoint.measure = measure  # type: ignore[method-assign]
    with pytest.raises(ServiceError):
        stream(account)
    with pytest.raises(ServiceError):
        account.invoke()
    assert {item.name for item in measured} >= {"Invocations", "Invocation5XXErrors"}
    assert {item.dimensions["VariantName"] for item in measured} == {"B"}


def lines(account: Account) -> dict[str, list[Document]]:
    """Give the captured files by their keys."""
    account.timer.fire()
    account.host.wait_for(lambda: any(key.startswith("captured/") for _, key in account.host.objects))
    return {
        key: [json.loads(line) for line in content.splitlines()]
        for (_, key), content in account.host.objects.items()
        if key.startswith("captured/")
    }


def test_requests_and_answers_are_captured(account: Account) -> None:
    account.deployed(DataCaptureConfig={**CAPTURE, "KmsKeyId": "key"})
    account.servers[0].reply = Reply(200, {"content-type": "application/octet-stream"}, b"\xff")
    account.invoke(ContentType="text/csv; charset=utf-8", InferenceId="mine")
    account.invoke(b"3")
    ((key, (first, second)),) = lines(account).items()
    assert key.startswith("captured/endpoint/A/2026/11/21/09/")
    assert key.endswith(".jsonl")
    assert first["captureData"] == {
        "endpointInput": {
            "observedContentType": "text/csv; charset=utf-8",
            "mode": "INPUT",
            "data": "1,2",
            "encoding": "CSV",
        },
        "endpointOutput": {
            "observedContentType": "application/octet-stream",
            "mode": "OUTPUT",
            "data": base64.b64encode(b"\xff").decode(),
            "encoding": "BASE64",
        },
    }
    metadata = first["eventMetadata"]
    assert isinstance(metadata, dict)
    assert (metadata["inferenceId"], first["eventVersion"]) == ("mine", "0")
    assert "inferenceId" not in second["eventMetadata"]  # type: ignore[operator]
    assert set(account.host.encrypted.values()) == {"key"}
    assert account.describe()["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/captured",
        "KmsKeyId": "key",
    }


def test_what_is_captured_is_written_before_the_end(account: Account) -> None:
    account.deployed(DataCaptureConfig=CAPTURE)
    account.invoke()
    account.hosting.write_captured()
    assert len(account.host.objects) == 1
    account.timer.fire()
    assert len(lines(account)) == 1  # not once more


def test_only_what_is_drawn_and_asked_for_is_captured(account: Account) -> None:
    account.deployed(
        DataCaptureConfig={
            **CAPTURE,
            "InitialSamplingPercentage": 50,
            "CaptureOptions": [{"CaptureMode": "Output"}],
        }
    )
    draws = iter([0.0, 0.6, 0.0, 0.4])  # an instance and a sample, twice
    account.draws = draws  # type: ignore[assignment]
    account.invoke()
    account.invoke()
    ((_, captured),) = lines(account).items()
    assert [list(line["captureData"]) for line in captured] == [["endpointOutput"]]  # type: ignore[call-overload]


def test_capture_that_is_off_captures_nothing(account: Account) -> None:
    account.deployed(DataCaptureConfig={**CAPTURE, "EnableCapture": False})
    account.invoke()
    assert account.timer.actions == []
    assert "DataCaptureConfig" not in account.describe()


def test_an_update_takes_the_capture_of_its_configuration_unless_it_retains(account: Account) -> None:
    account.deployed(DataCaptureConfig=CAPTURE)
    account.create_config("second")
    account.update("second", RetainAllVariantProperties=True)
    account.servers[1].ready()
    account.wait_for_status("IN_SERVICE", 2)
    assert "DataCaptureConfig" in account.describe()
    account.update("second")
    account.servers[2].ready()
    account.wait_for_status("IN_SERVICE", 3)
    assert "DataCaptureConfig" not in account.describe()
