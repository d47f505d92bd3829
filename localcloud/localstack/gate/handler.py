"""The gate as LocalStack's gateway sees it: the first handler of each request."""

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.spec import get_service_catalog
from localstack.http import Request, Response
from werkzeug.exceptions import HTTPException

from localcloud.localstack.gate import forms, presigned, unsigned
from localcloud.localstack.gate.canonical import (
    ALGORITHM,
    Received,
    Scope,
    parameters,
    read_authorization,
    read_scope,
    split_target,
)
from localcloud.localstack.gate.chunks import verify_chunks
from localcloud.localstack.gate.faults import Answer, Fault, RefusedError, answer, plain, style_of
from localcloud.localstack.gate.keys import KeyRing
from localcloud.localstack.gate.origin import Addresses, is_preflight
from localcloud.localstack.gate.signature import SIGNED_CHUNKS, Verified, is_hash, verify

LOG = logging.getLogger(__name__)

INTERNAL = "x-localstack-data"
"""What LocalStack's services tell each other; it counts only where one of them has signed it."""

ACCOUNT = "x-moto-account-id"
"""By this LocalStack tells moto the account; nobody else may."""

KEY_ID = "sagestep.access_key_id"
"""Where the environ of a request holds the access key that signed it, once its signature was found right."""

_PIECE = 1 << 16


class Gate:
    """Refuses requests of browser pages and requests without a valid signature.

    `ring`: its keys; None where it is open to whoever reaches it.
    """

    def __init__(self, addresses: Addresses, ring: KeyRing | None) -> None:
        self._addresses = addresses
        self._ring = ring

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Let a request pass, or answer it."""
        headers: dict[str, list[str]] = {}
        for name, value in context.request.headers:
            headers.setdefault(name.lower(), []).append(value)
        if problem := self._addresses.problem(headers):
            send(response, plain(problem))
            chain.terminate()  # no header that would let a page read it
        elif self._ring is not None:
            received = _received(context.request, headers)
            try:
                context.request.environ[KEY_ID] = self._check(self._ring, received, context)
            except RefusedError as refusal:
                send(response, answer(refusal, _style(received), context.request_id))
                chain.stop()

    def _check(self, ring: KeyRing, received: Received, context: RequestContext) -> str:
        """Check the signature; give the key that signed, an empty text where none needs to."""
        if ACCOUNT in received.headers:
            del context.request.headers[ACCOUNT]
        body, now = _Body(context.request), datetime.now(UTC)
        if "authorization" in received.headers:
            return _check_header(ring, received, context, body, now)
        if INTERNAL in received.headers:  # said by nobody
            raise unsigned.refusal(received)
        if presigned.is_presigned(received.query):
            verified = presigned.verify_presigned(received, body.hash, ring.find, now)
            _check_body(body, verified)
            if verified.scope.is_s3:  # LocalStack reads the rest of it itself
                context.service = get_service_catalog().get("s3")
            else:
                _sign_as(context.request, verified.scope)
            return verified.scope.access_key_id
        if presigned.is_presigned_v2(received.query):
            bucket = "" if self._is_plain(received) else _bucket(received)
            scope = presigned.verify_presigned_v2(received, bucket, ring.find, now)
            context.service = get_service_catalog().get("s3")
            return scope.access_key_id
        if _is_form(received):
            scope = forms.verify_form(_fields(context.request), ring.find, now)
            _sign_as(context.request, scope)
            context.service = get_service_catalog().get("s3")
            return scope.access_key_id
        self._check_unsigned(received, context, now)
        return ""

    def _check_unsigned(self, received: Received, context: RequestContext, now: datetime) -> None:
        if is_preflight(received.method, received.headers):
            return  # LocalStack answers it before any service
        is_plain = self._is_plain(received)  # else the host names a service or a bucket
        if is_plain and unsigned.is_public(received):
            return
        arn = unsigned.link_arn(received)
        if arn is None or not is_plain:
            raise unsigned.refusal(received)
        _, _, _, region, account, *_ = arn.split(":")
        _sign_as(context.request, Scope(account, f"{now:%Y%m%d}", region, "sns"))

    def _is_plain(self, received: Received) -> bool:
        return self._addresses.is_plain(received.header("host"))


class _Body:
    """The body of a request, which can be read here and once more by whoever serves it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._hash: str | None = None

    def hash(self) -> str:
        """Give its SHA-256."""
        if self._hash is None:
            self._hash = self.read(_hash)
        return self._hash

    def read(self, use: "Callable[[BinaryIO], Any]") -> Any:
        """Give its stream to a function; after it the stream is at its beginning."""
        stream = self._rewindable()
        result = use(stream)
        stream.seek(0)
        return result

    def _rewindable(self) -> BinaryIO:
        environ = self._request.environ
        source = environ["wsgi.input"]
        stream = getattr(source, "_wrapped", source)  # Twisted's wrapper hides that it can go back
        if not hasattr(stream, "seek"):  # another server's: it comes as it is read
            stream = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 - it ends with the request
            left = int(environ.get("CONTENT_LENGTH") or -1)
            while piece := source.read(_PIECE if left < 0 else min(left, _PIECE)):
                stream.write(piece)
                left -= len(piece) if left >= 0 else 0
            stream.seek(0)
            environ["wsgi.input"] = stream
        return cast("BinaryIO", stream)


