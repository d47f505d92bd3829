"""Stands in for AWS's XGBoost image as a server: CSV in, a line with the prediction for each row out."""

import os
import pickle
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy
import xgboost

BOOSTER = pickle.loads(Path("/opt/ml/model/xgboost-model").read_bytes())  # noqa: S301 - the job's own


class Handler(BaseHTTPRequestHandler):
    """Answers /ping and /invocations."""

    def do_GET(self) -> None:
        """Say that the server is well."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        rows = numpy.loadtxt(body.splitlines(), delimiter=",", ndmin=2)
        predictions = BOOSTER.predict(xgboost.DMatrix(rows))
        self._answer("".join(f"{value}\n" for value in predictions).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()  # noqa: S104 - as in a container
