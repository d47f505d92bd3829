#!/usr/bin/env python
"""Serves a model in script mode: `model_fn`, `input_fn`, `predict_fn`, `output_fn` of the user's script.

AWS's toolkit (sagemaker-inference) calls the functions; its server, Multi Model Server, needs Java, so the
server is this one. It has one worker: requests wait for each other, as they do at each of AWS's workers.
"""

import json
import logging
import os
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from handlers import HANDLERS
from sagemaker_inference.transformer import Transformer
from user_code import MODEL, install_code

LOG = logging.getLogger(__name__)


class Request:
    """What the toolkit asks of Multi Model Server about one request, and tells it."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers
        self.system_properties = {"model_dir": str(MODEL), "gpu_id": None}
        self.request_processor = [self]
        self.status = int(HTTPStatus.OK)
        self.content_type = "text/plain"

    def get_request_properties(self) -> dict[str, str]:
        """Give the headers."""
        return self._headers

    def get_request_header(self, _number: int, name: str) -> str | None:
        """Give one header."""
        return self._headers.get(name)

    def set_response_status(self, code: int = 200, phrase: str = "") -> None:
        """Take the status of an error."""
        del phrase
        self.status = int(code)

    def set_response_content_type(self, _number: int, content_type: str) -> None:
        """Take what the answer is."""
        self.content_type = content_type


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body go out as one
    server: "Server"

    def do_GET(self) -> None:
        """Say that the model is loaded."""
        self._answer(HTTPStatus.OK if self.path == "/ping" else HTTPStatus.NOT_FOUND, "text/plain", b"")

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != "/invocations":
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"")
            return
        request = Request(dict(self.headers.items()))
        with self.server.worker:
            (answer,) = self.server.transformer.transform([{"body": body}], request)
        if request.status >= HTTPStatus.BAD_REQUEST:
            LOG.error("%s", answer)
        is_empty = request.status == HTTPStatus.NO_CONTENT
        self._answer(request.status, request.content_type, b"" if is_empty else _bytes(answer))

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log what was not /ping: that comes every few seconds."""
        del size
        if self.path != "/ping":
            LOG.info('"%s" %s', self.requestline, int(code))


class Server(ThreadingHTTPServer):
    """The server of one model."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], transformer: Transformer) -> None:
        super().__init__(address, Handler)
        self.transformer = transformer
        self.worker = threading.Lock()


def main(framework: str) -> None:
    """Load the model and serve until ended."""
    if framework == "xgboost" and "SAGEMAKER_PROGRAM" not in os.environ:
        framework = "xgboost_algorithm"
        os.environ.setdefault("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    else:
        install_code()
    transformer = Transformer(HANDLERS[framework]())
    transformer.validate_and_initialize(model_dir=str(MODEL), context=Request({}))
    bound = os.environ.get("SAGEMAKER_BIND_TO_PORT")
    # A port of its own is one of this machine; in a container, the requests come from outside.
    address = ("127.0.0.1", int(bound)) if bound else ("0.0.0.0", 8080)  # noqa: S104
    with Server(address, transformer) as server:
        LOG.info("Serving on port %d", address[1])
        server.serve_forever()


def _bytes(answer: Any) -> bytes:
    if isinstance(answer, str):
        return answer.encode()
    return bytes(answer) if isinstance(answer, bytes | bytearray) else json.dumps(answer).encode()


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stdout)
    main(sys.argv[1])
