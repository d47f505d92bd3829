"""Whether a form that uploads to S3 carries a policy that a key of this cloud has signed; pure.

Sources: S3 API reference, "Authenticating Requests in Browser-Based Uploads Using POST" and "POST Policy"; S3
user guide, "Browser-Based Uploads Using POST (AWS signature version 2)".
Whether the form keeps to the policy's conditions, LocalStack checks when it stores the object; that no other
field is in the form, and that the policy has an end, is checked here.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from localcloud.localstack.gate.canonical import ALGORITHM, Scope, key_of, read_scope, sign
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.origin import shown
from localcloud.localstack.gate.signature import MISMATCH, FindKey, key_for, read_stamp

_FREE = frozenset({"x-amz-signature", "signature", "awsaccesskeyid", "file", "policy"})


def verify_form(fields: Mapping[str, str], find_key: FindKey, now: datetime) -> Scope:
    """Verify the policy of a form; `RefusedError` where it has none, or one that nobody here has signed.

    `fields`: the form's fields but for the file, by their names in lower case.
    """
    policy = fields.get("policy", "")
    if not policy:
        raise RefusedError(
            Fault.NO_SIGNATURE,
            "Access Denied: the form has no signed policy, and no bucket of this local cloud is public.",
        )
    is_v2 = "awsaccesskeyid" in fields
    scope = _scope_v2(fields) if is_v2 else _scope(fields)
    key = key_for(scope, fields.get("x-amz-security-token"), find_key, now)
    if is_v2:
        digest = hmac.digest(key.secret.encode(), policy.encode(), "sha1")
        expected, given = base64.b64encode(digest), fields.get("signature", "").encode()
    else:
        expected = sign(key_of(key.secret, scope), policy.encode()).encode()
        given = fields.get("x-amz-signature", "").encode()
    if not hmac.compare_digest(expected, given):
        raise RefusedError(Fault.WRONG_SIGNATURE, MISMATCH)
    _check_policy(policy, fields, now)
    return scope


def _scope(fields: Mapping[str, str]) -> Scope:
    if fields.get("x-amz-algorithm") != ALGORITHM:
        raise RefusedError(
            Fault.UNSUPPORTED,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        )
    scope, stamp = read_scope(fields.get("x-amz-credential", "")), fields.get("x-amz-date", "")
    if scope is None or read_stamp(stamp) is None or scope.date != stamp[:8]:
        raise RefusedError(
            Fault.MALFORMED_QUERY, "The form needs x-amz-credential and x-amz-date of one day."
        )
    return scope


def _scope_v2(fields: Mapping[str, str]) -> Scope:
    """Give a scope where signature version 2 has none; boto3 still writes it unless it is told otherwise."""
    return Scope(fields["awsaccesskeyid"], "", "us-east-1", "s3")


def _check_policy(policy: str, fields: Mapping[str, str], now: datetime) -> None:
    try:
        document = json.loads(base64.b64decode(policy, validate=True))
        end = datetime.fromisoformat(document["expiration"])
        conditions = document["conditions"]
        named = {name for condition in conditions for name in _names(condition)}
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError(
            Fault.DENIED, "Invalid Policy: it needs an expiration and a list of conditions."
        ) from error
    if now >= (end if end.tzinfo else end.replace(tzinfo=UTC)):
        raise RefusedError(Fault.EXPIRED, "Invalid according to Policy: Policy expired.")
    if "bucket" not in named:
        raise RefusedError(
            Fault.DENIED, "Invalid according to Policy: it does not say for which bucket it is."
        )
    extra = sorted(
        name
        for name in fields
        if name not in named and name not in _FREE and not name.startswith("x-ignore-")
    )
    if extra:
        raise RefusedError(
            Fault.DENIED, f"Invalid according to Policy: Extra input fields: {shown(', '.join(extra))}"
        )


def _names(condition: object) -> list[str]:
    if isinstance(condition, dict):
        return [str(name).lower() for name in condition]
    if isinstance(condition, list) and len(condition) == 3:
        return [str(condition[1]).lower().removeprefix("$")]
    raise ValueError("no condition")
