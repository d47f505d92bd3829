#!/usr/bin/env python
"""Serving: answers /ping and /invocations for the model in the model directory.

Takes ``text/csv``, with a header or without, and answers ``application/json`` or, if asked to accept it,
``text/csv`` with one line for each row. Listens where SAGEMAKER_BIND_TO_PORT says, else on port 8080, as
SageMaker wants it.
"""

import json
import logging
import os
import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from opt_ml import log_to_stdout, model_directory
from table import TableError, parse_table

LOG = logging.getLogger(__name__)

_CSV, _JSON = "text/csv", "application/json"


class RefusedError(Exception):
    """The request cannot be answered; the text says why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Model:
    """What was trained: the forest, the columns it takes, the classes it tells apart."""

    forest: Any
    columns: list[str]
    classes: list[int]

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read what train.py has written; a model is code, so it must come from a place that one trusts."""
        about = json.loads((folder / "model.json").read_text("utf-8"))
        return cls(joblib.load(folder / "model.joblib"), about["columns"], about["classes"])

    def predict(self, body: str) -> list[dict[str, Any]]:
        """Give the class of each row, and how probable each is; `TableError` where the rows do not fit."""
        rows = parse_table(body.splitlines(), "The request").select(self.columns)
        if not rows:
            raise TableError("The request has no rows.")
        probabilities = self.forest.predict_proba(np.asarray(rows))
        best = probabilities.argmax(axis=1)
        return [
            {"predicted_label": self.classes[place], "probabilities": row}
            for place, row in zip(best.tolist(), probabilities.round(6).tolist(), strict=True)
        ]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body go out as one
    server: "Server"

    def do_GET(self) -> None:
        """Say that the model is loaded."""
        if self.path == "/ping":
            self._answer(HTTPStatus.OK, _JSON, b"")
        else:
            self._answer(HTTPStatus.NOT_FOUND, _JSON, b"")

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != "/invocations":
            self._answer(HTTPStatus.NOT_FOUND, _JSON, b"")
            return
        try:
            self._answer(HTTPStatus.OK, *self._predict(body))
        except RefusedError as error:
            self._answer(error.status, _JSON, json.dumps({"error": str(error)}).encode())

    def _predict(self, body: bytes) -> tuple[str, bytes]:
        given = (self.headers.get("Content-Type") or _CSV).partition(";")[0].strip()
        if given != _CSV:
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{given} is not {_CSV}.")
        accepted = self.headers.get("Accept") or "*/*"
        try:
            predictions = self.server.model.predict(body.decode("utf-8-sig"))
        except (TableError, UnicodeDecodeError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if _CSV in accepted:
            lines = [
                ",".join(map(str, (row["predicted_label"], *row["probabilities"]))) for row in predictions
            ]
            return _CSV, "".join(f"{line}\n" for line in lines).encode()
        if not any(kind in accepted for kind in (_JSON, "application/*", "*/*")):
            raise RefusedError(HTTPStatus.NOT_ACCEPTABLE, f"{accepted} is neither {_JSON} nor {_CSV}.")
        return _JSON, json.dumps({"predictions": predictions}).encode()

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log what was not /ping: that comes every few seconds."""
        if self.path != "/ping":
            LOG.info('"%s" %s', self.requestline, int(code))


class Server(ThreadingHTTPServer):
    """The server of one model."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], model: Model) -> None:
        super().__init__(address, Handler)
        self.model = model


def main() -> int:
    """Load the model and serve until ended."""
    try:
        model = Model.load(model_directory())
    except (OSError, KeyError, ValueError) as error:
        LOG.error("There is no model in %s: %s", model_directory(), error)  # noqa: TRY400 - the reason is told
        return 1
    bound = os.environ.get("SAGEMAKER_BIND_TO_PORT")
    # A port of its own is one of this machine; in a container, the requests come from outside.
    address = ("127.0.0.1", int(bound)) if bound else ("0.0.0.0", 8080)  # noqa: S104
    with Server(address, model) as server:
        LOG.info(
            "Serving %d columns, %d classes on port %d", len(model.columns), len(model.classes), address[1]
        )
        server.serve_forever()
    return 0


if __name__ == "__main__":
    log_to_stdout()
    sys.exit(main())
