"""The gate on the wire: what a page, another user of the machine or a stranger sends is refused, raw."""

import base64
import http.client
import json
import socket
import stat
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.integration.processes import linux, listeners, processes
from tests.integration.signing import signed_headers
from tests.integration.stack import Keys, local_cloud
from tests.integration.wire import Cloud, eventually, refused, unique

pytestmark = pytest.mark.integration

PAGE = "https://page.example"
EVIL = "https://evil.example"


class Answer:
    """What came back over a socket: status, headers, body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()


def raw(cloud: Cloud, method: str, target: str, body: bytes = b"", /, **headers: str) -> Answer:
    """Send exactly these bytes; a Host is added where none is given."""
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    written = {"Host": f"127.0.0.1:{cloud.port}"} | written
    if body:
        written["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in written.items())]
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return Answer(response)


def signed(
    cloud: Cloud,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    service: str = "s3",
    at: datetime | None = None,
) -> dict[str, str]:
    """Give the headers of a signed request."""
    url = f"{cloud.stack.endpoint}{target}"
    headers = signed_headers(cloud.stack.keys, method, url, body, service=service, at=at)
    return {name.replace("-", "_"): value for name, value in headers.items()}


def form(boundary: str = "b0undary", **fields: str) -> tuple[bytes, str]:
    """Write a form with a file, as a browser does."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x.html"\r\n\r\n<script>\r\n'
    )
    return f"{''.join(parts)}{file}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def users(cloud: Cloud) -> list[str]:
    return [user["UserName"] for user in cloud.stack.client("iam").list_users()["Users"]]


def another(cloud: Cloud, service: str, keys: dict[str, Any] | Keys, **config: Any) -> Any:
    """Make a client of another key: of a user or a session."""
    if isinstance(keys, Keys):
        keys = {"AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key}
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.stack.endpoint,
        region_name="us-west-2",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


# --- pages -------------------------------------------------------------------------------------------------


def test_a_form_of_a_page_uploads_nothing_and_leads_nowhere(cloud: Cloud) -> None:
    bucket = cloud.bucket()
    target = f"http://localhost:{cloud.port}/{bucket}/x.html"
    body, kind = form(key="x.html", Content_Type="text/html", success_action_redirect=target)
    for page in (
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Referer": f"{EVIL}/"},
        {"Sec_Fetch_Site": "cross-site"},
        {},
    ):
        answer = raw(cloud, "POST", f"/{bucket}", body, Content_Type=kind, **page)
        assert answer.status == 403, page
        assert "location" not in answer.headers
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost.evil.example:{port}"]
)
def test_a_name_that_was_made_to_mean_this_machine_is_refused(cloud: Cloud, host: str) -> None:
    for path in ("/", "/_localstack/health", "/_sagestep/info"):
        answer = raw(cloud, "GET", path, Host=host.format(port=cloud.port))
        assert answer.status == 403
        assert "is not an address of this local cloud" in answer.text


@pytest.mark.parametrize(
    "origin", ["null", "file://", "http://evil.example", "http://localhost:{port}", "https://app.localstack.cloud"]
)  # fmt: skip
def test_no_page_is_served_even_with_a_signature(cloud: Cloud, origin: str) -> None:
    origin = origin.format(port=cloud.port)
    for method, path in (
        ("GET", "/"),
        ("GET", "/_sagestep/info"),
        ("OPTIONS", "/"),
        ("PUT", "/a-new-bucket"),
    ):
        headers = signed(cloud, method, path)
        answer = raw(cloud, method, path, Origin=origin, Access_Control_Request_Method="PUT", **headers)
        assert answer.status == 403
        assert f"Origin: {origin}" in answer.text
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "a-new-bucket" not in [bucket["Name"] for bucket in cloud.s3.list_buckets()["Buckets"]]


