import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from driver.aws.clients import Clients, _only_endpoint, localstack_endpoint
from driver.model.values import Keys

ENDPOINT = "http://127.0.0.1:4750"


@pytest.fixture
def users_settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What makes boto3 go elsewhere, or fail, wherever it is read."""
    settings = {
        "AWS_PROFILE": "nobody",
        "AWS_ENDPOINT_URL": "http://elsewhere:1",
        "AWS_ENDPOINT_URL_S3": "http://elsewhere:2",
        "AWS_CONFIG_FILE": "/nowhere/config",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.mark.usefixtures("users_settings")
@pytest.mark.parametrize("service", ["s3", "sagemaker", "step_functions", "logs"])
def test_a_local_client_goes_to_the_endpoint_whatever_the_user_has_set(service: str) -> None:
    client = getattr(Clients("eu-west-1", ENDPOINT), service)()
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.region_name == "eu-west-1"
    assert client._request_signer._credentials.access_key == "test"


@pytest.mark.usefixtures("users_settings")
def test_a_local_client_signs_with_the_keys_it_is_given() -> None:
    client: Any = Clients("us-west-2", ENDPOINT, keys=Keys("LKIAEXAMPLE", "hidden")).s3()
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key) == ("LKIAEXAMPLE", "hidden")
    assert "hidden" not in repr(Keys("LKIAEXAMPLE", "hidden"))


def test_the_users_settings_are_as_they_were_afterwards(users_settings: dict[str, str]) -> None:
    before = dict(os.environ)
    Clients("us-west-2", ENDPOINT).sagemaker()
    assert dict(os.environ) == before
    assert before.items() >= users_settings.items()


@pytest.mark.usefixtures("users_settings")
def test_two_threads_that_make_clients_leave_the_users_settings_as_they_were() -> None:
    before, is_over = dict(os.environ), threading.Event()

    def connect() -> None:
        with _only_endpoint("http://127.0.0.1:1"):
            is_over.wait(0.2)  # the first thread goes on meanwhile, if it can

    other = threading.Thread(target=connect)
    with _only_endpoint(ENDPOINT):
        other.start()
        is_over.wait(0.1)
        assert os.environ["AWS_ENDPOINT_URL"] == ENDPOINT
    other.join(60)
    assert dict(os.environ) == before


def test_an_aws_client_goes_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = Clients("us-west-2", None).sagemaker()
    assert client.meta.endpoint_url == "https://api.sagemaker.us-west-2.amazonaws.com"


class Body:
    """What is read from a connection."""

    def stream(self) -> Iterator[bytes]:
        yield b'{"NotebookInstances": []}'


def test_every_request_is_reported_by_its_operation() -> None:
    requested: list[str] = []
    client = Clients("us-west-2", ENDPOINT, requested.append).sagemaker()
    answer: Any = lambda **_: AWSResponse(ENDPOINT, 200, HTTPHeaders(), Body())  # noqa: E731
    client.meta.events.register("before-send", answer)
    client.list_notebook_instances()
    client.list_notebook_instances()
    assert requested == ["ListNotebookInstances"] * 2


@pytest.mark.parametrize(
    ("variable", "value", "endpoint"),
    [
        ("AWS_ENDPOINT_URL", "http://somewhere:4567", "http://somewhere:4567"),
        ("LOCALSTACK_HOST", "somewhere:4567", "http://somewhere:4567"),
        ("UNRELATED", "", "http://localhost:4566"),
    ],
)
def test_a_localstack_is_found_by_its_variables(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, endpoint: str
) -> None:
    for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST", "USE_SSL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert localstack_endpoint(None) == endpoint


def test_without_a_variable_a_localstack_is_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert localstack_endpoint(ENDPOINT) == ENDPOINT
    monkeypatch.setenv("LOCALSTACK_HOST", "elsewhere:1")
    assert localstack_endpoint(ENDPOINT) == "http://elsewhere:1"
