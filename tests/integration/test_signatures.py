"""Signatures on the wire: which keys are good, for what, and for how long."""

import hashlib
import json
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from localcloud.localstack.gate.canonical import (
    ALGORITHM,
    EMPTY_HASH,
    Received,
    Scope,
    canonical_requests,
    key_of,
    sign,
    string_to_sign,
)
from tests.integration.images import deployed_endpoint, finished_training, model, predict, put_data, training
from tests.integration.raw import Answer, another, form, raw, signed, users
from tests.integration.stack import Keys
from tests.integration.wire import ROLE, Cloud, eventually, refused, unique

pytestmark = pytest.mark.integration

EVIL = "https://evil.example"


def test_sdks_read_why_a_key_is_refused(cloud: Cloud) -> None:
    unknown, wrong = Keys("test", "test"), Keys(cloud.stack.keys.access_key_id, "wrong")
    codes = {
        "s3": ("list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        "iam": ("list_users", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        "sqs": ("list_queues", "UnrecognizedClientException", "InvalidSignatureException"),
        "lambda": ("list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
        "stepfunctions": ("list_state_machines", "UnrecognizedClientException", "InvalidSignatureException"),
        "sagemaker": ("list_pipelines", "UnrecognizedClientException", "InvalidSignatureException"),
        "sagemaker-geospatial": (
            "list_vector_enrichment_jobs",
            "UnrecognizedClientException",
            "InvalidSignatureException",
        ),
    }
    for service, (operation, of_unknown, of_wrong) in codes.items():
        for keys, code in ((unknown, of_unknown), (wrong, of_wrong)):
            with refused(code, "invoke env"):
                getattr(another(cloud, service, keys), operation)()


def test_what_was_heard_cannot_be_sent_again_later_or_changed(cloud: Cloud) -> None:
    now, body = datetime.now(UTC), b"content"
    bucket = cloud.bucket()
    target = f"/{bucket}/k"

    def put(at: datetime, content: bytes = body, where: str = target, **more: str) -> int:
        headers = signed(cloud, "PUT", target, body, at=at) | more
        return raw(cloud, "PUT", where, content, **headers).status

    assert put(now) == 200
    assert put(now - timedelta(minutes=14)) == 200
    assert put(now - timedelta(minutes=16)) == 403
    assert put(now + timedelta(minutes=16)) == 403
    assert put(now, b"another") == 400
    assert put(now, where=f"/{bucket}/other") == 403
    assert put(now, where=f"{target}?acl") == 403
    assert put(now, x_amz_acl="public-read") == 403
    assert put(now, Host=f"localhost:{cloud.port}") == 403
    assert cloud.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    call = json.dumps({"QueueName": "a"}).encode()
    headers = signed(cloud, "POST", "/", call, service="sqs")
    kind = {"Content_Type": "application/x-amz-json-1.0"}
    assert (
        raw(cloud, "POST", "/", call, **headers, **kind, x_amz_target="AmazonSQS.CreateQueue").status == 403
    )


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
@pytest.mark.parametrize("key", ["plain.csv", "a folder/ü + ~%2F&?=.csv"])
def test_presigned_addresses_are_good_until_they_end(cloud: Cloud, signature: str, key: str) -> None:
    keys, bucket = cloud.stack.keys, cloud.bucket()
    s3 = another(cloud, "s3", keys, signature_version=signature, s3={"addressing_style": "path"})
    place = {"Bucket": bucket, "Key": key}

    def send(method: str, url: str, body: bytes = b"") -> Answer:
        return raw(cloud, method, url.removeprefix(cloud.stack.endpoint), body)

    put = s3.generate_presigned_url("put_object", place, ExpiresIn=60)
    assert send("PUT", put, b"content").status == 200
    assert cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"content"
    get = s3.generate_presigned_url("get_object", {**place, "ResponseContentType": "text/x"}, ExpiresIn=60)
    answer = send("GET", get)
    assert (answer.status, answer.text, answer.headers["content-type"]) == (200, "content", "text/x")
    assert send("DELETE", get).status == 403
    over = s3.generate_presigned_url("get_object", place, ExpiresIn=-60 if signature == "s3" else 1)
    if signature == "s3v4":
        eventually(lambda: send("GET", over).status, (403).__eq__)
    answer = send("GET", over)
    assert answer.status == 403
    assert "Request has expired" in answer.text
    wrong = another(cloud, "s3", Keys(keys.access_key_id, "wrong"), signature_version=signature)
    assert send("GET", wrong.generate_presigned_url("get_object", place)).status == 403


def test_a_presigned_address_is_good_for_its_request_alone(cloud: Cloud) -> None:
    keys, bucket = cloud.stack.keys, cloud.bucket()
    for signature in ("s3", "s3v4"):
        s3 = another(cloud, "s3", keys, signature_version=signature, s3={"addressing_style": "path"})
        url = s3.generate_presigned_url("create_multipart_upload", {"Bucket": bucket, "Key": "k"})
        target = url.removeprefix(cloud.stack.endpoint)
        call = b"Action=CreateUser&UserName=evil&Version=2010-05-08"
        kind = {"Content_Type": "application/x-www-form-urlencoded"}
        raw(cloud, "POST", f"{target}&{call.decode()}")
        raw(cloud, "POST", target, call, **kind)
    assert "evil" not in users(cloud)


def in_chunks(cloud: Cloud, target: str, *chunks: bytes) -> tuple[dict[str, str], bytes]:
    """Sign a body chunk by chunk, as SDKs in Java and Go do over plain HTTP."""
    keys, now = cloud.stack.keys, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = Scope(keys.access_key_id, now[:8], "us-west-2", "s3")
    headers = {
        "host": f"127.0.0.1:{cloud.port}",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-date": now,
        "x-amz-decoded-content-length": str(sum(map(len, chunks))),
    }
    received = Received("PUT", target, "", {name: [value] for name, value in headers.items()})
    [request] = canonical_requests(received, scope, list(headers), headers["x-amz-content-sha256"])
    key = key_of(keys.secret_access_key, scope)
    first = last = sign(key, string_to_sign(scope, now, request))
    body = b""
    for chunk in (*chunks, b""):
        hashed = hashlib.sha256(chunk).hexdigest()
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{now}\n{scope.text}\n{last}\n{EMPTY_HASH}\n{hashed}"
        last = sign(key, text.encode())
        body += f"{len(chunk):x};chunk-signature={last}\r\n".encode() + chunk + b"\r\n"
    credential = f"Credential={keys.access_key_id}/{scope.text}"
    names = f"SignedHeaders={';'.join(headers)}"
    headers["authorization"] = f"{ALGORITHM} {credential},{names},Signature={first}"
    headers["content-encoding"] = "aws-chunked"
    return {name.replace("-", "_"): value for name, value in headers.items() if name != "host"}, body


def test_a_body_in_signed_chunks_arrives_whole_or_not_at_all(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    headers, body = in_chunks(cloud, f"/{bucket}/k", b"a" * 100_000, b"b" * 10)
    assert raw(cloud, "PUT", f"/{bucket}/k", body.replace(b"bbb", b"ccc"), **headers).status == 403
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=bucket)
    assert raw(cloud, "PUT", f"/{bucket}/k", body, **headers).status == 200
    assert cloud.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"a" * 100_000 + b"b" * 10


def test_a_connection_goes_on_after_a_refusal(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    stranger = another(cloud, "s3", Keys("test", "test"), max_pool_connections=1)
    with refused("403"):
        stranger.head_bucket(Bucket=bucket)
    for _ in range(2):
        with refused("InvalidAccessKeyId", "invoke env"):
            stranger.put_object(Bucket=bucket, Key="k", Body=b"x" * 3_000_000)


def test_an_address_of_another_service_is_presigned(cloud: Cloud) -> None:
    sts = another(cloud, "sts", cloud.stack.keys)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url) as answer:
        assert b"<Account>000000000000</Account>" in answer.read()


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_a_form_with_a_signed_policy_uploads(cloud: Cloud, signature: str) -> None:
    bucket = cloud.bucket()
    s3 = another(cloud, "s3", cloud.stack.keys, signature_version=signature)
    made = s3.generate_presigned_post(bucket, "up.html", ExpiresIn=60)
    body, kind = form(**made["fields"])
    assert raw(cloud, "POST", f"/{bucket}", body, Content_Type=kind).status == 204
    assert cloud.s3.get_object(Bucket=bucket, Key="up.html")["Body"].read() == b"<script>"
    twice, kind = form(**made["fields"] | {"key": "other.html"}, Key="up.html")
    assert raw(cloud, "POST", f"/{bucket}", twice, Content_Type=kind).status == 403
    more, kind = form(**made["fields"], success_action_redirect=EVIL)
    assert raw(cloud, "POST", f"/{bucket}", more, Content_Type=kind).status == 403
    assert raw(cloud, "POST", f"/{bucket}", body, Content_Type=kind, Origin=EVIL).status == 403


def test_links_in_messages_of_a_topic_need_no_signature(cloud: Cloud) -> None:
    topic = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"]
    queue = cloud.queue()
    arn = cloud.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=cloud.queue_arn(queue), ReturnSubscriptionArn=True
    )
    link = f"/?Action=Unsubscribe&SubscriptionArn={arn['SubscriptionArn']}"
    assert raw(cloud, "GET", link, Origin=EVIL).status == 403
    assert raw(cloud, "GET", link).status == 200
    assert cloud.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_the_key_of_a_user_is_good_until_it_goes(cloud: Cloud) -> None:
    iam, name = cloud.stack.client("iam"), unique("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    mine = another(cloud, "sts", key)
    assert mine.get_caller_identity()["Arn"].endswith(f":user/{name}")
    with refused("SignatureDoesNotMatch"):
        another(cloud, "sts", {**key, "SecretAccessKey": "wrong"}).get_caller_identity()
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId"):
        mine.get_caller_identity()
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Active")
    opened = another(cloud, "sts", mine.get_session_token()["Credentials"])
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    with refused("InvalidClientTokenId"):
        mine.get_caller_identity()
    assert opened.get_caller_identity()["Arn"].endswith(f":user/{name}")
    last = another(cloud, "sts", iam.create_access_key(UserName=name)["AccessKey"])
    iam.delete_user(UserName=name)
    for client in (opened, last):
        with refused("InvalidClientTokenId"):
            client.get_caller_identity()


def test_a_session_is_good_with_its_token_alone(cloud: Cloud) -> None:
    sts = cloud.stack.client("sts")
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})  # without one it may do nothing
    opened = (
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"],
        sts.get_session_token()["Credentials"],
        sts.get_federation_token(Name="me", Policy=policy)["Credentials"],
    )
    accounts = []
    for session in opened:
        accounts.append(another(cloud, "sts", session).get_caller_identity()["Account"])
        another(cloud, "s3", session).list_buckets()
        for token in (None, "another", opened[0]["SessionToken"][:-1]):
            with refused("InvalidClientTokenId"):
                another(cloud, "sts", {**session, "SessionToken": token}).get_caller_identity()
    assert accounts == ["000000000000"] * 3