def test_an_image_of_a_page_calls_nothing(cloud: Cloud) -> None:
    queue = cloud.queue()
    topic = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"]
    path = urllib.parse.urlsplit(queue).path
    calls = (
        "/?Action=CreateUser&UserName=evil&Version=2010-05-08",
        f"{path}?Action=SendMessage&MessageBody=evil",
        f"{path}?Action=DeleteQueue",
        f"/?Action=Publish&TopicArn={topic}&Message=evil&Version=2010-03-31",
    )
    for call in calls:
        for page in ({"Sec_Fetch_Site": "cross-site"}, {"Referer": f"{EVIL}/"}, {}):
            answer = raw(cloud, "GET", call, **page)
            assert answer.status == 403, call
    assert "evil" not in users(cloud)
    assert cloud.sqs.receive_message(QueueUrl=queue).get("Messages", []) == []


def test_a_page_opens_no_websocket(cloud: Cloud) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(b"0123456789abcdef").decode(),
    }
    for page in ({"Origin": EVIL}, {}):
        assert raw(cloud, "GET", "/", **upgrade, **page).status == 403


# --- signatures --------------------------------------------------------------------------------------------

UNSIGNED = (
    ("GET", "/"),
    ("GET", "/a-bucket/key"),
    ("PUT", "/a-bucket"),
    ("GET", "/_localstack/info"),
    ("GET", "/_localstack/plugins"),
    ("POST", "/_localstack/health"),
    ("GET", "/_aws/sqs/messages?QueueUrl=x"),
    ("GET", "/_aws/lambda/runtimes"),
    ("GET", "/2015-03-31/functions"),
    ("POST", "/2015-03-31/functions/f/invocations"),
    (
        "POST",
        "/?Action=AssumeRoleWithWebIdentity&RoleArn=r&RoleSessionName=s&WebIdentityToken=t&Version=2011-06-15",
    ),
    ("GET", "/?Action=GetCallerIdentity&Version=2011-06-15"),
    ("OPTIONS", "/"),
)


@pytest.mark.parametrize(("method", "path"), UNSIGNED, ids=lambda value: value[:40])
def test_nothing_is_served_without_a_signature(cloud: Cloud, method: str, path: str) -> None:
    body = b'{"action": "kill"}' if method == "POST" else b""
    answer = raw(cloud, method, path, body)
    assert answer.status == 403
    assert "invoke env" in answer.text
    said = raw(cloud, method, path, body, x_localstack_data='{"service_principal": "lambda"}')
    assert said.status == 403, "what LocalStack's services say counts only where they have signed it"


def test_whether_the_cloud_is_there_may_be_asked(cloud: Cloud) -> None:
    info = raw(cloud, "GET", "/_sagestep/info")
    assert info.status == 200
    assert json.loads(info.text)["is_open"] is False
    assert raw(cloud, "GET", "/_localstack/health").status == 200


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


# --- keys --------------------------------------------------------------------------------------------------


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
    mine.get_caller_identity()
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    with refused("InvalidClientTokenId"):
        mine.get_caller_identity()


def test_a_session_is_good_with_its_token_alone(cloud: Cloud) -> None:
    sts = cloud.stack.client("sts")
    role = "arn:aws:iam::111111111111:role/of-another-account"
    opened = (
        sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"],
        sts.get_session_token()["Credentials"],
        sts.get_federation_token(Name="me")["Credentials"],
    )
    accounts = []
    for session in opened:
        accounts.append(another(cloud, "sts", session).get_caller_identity()["Account"])
        another(cloud, "s3", session).list_buckets()
        for token in (None, "another", opened[0]["SessionToken"][:-1]):
            with refused("InvalidClientTokenId"):
                another(cloud, "sts", {**session, "SessionToken": token}).get_caller_identity()
    assert accounts == ["111111111111", "000000000000", "000000000000"]


def test_another_account_is_reached_by_a_key_of_its_own_alone(cloud: Cloud) -> None:
    for keys in (Keys("111111111111", "test"), Keys("111111111111", cloud.stack.keys.secret_access_key)):
        with refused("SignatureDoesNotMatch"):
            another(cloud, "sts", keys).get_caller_identity()