def _check_header(
    ring: KeyRing, received: Received, context: RequestContext, body: _Body, now: datetime
) -> str:
    if presigned.is_presigned(received.query):
        raise RefusedError(
            Fault.MALFORMED_QUERY,
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
            "string parameter or the Authorization header should be specified",
        )
    is_internal = INTERNAL in received.headers and "x-amz-security-token" not in received.headers
    find = ring.find_internal if is_internal else ring.find
    verified = verify(received, body.hash, find, now)
    _check_body(body, verified)
    if INTERNAL in received.headers and not is_internal:  # a service with the session of a role, or its user
        del context.request.headers[INTERNAL]
    return verified.scope.access_key_id


def _received(request: Request, headers: dict[str, list[str]]) -> Received:
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    path, query = split_target(target)
    method = request.method
    if method == "WEBSOCKET":  # its handshake is a GET
        method, query = "GET", query or environ.get("QUERY_STRING", "")
    return Received(method, path, query, headers)


def _check_body(body: _Body, verified: Verified) -> None:
    if is_hash(verified.body_hash):
        if body.hash() != verified.body_hash:
            raise RefusedError(
                Fault.OTHER_BODY,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
    elif verified.body_hash in SIGNED_CHUNKS:
        body.read(lambda stream: verify_chunks(stream, verified))


def _hash(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _is_form(received: Received) -> bool:
    # Nothing of its address is signed, so that must name no more than a bucket.
    return (
        received.method == "POST"
        and received.header("content-type").startswith("multipart/form-data")
        and not received.query
        and not received.path.startswith("/_")
        and received.path.rstrip("/").count("/") <= 1
        and "x-amz-target" not in received.headers
    )


def _fields(request: Request) -> dict[str, str]:
    try:
        written = list(request.form.items(multi=True))
    except HTTPException as error:
        raise RefusedError(Fault.MALFORMED_QUERY, f"The form cannot be read: {error.description}") from error
    fields = {name.lower(): value for name, value in written}
    if len(fields) != len(written):  # one might be checked, another one used
        raise RefusedError(Fault.DENIED, "Invalid according to Policy: the form has a field twice.")
    return fields


def _bucket(received: Received) -> str:
    """Give the bucket that a host names in front of ``.s3.``, or of the cloud's own name."""
    host = received.header("host").lower().partition(":")[0]
    for end in (".localhost.localstack.cloud", ".localhost", ".127.0.0.1"):
        if host.endswith(end):
            name = host.removesuffix(end)
            bucket, is_below, _ = name.partition(".s3")
            return bucket if is_below else "" if name.startswith("s3") else name
    return ""


def _sign_as(request: Request, scope: Scope) -> None:
    """Put the request's key and service where LocalStack reads them."""
    credential = f"{scope.access_key_id}/{scope.text}"
    request.headers["Authorization"] = (
        f"{ALGORITHM} Credential={credential}, SignedHeaders=host, Signature=verified"
    )


def _style(received: Received) -> Any:
    authorization = read_authorization(received.header("authorization"))
    scope = read_scope(authorization.get("Credential", "")) or read_scope(
        parameters(received.query).get("X-Amz-Credential", "")
    )
    return style_of(
        scope.service if scope else None,
        received.header("content-type"),
        "x-amz-target" in received.headers,
        received.header("smithy-protocol"),
        "Action=" in received.query,
    )


def send(response: Response, refusal: Answer) -> None:
    """Write a refusal into a response."""
    response.status_code = refusal.status
    response.data = refusal.body
    for name, value in refusal.headers.items():
        response.headers[name] = value
