"""The gate on the wire: what a page, another user of the machine or a stranger sends is refused, raw."""

import base64
import json
import stat
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.integration.processes import linux, listeners, processes
from tests.integration.raw import form, raw, signed, users
from tests.integration.wire import Cloud, unique

pytestmark = pytest.mark.integration

EVIL = "https://evil.example"


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


def test_what_needs_no_signature_carries_nothing_that_does(cloud: Cloud) -> None:
    certificate = "/_aws/sns/SimpleNotificationService-{}.pem"
    call, name = b'{"QueueName": "evil"}', cloud.queue().rpartition("/")[2]
    target = {"X_Amz_Target": "AmazonSQS.CreateQueue", "Content_Type": "application/x-amz-json-1.0"}
    for path in (
        "/_sagestep/info",
        "/_localstack/health",
        certificate.format("x"),
        certificate.format("6c6f"),
    ):
        assert raw(cloud, "GET", path, call, **target).status == 403
        assert raw(cloud, "GET", f"{path}?Action=CreateUser&UserName=evil&Version=2010-05-08").status == 403
        host = f"bucket.s3.localhost:{cloud.port}"
        assert raw(cloud, "GET", path, Host=host).status == 403
    topic = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"]
    link = f"/?Action=DeleteTopic&TopicArn={topic}&Token=x&Action=ConfirmSubscription"
    assert raw(cloud, "GET", link).status == 403
    assert cloud.sns.get_topic_attributes(TopicArn=topic)
    made = cloud.s3.generate_presigned_post(cloud.bucket(), "up.html")
    body, kind = form(**made["fields"])
    for path in (
        f"/000000000000/{name}?Action=DeleteQueue",
        "/_localstack/health",
        "/_aws/x",
        "/?Action=CreateUser",
    ):
        assert raw(cloud, "POST", path, body, Content_Type=kind).status == 403
    assert not [url for url in cloud.sqs.list_queues()["QueueUrls"] if url.endswith("/evil")]
    assert "evil" not in users(cloud)
    assert cloud.sqs.get_queue_url(QueueName=name)


def test_whether_the_cloud_is_there_may_be_asked(cloud: Cloud) -> None:
    info = raw(cloud, "GET", "/_sagestep/info")
    assert info.status == 200
    assert json.loads(info.text)["is_open"] is False
    assert raw(cloud, "GET", "/_localstack/health").status == 200


@linux
def test_no_other_user_reads_a_file_and_no_process_list_shows_a_key(cloud: Cloud) -> None:
    state, keys = cloud.folder / "state", cloud.stack.keys
    # What is unpacked from archives keeps the modes that it has there, in a folder that nobody else enters.
    unpacked = (state / "tmp" / "sagemaker", state / "tmp" / "lambda")
    readable = [
        path
        for path in (state, *state.rglob("*"))
        if not path.is_symlink()
        and not any(path.is_relative_to(folder) and path != folder for folder in unpacked)
        and stat.S_IMODE(path.stat().st_mode) & 0o077
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
