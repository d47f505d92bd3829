"""Requests that are signed by hand, header by header, and sent without an SDK."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.integration.stack import Keys

REGION = "us-west-2"


def signed_headers(
    keys: Keys,
    method: str,
    url: str,
    body: bytes = b"",
    *,
    service: str = "s3",
    at: datetime | None = None,
    content: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Give the headers of a request, signed as botocore signs them, with those of its content among them."""
    request = AWSRequest(method, url, data=body)
    for name, value in {"Host": urlsplit(url).netloc, **content}.items():
        request.headers[name] = value
    credentials = Credentials(keys.access_key_id, keys.secret_access_key)
    signer: Any = (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, REGION)
    stamp = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = stamp
    if service == "s3":
        request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    request.headers["X-Amz-Date"] = stamp
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers.items())
