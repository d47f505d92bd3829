"""Whether the signature of a request is one of a key of this cloud: Signature Version 4, in a header; pure.

Sources: IAM user guide, "Elements of an AWS API request signature"; S3 API reference, "Authenticating
Requests: Using the Authorization Header" and "Signature Calculations … Transferring Payload in Multiple
Chunks". The time of a request may differ by 15 minutes ("Troubleshooting Signature Version 4").
"""

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from localcloud.localstack.gate.canonical import (
    ALGORITHM,
    Received,
    Scope,
    canonical_requests,
    key_of,
    read_authorization,
    read_scope,
    sign,
    string_to_sign,
)
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.origin import shown

SKEW = timedelta(minutes=15)
UNSIGNED_BODY = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = frozenset(
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"}
)
STREAMED = SIGNED_CHUNKS | {"STREAMING-UNSIGNED-PAYLOAD-TRAILER"}

_STAMP = "%Y%m%dT%H%M%SZ"
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAMES = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your secret access "
    "key and signing method."
)
_MEANINGFUL = ("x-amz-", "x-localstack-")
KNOW_KEY = "`invoke env` prints the key that this local cloud takes."


@dataclass(frozen=True, slots=True)
class Key:
    """An access key: its secret, its session token and its end.

    - `token`: the session token that must come along; None for a key that lasts.
    - `expires`: when the session ends, None where it does not.
    """

    secret: str
    token: str | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The claims of a request: its key, its signed headers, its time."""

    scope: Scope
    signed: Sequence[str]
    stamp: str
    signature: str


FindKey = Callable[[str], Key | None]


@dataclass(frozen=True, slots=True)
class Verified:
    """A request whose signature is right.

    `body_hash`: what the signature says of the body: a hash, or one of S3's words for a body that has none.
    """

    scope: Scope
    stamp: str
    signature: str
    key: Key
    body_hash: str


def verify(received: Received, body_hash: Callable[[], str], find_key: FindKey, now: datetime) -> Verified:
    """Verify the signature in the ``Authorization`` header.

    `body_hash`: gives the SHA-256 of its body; called only where it is needed. Raises `RefusedError` if it is
    not right.
    """
    authorization = received.header("authorization")
    algorithm = authorization.partition(" ")[0]
    if algorithm != ALGORITHM:
        raise _unsupported(authorization)
    parts = read_authorization(authorization)
    scope, signed = read_scope(parts.get("Credential", "")), read_names(parts.get("SignedHeaders", ""))
    signature = parts.get("Signature", "")
    if scope is None or not signature:
        raise RefusedError(
            Fault.MALFORMED,
            "The Authorization header needs Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders "
            "and Signature.",
        )
    check_signed_headers(received, signed, Fault.MALFORMED)
    stamp = _stamp_of(received)
    key = key_for(scope, received.header("x-amz-security-token") or None, find_key, now)
    check_date(scope, stamp, Fault.MALFORMED)
    hashed = _signed_hash(received, scope) or body_hash()
    check_signature(received, Claim(scope, signed, stamp, signature), hashed, key)
    check_time(stamp, now)
    return Verified(scope, stamp, signature, key, hashed)


def is_hash(text: str) -> bool:
    """Tell whether a ``x-amz-content-sha256`` is the hash of a body."""
    return _HASH.fullmatch(text) is not None


@lru_cache(maxsize=512)  # each SDK signs the same few headers
def read_names(text: str) -> tuple[str, ...]:
    """Read the names of the signed headers; none where one is no name in lower case."""
    names = tuple(text.split(";"))
    return names if all(map(_NAMES.fullmatch, names)) else ()


def check_signed_headers(received: Received, signed: Sequence[str], fault: Fault) -> None:
    """Make sure that a signature covers the host and all headers that change what a request means."""
    if "host" not in signed:
        raise RefusedError(
            fault, "SignedHeaders must name the signed headers in lower case, and host among them."
        )
    loose = [
        name
        for name in received.headers
        if name.startswith(_MEANINGFUL) and name not in signed and name != "x-amz-content-sha256"
    ]
    if loose:
        raise RefusedError(
            Fault.DENIED,
            f"There were headers present in the request which were not signed: {shown(', '.join(loose))}.",
        )


def key_for(scope: Scope, token: str | None, find_key: FindKey, now: datetime) -> Key:
    """Find the key of a signature, with its session where it has one."""
    key = find_key(scope.access_key_id)
    if key is None:
        raise RefusedError(
            Fault.UNKNOWN_KEY,
            f"The access key {shown(scope.access_key_id)!r} does not exist in this local cloud. {KNOW_KEY}",
        )
    if key.expires is not None and now >= key.expires:
        raise RefusedError(
            Fault.EXPIRED_TOKEN,
            "The security token included in the request is expired. Call AssumeRole again.",
        )
    if key.token is None:
        if token is not None:
            raise RefusedError(
                Fault.WRONG_TOKEN, "This access key has no session: leave the session token away."
            )
    elif token is None or not hmac.compare_digest(token.encode(), key.token.encode()):
        raise RefusedError(Fault.WRONG_TOKEN, "The security token included in the request is invalid.")
    return key


def check_date(scope: Scope, stamp: str, fault: Fault) -> None:
    """Make sure that the day of the credential is that of the request."""
    if scope.date != stamp[:8]:
        raise RefusedError(
            fault, f"The date in Credential ({shown(scope.date)}) is not that of the request ({stamp[:8]})."
        )


def check_signature(received: Received, claim: Claim, body_hash: str, key: Key, left_out: str = "") -> None:
    """Compute the signature of a request and compare it with the given one.

    `left_out`: a parameter of the query that is not signed: the signature itself.
    """
    scope, given = claim.scope, claim.signature.encode()
    secret = key_of(key.secret, scope)
    for request in canonical_requests(received, scope, claim.signed, body_hash, left_out):
        if hmac.compare_digest(sign(secret, string_to_sign(scope, claim.stamp, request)).encode(), given):
            return
    raise RefusedError(Fault.WRONG_SIGNATURE, f"{MISMATCH} {KNOW_KEY}")


def check_time(stamp: str, now: datetime) -> None:
    """Make sure that a request was signed in the last 15 minutes, so that it cannot be sent again later."""
    moment = read_stamp(stamp)
    if moment is None or abs(now - moment) > SKEW:
        raise RefusedError(
            Fault.WRONG_TIME,
            "The difference between the request time and the current time is too large: it was signed at "
            f"{shown(stamp)}, and here it is {now:{_STAMP}}; 15 minutes are allowed.",
        )


@lru_cache(maxsize=512)  # to read a time takes longer than to compute a signature
def read_stamp(stamp: str) -> datetime | None:
    """Read a time such as 20261126T193533Z, None where it is none."""
    if len(stamp) != 16:
        return None
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _stamp_of(received: Received) -> str:
    if stamp := received.header("x-amz-date"):
        if read_stamp(stamp) is not None:
            return stamp
    elif date := received.header("date"):
        try:
            return parsedate_to_datetime(date).astimezone(UTC).strftime(_STAMP)
        except ValueError:
            if read_stamp(date) is not None:
                return date
    raise RefusedError(Fault.MALFORMED, "The request needs its time in X-Amz-Date, such as 20261126T193533Z.")


def _signed_hash(received: Received, scope: Scope) -> str | None:
    """Give what the header says of the body; None where only the body itself says it."""
    said = received.header("x-amz-content-sha256")
    return said if is_hash(said) or (scope.is_s3 and (said == UNSIGNED_BODY or said in STREAMED)) else None


def _unsupported(authorization: str) -> RefusedError:
    if authorization.startswith("AWS4-ECDSA-P256-SHA256"):
        return RefusedError(
            Fault.UNSUPPORTED,
            "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not supported. Use AWS4-HMAC-SHA256.",
        )
    return RefusedError(
        Fault.UNSUPPORTED,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
