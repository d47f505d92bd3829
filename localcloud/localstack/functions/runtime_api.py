"""Lambda's Runtime API, version 2018-06-01, for one function process.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes". The functions here
turn a request into an answer; the server below only moves bytes, on a socket that nobody else can reach: one
end of a pair, whose other end the function's process has inherited.
"""

import contextlib
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from localcloud.localstack.functions import faults
from localcloud.localstack.functions.exchange import Ending, Exchange

_ROOT = "/2018-06-01/runtime"
_ANSWER = re.compile(rf"{_ROOT}/invocation/([^/]+)/(response|error)")
_ENDINGS = {"response": Ending.RESPONSE, "error": Ending.ERROR}
_JSON = {"Content-Type": "application/json"}
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def get(path: str, exchange: Exchange) -> Answer:
    """Answer a GET: the next invocation, for which this waits."""
    if path != f"{_ROOT}/invocation/next":
        return Answer(HTTPStatus.NOT_FOUND)
    delivery = exchange.take()
    if delivery is None:
        return Answer(HTTPStatus.GONE)
    invocation = delivery.invocation
    headers = {
        **_JSON,
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(delivery.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
    }
    return Answer(HTTPStatus.OK, invocation.payload, headers)


def refuse(path: str, exchange: Exchange) -> Answer:
    """Answer a POST whose body is too large: the invocation fails, and the process is used up, as on AWS."""
    if match := _ANSWER.fullmatch(path):
        exchange.answer(match[1], Ending.ERROR, faults.response_too_large())
    exchange.end(Ending.EXIT, faults.exit_reason(1).encode())
    return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def post(path: str, body: bytes, exchange: Exchange) -> Answer:
    """Answer a POST: a response, an error, or the news that the function could not be loaded."""
    if path == f"{_ROOT}/init/error":
        exchange.end(Ending.INIT_ERROR, body)
    elif match := _ANSWER.fullmatch(path):
        if not exchange.answer(match[1], _ENDINGS[match[2]], body):
            refusal = b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}'
            return Answer(HTTPStatus.BAD_REQUEST, refusal, _JSON)
    else:
        return Answer(HTTPStatus.NOT_FOUND)
    return Answer(HTTPStatus.ACCEPTED, b'{"status":"OK"}', _JSON)


def serve(connection: socket.socket, exchange: Exchange) -> None:
    """Serve one exchange on a connected socket until either end is closed."""
    with connection, contextlib.suppress(OSError):  # a lost connection is the end of the process
        handler_for(exchange)(connection, ("", 0), None)  # type: ignore[arg-type] # there is no server


def handler_for(exchange: Exchange) -> type[BaseHTTPRequestHandler]:
    """Make the class that reads and writes the requests of one exchange."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(get(self.path, exchange))

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length <= faults.RESPONSE_BYTES:
                self._send(post(self.path, self.rfile.read(length), exchange))
                return
            while length > 0 and (piece := self.rfile.read(min(length, _PIECE_BYTES))):
                length -= len(piece)
            self._send(refuse(self.path, exchange))

        def log_message(self, *args: object, **kwargs: object) -> None:
            """Keep requests out of the log."""

        def _send(self, answer: Answer) -> None:
            lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items()]
            lines += [f"Content-Length: {len(answer.body)}", "", ""]
            self.wfile.write("\r\n".join(lines).encode("latin-1") + answer.body)

    return Handler
