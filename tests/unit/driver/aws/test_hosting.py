import io
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from driver.aws.hosting import Hosting
from driver.model.exceptions import NotDeployedError, WorkFailedError
from driver.model.values import Endpoint
from tests.unit.driver.fakes import NOON

ARN = "arn:aws:sagemaker:us-west-2:000000000000:endpoint/x"


@pytest.fixture(scope="module")
def client() -> object:
    return boto3.client(
        "sagemaker", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def sagemaker(client: object) -> Iterator[Stubber]:
    with Stubber(client) as stubber:  # type: ignore[arg-type]
        yield stubber
        stubber.assert_no_pending_responses()


class Runtime:
    """Answers with bytes or an error."""

    def __init__(self, answer: bytes | ClientError) -> None:
        self.answer = answer

    def invoke_endpoint(self, **_: object) -> Mapping[str, Any]:
        if isinstance(self.answer, ClientError):
            raise self.answer
        return {"Body": io.BytesIO(self.answer)}


def no_runtime() -> Runtime:
    raise AssertionError("nobody asked for predictions")


@pytest.fixture
def hosting(sagemaker: Stubber) -> Hosting:
    return Hosting(sagemaker.client, no_runtime)  # type: ignore[arg-type]


def endpoint(name: str, status: str) -> dict[str, object]:
    return {
        "EndpointName": name,
        "EndpointArn": ARN,
        "CreationTime": NOON,
        "LastModifiedTime": NOON,
        "EndpointStatus": status,
    }


def test_only_names_that_begin_so_are_listed(sagemaker: Stubber, hosting: Hosting) -> None:
    names = ("sagestep-b", "old-sagestep-c", "sagestep-a")
    sagemaker.add_response(
        "list_endpoints",
        {"Endpoints": [endpoint(name, "InService") for name in names]},
        {"NameContains": "sagestep-"},
    )
    configs = [{"EndpointConfigName": name, "EndpointConfigArn": ARN, "CreationTime": NOON} for name in names]
    sagemaker.add_response(
        "list_endpoint_configs", {"EndpointConfigs": configs}, {"NameContains": "sagestep-"}
    )
    models = [{"ModelName": name, "ModelArn": ARN, "CreationTime": NOON} for name in names]
    sagemaker.add_response("list_models", {"Models": models}, {"NameContains": "sagestep-"})
    assert hosting.endpoints("sagestep-") == [
        Endpoint("sagestep-a", "InService"),
        Endpoint("sagestep-b", "InService"),
    ]
    assert hosting.configs("sagestep-") == ["sagestep-a", "sagestep-b"]
    assert hosting.models("sagestep-") == ["sagestep-a", "sagestep-b"]


def test_an_endpoint_is_described_with_its_configuration(sagemaker: Stubber, hosting: Hosting) -> None:
    answer = endpoint("x", "Creating") | {"EndpointConfigName": "c"}
    sagemaker.add_response("describe_endpoint", answer, {"EndpointName": "x"})
    found = hosting.describe("x")
    assert found == Endpoint("x", "Creating", "c")
    assert not found.is_settled


def test_the_models_of_a_configuration_are_named_once(sagemaker: Stubber, hosting: Hosting) -> None:
    variants = [{"VariantName": name, "ModelName": "m"} for name in ("a", "b")]
    answer = {
        "EndpointConfigName": "c",
        "EndpointConfigArn": ARN,
        "ProductionVariants": variants,
        "CreationTime": NOON,
    }
    sagemaker.add_response("describe_endpoint_config", answer)
    assert hosting.models_of("c") == ["m"]


@pytest.mark.parametrize(
    ("message", "is_refused"), [('Could not find endpoint "x".', False), ("Something else.", True)]
)
def test_what_is_gone_need_not_be_deleted(
    sagemaker: Stubber, hosting: Hosting, message: str, is_refused: bool
) -> None:
    for operation, ask in (
        ("describe_endpoint", hosting.describe),
        ("describe_endpoint_config", hosting.models_of),
        ("delete_endpoint", hosting.delete_endpoint),
        ("delete_endpoint_config", hosting.delete_config),
        ("delete_model", hosting.delete_model),
    ):
        sagemaker.add_client_error(operation, "ValidationException", message)
        with pytest.raises(ClientError) if is_refused else nullcontext():
            assert not ask("x")


def test_an_answer_is_handed_on_as_it_is(sagemaker: Stubber) -> None:
    hosting = Hosting(sagemaker.client, lambda: Runtime(b"7\n"))  # type: ignore[arg-type]
    assert hosting.invoke("x", b"1,2\n", "text/csv", "text/csv") == b"7\n"


@pytest.mark.parametrize(
    ("code", "raised", "words"),
    [
        ("ValidationError", NotDeployedError, "Endpoint x of account 0 not found"),
        ("ModelError", WorkFailedError, "Status 400: The header lacks a"),
        ("ServiceUnavailable", ClientError, "ServiceUnavailable"),
    ],
)
def test_a_refusal_is_told_in_the_models_own_words(
    sagemaker: Stubber, code: str, raised: type[Exception], words: str
) -> None:
    response = {
        "Error": {"Code": code, "Message": "Endpoint x of account 0 not found."},
        "OriginalStatusCode": 400,
        "OriginalMessage": "The header lacks a.",
    }
    error = ClientError(response, "InvokeEndpoint")  # type: ignore[arg-type]
    hosting = Hosting(sagemaker.client, lambda: Runtime(error))  # type: ignore[arg-type]
    with pytest.raises(raised, match=words):
        hosting.invoke("x", b"", "text/csv", "text/csv")
