"""Why a request is refused, and how AWS's protocols say so; pure.

Codes and messages: S3 API reference, "Error responses"; IAM user guide, "Troubleshooting Signature Version
4"; "Common errors" of each service's API reference. JSON services answer 400 on AWS; here every refusal of a
key is a 403, which SDKs treat alike.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from xml.sax.saxutils import escape


class Style(Enum):
    """How a protocol writes an error."""

    S3 = "s3"
    QUERY = "query"
    JSON = "json"
    REST_JSON = "rest-json"
    CBOR = "cbor"


class Fault(Enum):
    """What is wrong: the HTTP status; the codes of S3, of the query protocol and of the JSON protocols."""

    UNKNOWN_KEY = (403, "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException")
    WRONG_SIGNATURE = (403, "SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException")
    NO_SIGNATURE = (
        403,
        "AccessDenied",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    )
    WRONG_TIME = (403, "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException")
    EXPIRED = (403, "AccessDenied", "RequestExpired", "InvalidSignatureException")
    WRONG_TOKEN = (403, "InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException")
    EXPIRED_TOKEN = (403, "ExpiredToken", "ExpiredToken", "ExpiredTokenException")
    DENIED = (403, "AccessDenied", "AccessDenied", "AccessDeniedException")
    MALFORMED = (400, "AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException")
    MALFORMED_QUERY = (
        400,
        "AuthorizationQueryParametersError",
        "IncompleteSignature",
        "IncompleteSignatureException",
    )
    UNSUPPORTED = (400, "InvalidRequest", "IncompleteSignature", "IncompleteSignatureException")
    OTHER_BODY = (400, "XAmzContentSHA256Mismatch", "SignatureDoesNotMatch", "InvalidSignatureException")

    @property
    def status(self) -> int:
        """Give the HTTP status."""
        return self.value[0]

    def code(self, style: Style) -> str:
        """Give the error's code in a protocol."""
        _, in_s3, in_query, in_json = self.value
        return in_s3 if style is Style.S3 else in_query if style is Style.QUERY else in_json


class RefusedError(Exception):
    """The request is not served; the message says why and what to do."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def style_of(service: str | None, content_type: str, target: bool, protocol: str, is_action: bool) -> Style:
    """Choose how an error is written, by what is known of a request.

    - `service`: the service that it is signed for, where it is signed.
    - `target`: whether it has the header ``X-Amz-Target``.
    - `protocol`: its header ``Smithy-Protocol``.
    - `is_action`: whether its query names an ``Action``.
    """
    if protocol == "rpc-v2-cbor":
        return Style.CBOR
    if target or "amz-json" in content_type:
        return Style.JSON
    if service and service.startswith("s3"):
        return Style.S3
    if is_action or content_type.startswith("application/x-www-form-urlencoded"):
        return Style.QUERY
    return Style.S3 if service is None else Style.REST_JSON


def answer(refusal: RefusedError, style: Style, request_id: str) -> Answer:
    """Write a refusal as a protocol does."""
    code, message = refusal.fault.code(style), refusal.message
    headers = {"x-amzn-requestid": request_id}
    match style:
        case Style.S3:
            kind = "application/xml"
            body = _xml(f"<Error>{_fault(code, message)}<RequestId>{request_id}</RequestId></Error>")
            headers["x-amz-request-id"] = request_id
        case Style.QUERY:
            kind = "text/xml"
            fault = f"<Error><Type>Sender</Type>{_fault(code, message)}</Error>"
            body = _xml(f"<ErrorResponse>{fault}<RequestId>{request_id}</RequestId></ErrorResponse>")
        case Style.CBOR:
            kind = "application/cbor"
            body = _cbor({"__type": code, "message": message})
            headers["smithy-protocol"] = "rpc-v2-cbor"
        case Style.JSON:
            kind = "application/x-amz-json-1.0"
            body = json.dumps({"__type": code, "message": message}).encode()
        case Style.REST_JSON:
            kind = "application/json"
            body = json.dumps({"message": message}).encode()
            headers["x-amzn-errortype"] = code
    return Answer(refusal.fault.status, headers | {"Content-Type": kind}, body)


def plain(message: str) -> Answer:
    """Write a refusal as plain text for a browser."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Answer(403, headers, f"{message}\n".encode())


def _cbor(members: Mapping[str, str]) -> bytes:
    """Write a map of texts (RFC 8949, section 3.1): a map of up to 23 pairs, texts of a two-byte length."""
    texts = [text.encode() for pair in members.items() for text in pair]
    return bytes([0xA0 + len(members)]) + b"".join(b"\x79" + len(text).to_bytes(2) + text for text in texts)


def _fault(code: str, message: str) -> str:
    return f"<Code>{code}</Code><Message>{escape(message)}</Message>"


def _xml(content: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{content}'.encode()
