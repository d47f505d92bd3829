"""Whether a presigned address is one of a key of this cloud; pure.

Sources: S3 API reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"; S3
user guide, "Signing and authenticating REST requests (AWS signature version 2)", which boto3 still writes for
S3 unless it is told otherwise.
"""

import base64
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from botocore.auth import HmacV1Auth

from localcloud.localstack.gate.canonical import (
    ALGORITHM,
    Received,
    Scope,
    decoded,
    parameters,
    read_scope,
)
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.signature import (
    MISMATCH,
    SKEW,
    UNSIGNED_BODY,
    Claim,
    FindKey,
    Verified,
    check_date,
    check_signature,
    check_signed_headers,
    is_hash,
    key_for,
    read_names,
    read_stamp,
)

LONGEST = timedelta(days=7)
_NEEDED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)


def is_presigned(query: str) -> bool:
    """Tell whether a query claims to be signed with Signature Version 4."""
    return "X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query


def is_presigned_v2(query: str) -> bool:
    """Tell whether a query claims to be signed with Signature Version 2."""
    return "AWSAccessKeyId=" in query


def verify_presigned(
    received: Received, body_hash: Callable[[], str], find_key: FindKey, now: datetime
) -> Verified:
    """Verify the signature in a query; `RefusedError` where it is not right."""
    given = parameters(received.query)
    algorithm = given.get("X-Amz-Algorithm", "")
    if algorithm != ALGORITHM:
        raise RefusedError(
            Fault.MALFORMED_QUERY, f'X-Amz-Algorithm only supports "{ALGORITHM}"; sign the address with it.'
        )
    scope = read_scope(given.get("X-Amz-Credential", ""))
    signed = read_names(given.get("X-Amz-SignedHeaders", ""))
    if scope is None or not all(given.get(name) for name in _NEEDED):
        raise RefusedError(
            Fault.MALFORMED_QUERY,
            f"Query-string authentication version 4 requires {', '.join(_NEEDED)} and X-Amz-Expires.",
        )
    check_signed_headers(received, signed, Fault.MALFORMED_QUERY)
    stamp = given["X-Amz-Date"]
    key = key_for(scope, given.get("X-Amz-Security-Token"), find_key, now)
    check_date(scope, stamp, Fault.MALFORMED_QUERY)
    hashed = _signed_hash(received, scope, given.get("X-Amz-Content-Sha256", ""), signed) or body_hash()
    claim = Claim(scope, signed, stamp, given["X-Amz-Signature"])
    check_signature(received, claim, hashed, key, left_out="X-Amz-Signature")
    _check_expiry(stamp, given.get("X-Amz-Expires"), scope, now)
    return Verified(scope, stamp, given["X-Amz-Signature"], key, hashed)


def verify_presigned_v2(received: Received, bucket: str, find_key: FindKey, now: datetime) -> Scope:
    """Verify an address of S3 that is signed with Signature Version 2.

    `bucket`: the bucket that the host names, empty where the path names it.
    """
    given = parameters(received.query)
    if "Action" in given:  # this version signs no more of a query than S3 knows; another service would act
        raise RefusedError(Fault.DENIED, "An address of S3 that is signed with version 2 names no Action.")
    signature, expires = given.get("Signature", ""), given.get("Expires", "")
    if not signature or not expires.isascii() or not expires.isdigit():
        raise RefusedError(
            Fault.DENIED,
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        )
    scope = Scope(given.get("AWSAccessKeyId", ""), "", "", "s3")
    key = key_for(scope, given.get("x-amz-security-token"), find_key, now)
    expected = _signature_v2(received, bucket, given, key.secret, expires)
    if not hmac.compare_digest(expected.encode(), signature.replace(" ", "+").encode()):
        raise RefusedError(
            Fault.WRONG_SIGNATURE,
            MISMATCH,
        )
    if now.timestamp() > int(expires):
        raise RefusedError(Fault.EXPIRED, f"Request has expired: the address was good until {expires}.")
    return scope


def _signed_hash(received: Received, scope: Scope, in_query: str, signed: Sequence[str]) -> str | None:
    if "x-amz-content-sha256" in signed:
        said = received.header("x-amz-content-sha256")
        return said if is_hash(said) or said == UNSIGNED_BODY else None
    return (in_query if is_hash(in_query) else UNSIGNED_BODY) if scope.is_s3 else None


def _check_expiry(stamp: str, expires: str | None, scope: Scope, now: datetime) -> None:
    signed_at = read_stamp(stamp)
    if expires is None and not scope.is_s3:  # the other services have a default of their own: 15 minutes
        expires = str(int(SKEW.total_seconds()))
    if signed_at is None or not expires or not expires.isascii() or not expires.isdigit():
        raise RefusedError(
            Fault.MALFORMED_QUERY, "X-Amz-Date and X-Amz-Expires must be a time and a number of seconds."
        )
    if not 0 < int(expires) <= LONGEST.total_seconds():
        raise RefusedError(
            Fault.MALFORMED_QUERY, "X-Amz-Expires must be less than a week (in seconds) that is 604800."
        )
    if signed_at - now > SKEW:
        raise RefusedError(Fault.EXPIRED, f"Request is not valid yet: it was signed for {stamp}.")
    end = signed_at + timedelta(seconds=int(expires))
    if now > end:
        raise RefusedError(
            Fault.EXPIRED, f"Request has expired: the address was good until {end:%Y-%m-%dT%H:%M:%SZ}."
        )


def _signature_v2(received: Received, bucket: str, given: dict[str, str], secret: str, expires: str) -> str:
    # Signers move the headers that they sign into the query; here they count wherever they are.
    headers = {name.lower(): value for name, value in given.items() if _is_signed_v2(name.lower())}
    headers |= {
        name: ",".join(value.strip() for value in values)
        for name, values in received.headers.items()
        if _is_signed_v2(name)
    }
    amazon = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-amz-")]
    plain = [headers.get("content-md5", ""), headers.get("content-type", ""), expires]
    path = f"/{bucket}{received.path}" if bucket else received.path
    resource = "&".join(
        f"{name}={decoded(value)}" if is_set else name
        for name, is_set, value in sorted(part.partition("=") for part in received.query.split("&"))
        if name in HmacV1Auth.QSAOfInterest
    )
    text = "\n".join([received.method, *plain, *amazon, f"{path}?{resource}" if resource else path])
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


def _is_signed_v2(name: str) -> bool:
    return name.startswith("x-amz-") or name in ("content-md5", "content-type")
