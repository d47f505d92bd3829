"""How refusals are written, what needs no signature, and the keys of a cloud."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from botocore.parsers import create_parser
from botocore.session import Session

from localcloud.localstack.gate.faults import Fault, RefusedError, Style, answer, style_of
from localcloud.localstack.gate.keys import KeyRing
from localcloud.localstack.gate.root_key import new_root_key
from localcloud.localstack.gate.signature import Key
from localcloud.localstack.gate.unsigned import is_public, link_arn, refusal
from tests.unit.localcloud.localstack.gate.signing import ENDPOINT, Sent

MESSAGE = 'not <this> & "that" ü'
TOPIC = "arn:aws:sns:us-west-2:000000000000:topic"


@pytest.mark.parametrize(
    ("service", "protocol", "style"),
    [
        ("s3", "rest-xml", Style.S3),
        ("iam", "query", Style.QUERY),
        ("sqs", "json", Style.JSON),
        ("lambda", "rest-json", Style.REST_JSON),
        ("arc-region-switch", "smithy-rpc-v2-cbor", Style.CBOR),
    ],
)
@pytest.mark.parametrize("fault", list(Fault))
def test_sdks_read_each_refusal_as_the_error_it_is(
    service: str, protocol: str, style: Style, fault: Fault
) -> None:
    written = answer(RefusedError(fault, MESSAGE), style, "request-1")
    model = Session().get_service_model(service)
    shapes = (model.operation_model(name).output_shape for name in model.operation_names)
    shape = next(filter(None, shapes))
    response = {
        "status_code": written.status,
        "headers": {name.lower(): value for name, value in written.headers.items()},
        "body": written.body,
    }
    error = create_parser(protocol).parse(response, shape)["Error"]
    assert error["Code"] == fault.code(style)
    assert error["Message"] == MESSAGE


def test_the_style_follows_what_is_known_of_a_request() -> None:
    assert style_of("s3", "", False, "", False) is Style.S3
    assert style_of(None, "", False, "", False) is Style.S3
    assert style_of(None, "", False, "", True) is Style.QUERY
    assert (
        style_of("iam", "application/x-www-form-urlencoded; charset=utf-8", False, "", False) is Style.QUERY
    )
    assert style_of("sqs", "application/x-amz-json-1.0", True, "", False) is Style.JSON
    assert style_of("lambda", "application/json", False, "", False) is Style.REST_JSON
    assert style_of("monitoring", "", False, "rpc-v2-cbor", False) is Style.CBOR


def test_an_error_of_s3_is_a_document() -> None:
    written = answer(RefusedError(Fault.UNKNOWN_KEY, MESSAGE), Style.S3, "request-1")
    root = ET.fromstring(written.body)  # noqa: S314
    assert root.findtext("Code") == "InvalidAccessKeyId"
    assert root.findtext("Message") == MESSAGE
    body = answer(RefusedError(Fault.UNKNOWN_KEY, MESSAGE), Style.JSON, "request-1").body
    assert json.loads(body)["message"] == MESSAGE


@pytest.mark.parametrize("path", ["/_sagestep/info", "/_localstack/health"])
def test_whether_the_cloud_is_there_may_be_asked(path: str) -> None:
    assert is_public(Sent("GET", ENDPOINT + path, {}).received)
    assert not is_public(Sent("POST", ENDPOINT + path, {}).received)
    assert not is_public(Sent("GET", f"{ENDPOINT}{path}?Action=CreateUser", {}).received)
    for header in ("X-Amz-Target", "Smithy-Protocol", "Content-Type", "Transfer-Encoding"):
        assert not is_public(Sent("GET", ENDPOINT + path, {header: "x"}).received)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/_localstack/info",
        "/_localstack/health/x",
        "/_aws/sqs/messages",
        "/_aws/sns/SimpleNotificationService-x.pem",
        "/_sagestep/",
        "//_sagestep/info",
    ],
)
def test_nothing_else_may(path: str) -> None:
    assert not is_public(Sent("GET", ENDPOINT + path, {}).received)


def test_links_in_messages_of_sns_need_no_signature_and_nothing_may_be_added() -> None:
    confirm = f"{ENDPOINT}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
    cancel = f"{ENDPOINT}/?Action=Unsubscribe&SubscriptionArn={TOPIC}:0-1-2"
    assert link_arn(Sent("GET", confirm, {}).received) == TOPIC
    assert link_arn(Sent("GET", cancel, {}).received) == f"{TOPIC}:0-1-2"
    others = [
        Sent("POST", confirm, {}),
        Sent("GET", f"{confirm}&UserName=me", {}),
        Sent("GET", confirm.replace("ConfirmSubscription", "CreateUser"), {}),
        Sent("GET", f"{confirm}&Action=CreateUser", {}),
        Sent("GET", confirm.replace("?", "?Action=DeleteTopic&"), {}),
        Sent("GET", confirm.replace("/?", "/bucket?"), {}),
        Sent("GET", confirm, {"X-Amz-Target": "a.b"}),
        Sent("GET", confirm, {"Content-Type": "application/x-www-form-urlencoded"}),
        Sent("GET", confirm, {"Content-Length": "3"}),
        Sent("GET", confirm, {"Transfer-Encoding": "chunked"}),
        Sent("GET", confirm.replace(":sns:", ":sqs:"), {}),
        Sent("GET", f"{ENDPOINT}/?Action=ConfirmSubscription&TopicArn={TOPIC}", {}),
    ]
    assert [link_arn(other.received) for other in others] == [None] * len(others)


def test_tokens_that_nothing_checks_are_refused_by_name() -> None:
    request = Sent("GET", f"{ENDPOINT}/?Action=AssumeRoleWithWebIdentity&RoleArn=x", {})
    assert "AssumeRoleWithWebIdentity" in refusal(request.received).message


class Issued:
    """What IAM and STS would know."""

    def __init__(self) -> None:
        self.users = {"LKIAUSER": Key("u")}
        self.sessions = {"LSIASESSION": Key("s", "token", datetime(2999, 1, 1, tzinfo=UTC))}

    def user_key(self, access_key_id: str) -> Key | None:
        return self.users.get(access_key_id)

    def session(self, access_key_id: str) -> Key | None:
        return self.sessions.get(access_key_id)

    def touch(self, access_key_id: str) -> bool:
        return access_key_id in self.sessions


def test_each_cloud_has_a_key_of_its_own_and_its_services_another() -> None:
    first, second = new_root_key(), new_root_key()
    assert re.fullmatch(r"LKIAQAAAAAAA[A-P][A-Z2-7]{7}", first.access_key_id)
    assert first.secret_access_key != second.secret_access_key
    assert first.secret_access_key not in repr(first)
    ring = KeyRing(first, Issued())
    assert ring.find(first.access_key_id) == Key(first.secret_access_key)
    assert ring.find(second.access_key_id) is None
    assert ring.find("test") is None
    services = ring.find("000000000000")
    assert services is not None
    assert services.secret not in (first.secret_access_key, "test", "__internal_call__")
    assert ring.find("__internal_call__") == services == ring.find_internal("LKIAUSER")


def test_keys_of_users_end_at_once_and_sessions_are_remembered() -> None:
    issued = Issued()
    ring = KeyRing(new_root_key(), issued)
    assert ring.find("LKIAUSER") == Key("u")
    issued.users.clear()
    assert ring.find("LKIAUSER") is None
    assert ring.find("LSIASESSION") == issued.sessions["LSIASESSION"]
    assert ring.find("LSIAOTHER") is None
