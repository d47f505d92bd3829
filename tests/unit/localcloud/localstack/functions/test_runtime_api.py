import io
import json
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest

from localcloud.localstack.functions.exchange import Ending, Exchange, Invocation
from localcloud.localstack.functions.runtime_api import get, handler_for, post

ROOT = "/2018-06-01/runtime"
INVOCATION = Invocation("r-1", "arn:aws:lambda:us-west-2:000000000000:function:f", b'{"a": 1}', 3.0, "Root=1")


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(clock=lambda: 1000.0)


class Connection:
    """A connection that has received some bytes and keeps what is sent, one entry for each write."""

    def __init__(self, received: bytes) -> None:
        self.received = received
        self.sent: list[bytes] = []

    def makefile(self, mode: str, buffering: int = -1) -> io.BytesIO:
        return io.BytesIO(self.received)

    def sendall(self, data: bytes) -> None:
        self.sent.append(bytes(data))


def serve(exchange: Exchange, received: bytes) -> list[bytes]:
    connection = Connection(received)
    handler_for(exchange)(connection, ("127.0.0.1", 1), None)  # type: ignore[arg-type]
    return connection.sent


def test_next_gives_the_invocation_with_what_lambda_says_of_it(exchange: Exchange) -> None:
    with ThreadPoolExecutor(1) as threads:
        threads.submit(exchange.invoke, INVOCATION, 60)
        answer = get(f"{ROOT}/invocation/next", exchange)
        exchange.end(Ending.EXIT)
    assert (answer.status, answer.body) == (HTTPStatus.OK, b'{"a": 1}')
    assert answer.headers == {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": "r-1",
        "Lambda-Runtime-Deadline-Ms": "1003000",
        "Lambda-Runtime-Invoked-Function-Arn": INVOCATION.function_arn,
        "Lambda-Runtime-Trace-Id": "Root=1",
    }


def test_next_has_nothing_more_once_the_process_is_given_up(exchange: Exchange) -> None:
    exchange.end(Ending.EXIT)
    assert get(f"{ROOT}/invocation/next", exchange).status is HTTPStatus.GONE


@pytest.mark.parametrize(("word", "ending"), [("response", Ending.RESPONSE), ("error", Ending.ERROR)])
def test_an_answer_is_handed_over(exchange: Exchange, word: str, ending: Ending) -> None:
    with ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(exchange.invoke, INVOCATION, 60)
        exchange.take()
        assert post(f"{ROOT}/invocation/r-1/{word}", b"[]", exchange).status is HTTPStatus.ACCEPTED
        assert (outcome.result().ending, outcome.result().payload) == (ending, b"[]")


def test_an_answer_nobody_waits_for_is_a_bad_request(exchange: Exchange) -> None:
    answer = post(f"{ROOT}/invocation/r-1/response", b"[]", exchange)
    assert answer.status is HTTPStatus.BAD_REQUEST
    assert b"InvalidRequestID" in answer.body


def test_an_init_error_ends_the_process_and_is_what_the_caller_gets(exchange: Exchange) -> None:
    assert post(f"{ROOT}/init/error", b'{"errorType": "X"}', exchange).status is HTTPStatus.ACCEPTED
    outcome = exchange.invoke(INVOCATION, 0)
    assert (outcome.ending, outcome.payload) == (Ending.INIT_ERROR, b'{"errorType": "X"}')


@pytest.mark.parametrize("path", ["/", f"{ROOT}/invocation/next/more", f"{ROOT}/restore/next", "/next"])
def test_other_paths_are_not_found(exchange: Exchange, path: str) -> None:
    assert get(path, exchange).status is HTTPStatus.NOT_FOUND
    assert post(path, b"", exchange).status is HTTPStatus.NOT_FOUND


def test_an_answer_ends_with_an_empty_line(exchange: Exchange) -> None:
    exchange.end(Ending.EXIT)
    sent = serve(exchange, f"GET {ROOT}/invocation/next HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    assert sent == [b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"]


def test_a_body_is_read_whole(exchange: Exchange) -> None:
    head = f"POST {ROOT}/init/error HTTP/1.1\r\nConnection: close\r\nContent-Length: 11\r\n\r\n".encode()
    serve(exchange, head + b"hello world")
    assert exchange.invoke(INVOCATION, 0).payload == b"hello world"


def test_a_result_that_is_too_large_is_an_error_and_the_last_of_its_process(exchange: Exchange) -> None:
    size = 6_291_557
    head = (
        f"POST {ROOT}/invocation/r-1/response HTTP/1.1\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    )
    with ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(exchange.invoke, INVOCATION, 60)
        exchange.take()
        sent = serve(exchange, head.encode() + b"x" * size)
        assert outcome.result().ending is Ending.ERROR
    [answer] = sent  # its words differ from one Python to the next
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"\r\nContent-Length: 0\r\n\r\n")
    assert json.loads(outcome.result().payload) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert exchange.ended


def test_a_result_of_the_largest_size_is_taken(exchange: Exchange) -> None:
    size = 6_291_556
    head = (
        f"POST {ROOT}/invocation/r-1/response HTTP/1.1\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    )
    with ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(exchange.invoke, INVOCATION, 60)
        exchange.take()
        serve(exchange, head.encode() + b"x" * size)
        assert (outcome.result().ending, len(outcome.result().payload)) == (Ending.RESPONSE, size)