def test_a_session_ends_for_who_has_opened_it(cloud: Cloud) -> None:
    sts = another(cloud, "sts", cloud.stack.keys, parameter_validation=False)
    opened = sts.assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=2)["Credentials"]
    mine = another(cloud, "sqs", opened)
    mine.list_queues()

    def code() -> str:
        try:
            mine.list_queues()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    assert eventually(code) == "ExpiredTokenException"


def test_programs_of_jobs_and_endpoints_call_the_cloud_as_their_role(
    cloud: Cloud, shared_folder: Path
) -> None:
    told = shared_folder / "who"
    request = training(put_data(cloud, "1,2"), who=str(told))
    cloud.sagemaker.create_training_job(**request)
    finished = finished_training(cloud, request["TrainingJobName"])
    assert finished["TrainingJobStatus"] == "Completed", finished
    session = "arn:aws:sts::000000000000:assumed-role/test/SageMaker"
    assert told.read_text(encoding="utf-8") == session
    assert predict(cloud, deployed_endpoint(cloud, model(cloud, "1")), "who") == {"who": session}


def test_another_account_is_reached_by_a_key_of_its_own_alone(cloud: Cloud) -> None:
    for keys in (Keys("111111111111", "test"), Keys("111111111111", cloud.stack.keys.secret_access_key)):
        with refused("SignatureDoesNotMatch"):
            another(cloud, "sts", keys).get_caller_identity()
