"""Signatures in headers: what boto3 signs is verified, and nothing that differs from it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from localcloud.localstack.gate.canonical import Received
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.signature import Key, verify
from tests.unit.localcloud.localstack.gate.signing import (
    ENDPOINT,
    KEY_ID,
    KEYS,
    SECRET,
    SESSION_ID,
    Sent,
    client,
    sent,
)

ODD_KEYS = (
    "plain.csv",
    "with space.csv",
    "plus+sign",
    "tilde~and~",
    "percent%2Fslash",
    "percent%",
    "ünïcödé/日本語",
    "a//b///c",
    "./dot/../dots",
    "/leading",
    "trailing/",
    "all of !$&'()*+,;=:@[]{}|\\^`<>\"#?",
    "new\nline",
)

ARN = "arn:aws"
JOB = f"{ARN}:sagemaker-geospatial:us-west-2:000000000000:vector-enrichment-job/abcdefghijkl"
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sqs", "SendMessage", {"QueueUrl": f"{ENDPOINT}/000000000000/q", "MessageBody": "a + b = ü\n"}),
    ("sqs", "ListQueues", {}),
    ("sns", "Publish", {"TopicArn": "arn:aws:sns:us-west-2:000000000000:t", "Message": "a&b=c +ü"}),
    ("iam", "CreateUser", {"UserName": "me"}),
    ("sts", "GetCallerIdentity", {}),
    ("kms", "ListKeys", {}),
    ("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/aws/lambda/ü"}),
    ("events", "PutEvents", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}),
    ("stepfunctions", "ListStateMachines", {}),
    ("ecr", "DescribeRepositories", {}),
    ("lambda", "ListFunctions", {"MaxItems": 5, "Marker": "a/b+c=="}),
    ("lambda", "Invoke", {"FunctionName": f"{ARN}:lambda:us-west-2:0:function:f", "Payload": b"{}"}),
    ("lambda", "TagResource", {"Resource": f"{ARN}:lambda:us-west-2:0:function:f", "Tags": {"a b": "c/d"}}),
    ("lambda", "UntagResource", {"Resource": f"{ARN}:lambda:us-west-2:0:function:f", "TagKeys": ["b", "a"]}),
    ("sagemaker", "ListPipelines", {"MaxResults": 3}),
    ("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": "e", "Body": b"1,2", "ContentType": "text/csv"}),
    ("sagemaker-geospatial", "ListVectorEnrichmentJobs", {"MaxResults": 1}),
    ("sagemaker-geospatial", "GetVectorEnrichmentJob", {"Arn": JOB}),
    ("s3", "ListBuckets", {}),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "a b/+ü~", "ContinuationToken": "1/2=+"}),
    ("s3", "PutBucketTagging", {"Bucket": "b", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
    ("s3", "CreateMultipartUpload", {"Bucket": "b", "Key": "k", "Metadata": {"a": "b  c"}}),
    ("s3", "UploadPart", {"Bucket": "b", "Key": "k", "PartNumber": 1, "UploadId": "u+/=", "Body": b"part"}),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": {"Bucket": "a", "Key": "x y+z"}}),
)  # fmt: skip


def refusal(check: Callable[[], object]) -> Fault:
    with pytest.raises(RefusedError) as raised:
        check()
    assert raised.value.message.strip()
    return raised.value.fault


@pytest.mark.parametrize(("service", "operation", "members"), CALLS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("session", [False, True])
def test_what_boto3_signs_is_verified(
    service: str, operation: str, members: dict[str, Any], session: bool
) -> None:
    request = sent(client(service, session=session), operation, **members)
    assert request.verify().scope.access_key_id == (SESSION_ID if session else KEY_ID)


@pytest.mark.parametrize("key", ODD_KEYS, ids=ascii)
@pytest.mark.parametrize("endpoint", [ENDPOINT, "http://s3.localhost.localstack.cloud:4566"])
def test_every_key_of_an_object_can_be_signed(key: str, endpoint: str) -> None:
    s3 = client("s3", endpoint)
    for body in (b"", b"content", io.BytesIO(b"a file")):
        sent(s3, "PutObject", Bucket="bucket", Key=key, Body=body).verify()
    sent(s3, "GetObject", Bucket="bucket", Key=key, VersionId="a+b/c==").verify()


@given(st.text(min_size=1, max_size=40), st.text(max_size=20))
def test_every_path_and_query_can_be_signed(path: str, value: str) -> None:
    now = datetime.now(UTC)
    try:
        url = f"{ENDPOINT}/{quote(path)}?b={quote(value)}&a={quote(path)}&empty=&alone"
    except UnicodeEncodeError:
        return
    for signer, service in ((S3SigV4Auth, "s3"), (SigV4Auth, "lambda")):
        request = AWSRequest("GET", url, headers={"Host": "127.0.0.1:4566"})
        signer(Credentials(KEY_ID, SECRET), service, "us-west-2").add_auth(request)
        Sent("GET", url, dict(request.headers.items())).verify(now)


def test_another_secret_key_or_time_is_refused() -> None:
    request = sent(client("sqs"), "ListQueues")
    others = {KEY_ID: Key("another-secret")}
    now = datetime.now(UTC)
    find: Callable[[str], Key | None] = others.get
    assert refusal(lambda: verify(request.received, request.hash, find, now)) is Fault.WRONG_SIGNATURE
    assert refusal(lambda: verify(request.received, request.hash, lambda _: None, now)) is Fault.UNKNOWN_KEY
    for minutes in (16, -16):
        assert refusal(lambda: request.verify(now + timedelta(minutes=minutes))) is Fault.WRONG_TIME  # noqa: B023
    for minutes in (14, -14):
        request.verify(now + timedelta(minutes=minutes))


def test_nothing_of_a_signed_request_can_be_changed() -> None:
    request = sent(client("lambda"), "Invoke", FunctionName="f", Payload=b'{"a": 1}')
    received = request.received

    def is_refused(changed: Received, body: bytes = request.body) -> bool:
        altered = Sent("POST", ENDPOINT, {}, body)
        fault = refusal(lambda: verify(changed, altered.hash, KEYS.get, datetime.now(UTC)))
        return fault in (Fault.WRONG_SIGNATURE, Fault.DENIED, Fault.WRONG_TOKEN)

    assert is_refused(replace(received, method="GET"))
    assert is_refused(replace(received, path=received.path.replace("/f/", "/g/")))
    assert is_refused(replace(received, query="Qualifier=1"))
    assert is_refused(received, b'{"a": 2}')
    assert is_refused(replace(received, headers={**received.headers, "host": ["localhost:4566"]}))
    assert is_refused(replace(received, headers={**received.headers, "x-amz-target": ["Other.Operation"]}))
    assert is_refused(replace(received, headers={**received.headers, "x-localstack-data": ["{}"]}))
    authorization = received.header("authorization")
    for old, new in (("us-west-2", "eu-west-1"), ("/lambda/", "/iam/"), (KEY_ID, SESSION_ID)):
        changed = {**received.headers, "authorization": [authorization.replace(old, new)]}
        assert is_refused(replace(received, headers=changed))


def test_a_session_needs_its_token_and_ends() -> None:
    request = sent(client("sqs", session=True), "ListQueues")
    now = datetime.now(UTC)
    other = {SESSION_ID: Key(SECRET, "another-token")}
    assert refusal(lambda: verify(request.received, request.hash, other.get, now)) is Fault.WRONG_TOKEN
    over = {SESSION_ID: Key(SECRET, KEYS[SESSION_ID].token, now - timedelta(seconds=1))}
    assert refusal(lambda: verify(request.received, request.hash, over.get, now)) is Fault.EXPIRED_TOKEN
    lasting = {SESSION_ID: Key(SECRET)}
    assert refusal(lambda: verify(request.received, request.hash, lasting.get, now)) is Fault.WRONG_TOKEN


@pytest.mark.parametrize(
    ("authorization", "fault"),
    [
        ("AWS AKIA:abc=", Fault.UNSUPPORTED),
        ("AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0", Fault.UNSUPPORTED),
        ("Basic dGVzdDp0ZXN0", Fault.UNSUPPORTED),
        ("AWS4-HMAC-SHA256", Fault.MALFORMED),
        ("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0", Fault.MALFORMED),
        ("AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request, SignedHeaders=host", Fault.MALFORMED),
        ("AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request, SignedHeaders=date, Signature=0",
         Fault.MALFORMED),
        ("AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=0",
         Fault.MALFORMED),
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused_by_name(authorization: str, fault: Fault) -> None:
    request = Sent("GET", ENDPOINT, {"Authorization": authorization})
    assert refusal(request.verify) is fault


@given(st.binary(max_size=200))
def test_no_header_makes_the_gate_fail(content: bytes) -> None:
    text = content.decode("latin-1")
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"Credential={KEY_ID}/{stamp[:8]}/us-west-2/s3/aws4_request"
    for header in (
        text,
        f"AWS4-HMAC-SHA256 {text}",
        f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={text}",
    ):
        request = Sent(
            "GET",
            f"{ENDPOINT}/a?b=c",
            {"Authorization": header, "X-Amz-Date": stamp, "X-Amz-Security-Token": text},
        )
        with pytest.raises(RefusedError):
            request.verify()
