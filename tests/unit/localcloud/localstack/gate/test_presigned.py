"""Presigned addresses and forms: what boto3 writes is verified, and nothing that differs from it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.localstack.gate.canonical import parameters
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.forms import verify_form
from localcloud.localstack.gate.presigned import (
    is_presigned,
    is_presigned_v2,
    verify_presigned,
    verify_presigned_v2,
)
from tests.unit.localcloud.localstack.gate.signing import KEY_ID, KEYS, Sent, client

V4: dict[str, Any] = {"signature_version": "s3v4"}
V2: dict[str, Any] = {"signature_version": "s3"}
KEY = "a folder/ü + ~%2F.csv"


def refusal(check: Callable[[], object]) -> Fault:
    with pytest.raises(RefusedError) as raised:
        check()
    return raised.value.fault


def address(operation: str, seconds: int = 60, *, session: bool = False, **members: Any) -> str:
    s3 = client("s3", session=session, **V4)
    return str(
        s3.generate_presigned_url(operation, {"Bucket": "b", "Key": KEY, **members}, ExpiresIn=seconds)
    )


def check(url: str, method: str = "GET", body: bytes = b"", after: float = 0, **headers: str) -> None:
    request = Sent(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    assert is_presigned(request.received.query)
    verify_presigned(request.received, request.hash, KEYS.get, datetime.now(UTC) + timedelta(seconds=after))


@pytest.mark.parametrize("session", [False, True])
def test_addresses_of_s3_are_verified(session: bool) -> None:
    check(address("get_object", session=session))
    check(
        address("get_object", session=session, ResponseContentType="text/csv; charset=utf-8", VersionId="a+b")
    )
    check(address("put_object", session=session), "PUT", b"whatever it is")
    typed = address("put_object", session=session, ContentType="text/csv")
    check(typed, "PUT", b"1,2", content_type="text/csv")
    assert refusal(lambda: check(typed, "PUT", b"1,2", content_type="text/html")) is Fault.WRONG_SIGNATURE


def test_an_address_of_another_service_is_verified_with_its_body() -> None:
    url = client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    check(url)
    assert refusal(lambda: check(url, body=b"Action=CreateUser")) is Fault.WRONG_SIGNATURE


def test_an_address_is_good_for_its_time_and_no_longer_than_a_week() -> None:
    url = address("get_object", 60)
    check(url, after=59)
    assert refusal(lambda: check(url, after=61)) is Fault.EXPIRED
    assert refusal(lambda: check(url, after=-16 * 60)) is Fault.EXPIRED
    assert refusal(lambda: check(address("get_object", 604801))) is Fault.MALFORMED_QUERY


def test_nothing_of_an_address_can_be_changed() -> None:
    url = address("get_object")
    assert refusal(lambda: check(url, "DELETE")) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: check(url + "&acl")) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: check(url + "&Action=CreateUser")) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: check(url.replace("/b/", "/c/"))) is Fault.WRONG_SIGNATURE
    assert (
        refusal(lambda: check(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))) is Fault.WRONG_SIGNATURE
    )
    assert refusal(lambda: check(url, x_amz_target="IAM.CreateUser")) is Fault.DENIED
    assert refusal(lambda: check(url.replace("X-Amz-Date", "X-Amz-Dat"))) is Fault.MALFORMED_QUERY
    assert refusal(lambda: check(url.replace("AWS4-HMAC", "AWS4-ECDSA-P256"))) is Fault.MALFORMED_QUERY


def check_v2(url: str, method: str = "GET", after: float = 0, **headers: str) -> None:
    request = Sent(method, url, {name.replace("_", "-"): value for name, value in headers.items()})
    assert is_presigned_v2(request.received.query)
    now = datetime.now(UTC) + timedelta(seconds=after)
    assert verify_presigned_v2(request.received, "", KEYS.get, now).access_key_id


@pytest.mark.parametrize("session", [False, True])
def test_addresses_of_signature_version_2_are_verified(session: bool) -> None:
    s3 = client("s3", session=session, **V2)

    def url(operation: str, **members: Any) -> str:
        return str(s3.generate_presigned_url(operation, {"Bucket": "b", "Key": KEY, **members}, ExpiresIn=60))

    get = url("get_object", ResponseContentType="text/csv; charset=utf-8", VersionId="a+b")
    check_v2(get)
    check_v2(url("put_object", Metadata={"a": "b"}), "PUT")
    assert refusal(lambda: check_v2(get, after=61)) is Fault.EXPIRED
    assert refusal(lambda: check_v2(f"{get}&Action=DeleteQueue")) is Fault.DENIED
    assert refusal(lambda: check_v2(get, "PUT")) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: check_v2(get.replace("/b/", "/c/"))) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: check_v2(get.replace("versionId", "partNumber"))) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: check_v2(get, x_amz_target="IAM.CreateUser")) is Fault.WRONG_SIGNATURE


def form(version: dict[str, Any], **conditions: str) -> dict[str, str]:
    fields = dict.fromkeys(("success_action_redirect",), "") | conditions
    made = client("s3", **version).generate_presigned_post(
        "b", "up/${filename}", Fields=fields, Conditions=[{name: value} for name, value in fields.items()]
    )
    return {name.lower(): value for name, value in made["fields"].items()}


def verify(fields: dict[str, str], after: float = 0) -> None:
    verify_form(fields, KEYS.get, datetime.now(UTC) + timedelta(seconds=after))


@pytest.mark.parametrize("version", [V4, V2])
def test_a_form_with_a_signed_policy_is_verified_and_nothing_can_be_added_to_it(
    version: dict[str, Any],
) -> None:
    fields = form(version, acl="private")
    verify(fields)
    assert refusal(lambda: verify(fields, after=3601)) is Fault.EXPIRED
    assert refusal(lambda: verify(fields | {"content-type": "text/html"})) is Fault.DENIED
    for name in fields.keys() & {
        "policy",
        "x-amz-signature",
        "x-amz-credential",
        "signature",
        "awsaccesskeyid",
    }:
        other = "B" if fields[name].startswith("A") else "A"  # one signature in 64 begins with an A
        changed = fields | {name: other + fields[name][1:]}
        assert refusal(lambda: verify(changed)) in (Fault.WRONG_SIGNATURE, Fault.UNKNOWN_KEY)  # noqa: B023
    assert refusal(lambda: verify({"key": "x.html"})) is Fault.NO_SIGNATURE
    assert refusal(lambda: verify({"policy": "e30=", "awsaccesskeyid": KEY_ID})) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: verify({"policy": "e30=", "signature": "x"})) is Fault.UNSUPPORTED


def test_a_policy_must_have_an_end_and_name_its_bucket() -> None:
    import base64
    import json

    from localcloud.localstack.gate.canonical import Scope, key_of, sign

    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = Scope(KEY_ID, stamp[:8], "us-west-2", "s3")
    end = "2999-01-01T00:00:00Z"
    documents: tuple[object, ...] = (
        {},
        [],
        3,
        {"expiration": end},
        {"expiration": end, "conditions": [{"key": "k"}]},
        {"conditions": [{"bucket": "b"}]},
        {"expiration": "soon", "conditions": []},
    )
    for document in documents:
        policy = base64.b64encode(json.dumps(document).encode()).decode()
        fields = {
            "policy": policy,
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{KEY_ID}/{scope.text}",
            "x-amz-date": stamp,
            "x-amz-signature": sign(key_of(KEYS[KEY_ID].secret, scope), policy.encode()),
        }
        assert refusal(lambda: verify(fields)) is Fault.DENIED  # noqa: B023


def test_parameters_are_read_as_they_are_meant() -> None:
    assert parameters("a=b%2Fc&d&e=1=2&f=a+b") == {"a": "b/c", "d": "", "e": "1=2", "f": "a+b"}
