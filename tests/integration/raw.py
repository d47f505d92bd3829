"""Requests to a local cloud byte by byte, and clients of other keys than its own."""

import http.client
import socket
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config

from tests.integration.signing import signed_headers
from tests.integration.stack import Keys
from tests.integration.wire import Cloud


class Answer:
    """What came back over a socket: status, headers, body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()


def raw(cloud: Cloud, method: str, target: str, body: bytes = b"", /, **headers: str) -> Answer:
    """Send exactly these bytes; a Host is added where none is given."""
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    written = {"Host": f"127.0.0.1:{cloud.port}"} | written
    if body:
        written["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in written.items())]
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return Answer(response)


def signed(
    cloud: Cloud,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    service: str = "s3",
    at: datetime | None = None,
) -> dict[str, str]:
    """Give the headers of a signed request."""
    url = f"{cloud.stack.endpoint}{target}"
    headers = signed_headers(cloud.stack.keys, method, url, body, service=service, at=at)
    return {name.replace("-", "_"): value for name, value in headers.items()}


def form(boundary: str = "b0undary", **fields: str) -> tuple[bytes, str]:
    """Write a form with a file, as a browser does."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x.html"\r\n\r\n<script>\r\n'
    )
    return f"{''.join(parts)}{file}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def another(cloud: Cloud, service: str, keys: dict[str, Any] | Keys, **config: Any) -> Any:
    """Make a client of another key: of a user or a session."""
    if isinstance(keys, Keys):
        keys = {"AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key}
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.stack.endpoint,
        region_name="us-west-2",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def users(cloud: Cloud) -> list[str]:
    return [user["UserName"] for user in cloud.stack.client("iam").list_users()["Users"]]
