"""Lambda's Runtime API, version 2018-06-01, for one function process.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes". The functions here
turn a request into an answer; the server below only moves bytes, on the loopback interface.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

from localcloud.localstack.functions.exchange import Ending, Exchange

_ROOT = "/2018-06-01/runtime"
_ANSWER = re.compile(rf"{_ROOT}/invocation/([^/]+)/(response|error)")
_ENDINGS = {"response": Ending.RESPONSE, "error": Ending.ERROR}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

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


class RuntimeApi:
    """Serves one exchange on a free port of 127.0.0.1 until it is closed."""

    def __init__(self, exchange: Exchange) -> None:
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), handler_for(exchange))
        self._port: int = self._server.server_address[1]
        self.address = f"127.0.0.1:{self._port}"
        threading.Thread(target=self._serve, name=f"lambda-runtime-api-{self.address}", daemon=True).start()

    def close(self) -> None:
        """Stop listening; returns at once."""
        self._closing.set()
        # `shutdown` looks only twice a second; a connection wakes the listener now.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            pass

    def _serve(self) -> None:
        with self._server:
            while not self._closing.is_set():
                self._server.handle_request()


class _Server(ThreadingTCPServer):
    # Not `HTTPServer`: that one asks DNS for the name of 127.0.0.1, which takes seconds on some machines.
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a lost connection is the end of the process, which the sandbox reports."""


def handler_for(exchange: Exchange) -> type[BaseHTTPRequestHandler]:
    """Make the class that reads and writes the requests of one exchange."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._send(get(self.path, exchange))

        def do_POST(self) -> None:
            self._send(post(self.path, self._read_body(), exchange))

        def log_message(self, *args: object, **kwargs: object) -> None:
            """Keep requests out of the log."""

        def _read_body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def _send(self, answer: Answer) -> None:
            lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items()]
            lines += [f"Content-Length: {len(answer.body)}", "", ""]
            # One write: a second one would wait for the acknowledgement of the first, 40 ms and more.
            self.wfile.write("\r\n".join(lines).encode("latin-1") + answer.body)

    return Handler
