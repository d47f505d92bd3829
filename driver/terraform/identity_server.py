"""A cloud with nothing in it: what Terraform asks before it plans everything anew, answered on this machine.

Terraform's configuration asks STS whose account it is, also where there is no cloud to ask yet. Nothing else
is asked for a plan that begins with nothing.
Source of the answer: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


@contextmanager
def identity_server(account_id: str) -> Iterator[str]:
    """Answer on a free loopback port for as long as it is needed; yields the address."""
    answer = (
        f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>'
        f"<Arn>arn:aws:iam::{account_id}:root</Arn><UserId>{account_id}</UserId><Account>{account_id}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>none</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
            if asked.get("Action") != ["GetCallerIdentity"]:
                self.send_error(HTTPStatus.NOT_IMPLEMENTED, "Nothing is here but an account.")
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's word
            """Log nothing: the terminal belongs to the driver."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
