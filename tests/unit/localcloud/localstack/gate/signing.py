"""Requests as boto3 signs them, and as the gate receives them."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from localcloud.localstack.gate.canonical import Received, split_target
from localcloud.localstack.gate.signature import Key, Verified, verify

ENDPOINT = "http://127.0.0.1:4566"
KEY_ID, SECRET, TOKEN = "LKIAQAAAAAAAABCDEFGH", "a-secret", "a-session-token"
SESSION_ID = "LSIAQAAAAAAAABCDEFGH"
KEYS = {KEY_ID: Key(SECRET), SESSION_ID: Key(SECRET, TOKEN)}


class Sent:
    """A request that a client would have sent, and its body."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> None:
        parts = urlsplit(url)
        path, query = split_target(url.removeprefix(f"{parts.scheme}://{parts.netloc}"))
        lower = {name.lower(): [value] for name, value in headers.items()}
        lower.setdefault("host", [parts.netloc])
        self.received = Received(method, path, query, lower)
        self.body = body

    def hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    def verify(self, now: datetime | None = None) -> Verified:
        return verify(self.received, self.hash, KEYS.get, now or datetime.now(UTC))


def client(service: str, endpoint: str = ENDPOINT, session: bool = False, **config: Any) -> Any:
    """Make a client of a service that has a key of `KEYS`."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name="us-west-2",
        aws_access_key_id=SESSION_ID if session else KEY_ID,
        aws_secret_access_key=SECRET,
        aws_session_token=TOKEN if session else None,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def sent(client: Any, operation: str, **members: Any) -> Sent:
    """Call an operation; give what it would have sent."""
    caught: list[Sent] = []

    def catch(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        content = _content(request.body)
        headers = {name: _content(value).decode() for name, value in request.headers.items()}
        caught.append(Sent(request.method or "", request.url or "", headers, content))
        raise StopHereError

    client.meta.events.register_first("before-send", catch)
    try:
        client._make_api_call(operation, members)
    except StopHereError:
        return caught[0]
    finally:
        client.meta.events.unregister("before-send", catch)
    raise AssertionError("nothing was sent")


def _content(body: Any) -> bytes:
    content = body.read() if hasattr(body, "read") else body
    return content.encode() if isinstance(content, str) else bytes(content or b"")


class StopHereError(Exception):
    """Nothing is really sent."""