# --- files and sockets -------------------------------------------------------------------------------------


@linux
def test_no_other_user_reads_a_file_and_no_process_list_shows_a_key(cloud: Cloud) -> None:
    state, keys = cloud.folder / "state", cloud.stack.keys
    readable = [
        path
        for path in (state, *state.rglob("*"))
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert readable == []
    assert stat.S_IMODE((state / "credentials.json").stat().st_mode) == 0o600
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert keys.secret_access_key.encode() not in path.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
    assert keys.secret_access_key not in (cloud.folder / "log").read_text(encoding="utf-8")


@linux
def test_every_socket_of_every_process_is_on_loopback(cloud: Cloud) -> None:
    assert cloud.invoke(cloud.function(), {}).error is None
    found = {address for pid in processes(cloud.folder) for address in listeners(pid)}
    assert found == {"127.0.0.1"}


# --- who is let in on purpose -------------------------------------------------------------------------------


@contextmanager
def cloud_with(folder: Path, *arguments: str) -> Iterator[Cloud]:
    with local_cloud(folder, "--services", "s3,sqs,iam,sts", *arguments) as port:
        yield Cloud(folder, port)


def test_pages_of_an_allowed_origin_are_served_with_a_signature(tmp_path: Path) -> None:
    with cloud_with(tmp_path, "--allow-origin", PAGE, "--allow-origin", "http://localhost:3000") as cloud:
        asked = {
            "Access_Control_Request_Method": "PUT",
            "Access_Control_Request_Headers": "authorization,x-amz-date",
        }
        bucket = cloud.bucket()
        for origin in (PAGE, "http://localhost:3000"):
            for path in ("/", f"/{bucket}/key"):
                preflight = raw(cloud, "OPTIONS", path, Origin=origin, **asked)
                assert preflight.status in (200, 204)
                assert preflight.headers["access-control-allow-origin"] == origin
                assert "authorization" in preflight.headers["access-control-allow-headers"]
            headers = signed(cloud, "GET", f"/{bucket}")
            listed = raw(cloud, "GET", f"/{bucket}", Origin=origin, Sec_Fetch_Site="cross-site", **headers)
            assert listed.status == 200
            assert listed.headers["access-control-allow-origin"] == origin
            unsigned = raw(cloud, "GET", f"/{bucket}", Origin=origin)
            assert unsigned.status == 403
            assert unsigned.headers["access-control-allow-origin"] == origin
        for origin in (EVIL, f"http://localhost:{cloud.port}", "https://app.localstack.cloud"):
            refusal = raw(cloud, "OPTIONS", "/", Origin=origin, **asked)
            assert refusal.status == 403
            assert "access-control-allow-origin" not in refusal.headers


def test_an_open_cloud_takes_every_key_and_no_page(tmp_path: Path) -> None:
    with cloud_with(tmp_path, "--open") as cloud:
        assert cloud.stack.keys == Keys("test", "test")
        assert json.loads(raw(cloud, "GET", "/_sagestep/info").text)["is_open"] is True
        for keys in (Keys("test", "test"), Keys("any", "thing")):
            another(cloud, "sqs", keys).list_queues()
        assert (
            another(cloud, "sts", Keys("111111111111", "x")).get_caller_identity()["Account"]
            == "111111111111"
        )
        assert raw(cloud, "GET", "/").status == 200
        assert raw(cloud, "GET", "/", Origin=EVIL).status == 403
        assert raw(cloud, "GET", "/", Host="evil.example").status == 403


def test_each_start_has_a_key_of_its_own(tmp_path: Path) -> None:
    found = set()
    for _ in range(2):
        with cloud_with(tmp_path) as cloud:
            cloud.s3.list_buckets()
            found.add(cloud.stack.keys)
    assert len(found) == 2
