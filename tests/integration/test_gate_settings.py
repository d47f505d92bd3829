"""Who lets the gate in on purpose, or has it somewhere else: --allow-origin, --open, another LocalStack."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.raw import another, raw, signed
from tests.integration.stack import CLOUD_PYTHON, Keys, free_port, local_cloud
from tests.integration.wire import Cloud, end, eventually, refused

pytestmark = pytest.mark.integration

PAGE = "https://page.example"
EVIL = "https://evil.example"


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
        call = {"X_Amz_Target": "AmazonSQS.CreateQueue", "Content_Type": "application/x-amz-json-1.0"}
        for path, host in (
            ("/_aws/execute-api/x", "127.0.0.1"),
            ("/", "x.execute-api.localhost"),
            ("/", "127.0.0.1"),
        ):
            place = f"{host}:{cloud.port}"
            raw(cloud, "OPTIONS", path, b'{"QueueName": "evil"}', Host=place, Origin=PAGE, **asked, **call)
        assert "QueueUrls" not in cloud.sqs.list_queues(), "a preflight request does nothing"
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


@contextmanager
def foreign(folder: Path, **variables: str) -> Iterator[Cloud]:
    """Run LocalStack with our plugin in it, as its user has set it up."""
    port = free_port()
    temporary = folder / "tmp"
    temporary.mkdir()
    place = {name: str(temporary) for name in ("HOME", "TMPDIR", "FILESYSTEM_ROOT", "LOCALSTACK_VOLUME_DIR")}
    settings = {
        "PATH": os.defpath,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "GATEWAY_SERVER": "loopback",
        "OVERRIDE_IN_DOCKER": "0",
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(CLOUD_PYTHON), "-I", "-m", "localcloud.localstack.runtime"],
            env=settings | place | variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        cloud = Cloud(folder, port)
        eventually(lambda: _is_ready(cloud) or process.poll() is not None, seconds=60)
        assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
        yield cloud
    finally:
        end(process)


def _is_ready(cloud: Cloud) -> bool:
    try:
        return raw(cloud, "GET", "/_sagestep/info").status == 200
    except OSError:
        return False


def test_it_is_off_there_unless_it_is_asked_for(tmp_path: Path) -> None:
    with foreign(tmp_path) as cloud:
        assert json.loads(raw(cloud, "GET", "/_sagestep/info").text)["is_open"] is True
        another(cloud, "sqs", Keys("any", "thing")).list_queues()
        assert raw(cloud, "GET", "/_localstack/info", Host="evil.example").status == 200


def test_it_takes_the_key_that_is_given_there_and_its_hosts(tmp_path: Path) -> None:
    mine = Keys("LKIAQAAAAAAAMINE2345", "the-secret")
    given = {
        "SAGESTEP_ACCESS_KEY_ID": mine.access_key_id,
        "SAGESTEP_SECRET_ACCESS_KEY": mine.secret_access_key,
    }
    with foreign(tmp_path, SAGESTEP_GATE="1", SAGESTEP_GATE_HOSTS="my-machine", **given) as cloud:
        another(cloud, "sqs", mine).list_queues()
        with refused("UnrecognizedClientException"):
            another(cloud, "sqs", Keys("test", "test")).list_queues()
        assert raw(cloud, "GET", "/_localstack/info").status == 403
        assert raw(cloud, "GET", "/_sagestep/info", Host=f"my-machine:{cloud.port}").status == 200
        assert raw(cloud, "GET", "/_sagestep/info", Host=f"evil.example:{cloud.port}").status == 403


def test_without_a_key_it_refuses_everything_and_says_so(tmp_path: Path) -> None:
    with foreign(tmp_path, SAGESTEP_GATE="1") as cloud:
        with refused("UnrecognizedClientException"):
            another(cloud, "sqs", Keys("test", "test")).list_queues()
        assert "set SAGESTEP_ACCESS_KEY_ID and SAGESTEP_SECRET_ACCESS_KEY" in (tmp_path / "log").read_text()
