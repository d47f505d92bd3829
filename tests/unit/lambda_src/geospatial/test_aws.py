import pytest

from lambda_src.geospatial import aws
from lambda_src.geospatial.core import StartRequest
from lambda_src.shared import calls
from lambda_src.shared.calls import RefusedError


@pytest.fixture(autouse=True)
def fresh_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_URL", "https://queue")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    aws.from_environment.cache_clear()
    calls.client.cache_clear()


def test_an_environment_builds_its_calls_once() -> None:
    assert aws.from_environment() is aws.from_environment()


def test_an_environment_without_its_queue_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUEUE_URL")
    with pytest.raises(KeyError, match="QUEUE_URL"):
        aws.from_environment()


def test_a_configuration_that_lacks_a_member_is_refused_by_its_name() -> None:
    request = StartRequest(
        "arn:aws:iam::123456789012:role/r", "us-west-2", "job", {}, {"ReverseGeocodingConfig": {}}
    )
    with pytest.raises(RefusedError, match="XAttributeName"):
        aws.from_environment().start_job(request)
