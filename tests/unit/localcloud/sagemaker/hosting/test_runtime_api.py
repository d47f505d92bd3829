import io
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.containers.http import RefusedError, Reply, SlowError, UnreachableError
from localcloud.errors import ServiceError
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.lifecycle import resume
from localcloud.sagemaker.hosting.model_errors import ModelError
from localcloud.sagemaker.hosting.runtime_api import MOST_BYTES
from localcloud.sagemaker.operations.endpoints import begin_endpoint
from tests.unit.localcloud.sagemaker.cloud import CALLER
from tests.unit.localcloud.sagemaker.hosting.account import Account

NOT_FOUND = "Endpoint endpoint of account 123456789012 not found."
BROKEN = "1 validation error detected: Value at"
ASCII_ONLY = r"Member must satisfy regular expression pattern: \p{ASCII}*"
UNSATISFIED = "failed to satisfy constraint:"
CONSOLE = (
    "See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:"
    "group=/aws/sagemaker/Endpoints/endpoint in account 123456789012 for more information."
)


def test_a_request_reaches_the_model_and_its_answer_comes_back(account: Account) -> None:
    account.deployed()
    server = account.servers[0]
    server.reply = Reply(
        200, {"content-type": "application/json", "x-amzn-sagemaker-custom-attributes": "id=1"}, b"[1]"
    )
    answer = account.invoke(
        b"1,2", ContentType="text/csv", Accept="application/json", CustomAttributes="id=0", InferenceId="x"
    )
    assert answer == {
        "Body": b"[1]",
        "ContentType": "application/json",
        "InvokedProductionVariant": "A",
        "CustomAttributes": "id=1",
    }
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/invocations", b"1,2")
    assert request.timeout == 60.0
    assert request.headers == {
        "Content-Type": "text/csv",
        "Accept": "application/json",
        "X-Amzn-SageMaker-Custom-Attributes": "id=0",
    }


def test_variants_are_drawn_by_weight_or_named(account: Account) -> None:
    account.deployed({"InitialVariantWeight": 3.0}, {"VariantName": "B"})
    account.draws = itertools.cycle([0.8, 0.0])  # a draw for the variant, one for the instance
    assert account.invoke()["InvokedProductionVariant"] == "B"
    assert account.invoke(TargetVariant="A")["InvokedProductionVariant"] == "A"
    error = account.invocation_error(TargetVariant="C")
    assert error.code == "ValidationError"
    assert error.message == "Variant C not found for Endpoint endpoint of account 123456789012."


def test_an_unknown_endpoint_is_told_in_aws_words(account: Account) -> None:
    error = account.invocation_error()
    assert (error.code, error.message, error.status) == ("ValidationError", NOT_FOUND, 400)


@pytest.mark.parametrize("members", [{"TargetModel": "a.tar.gz"}, {"SessionId": "NEW_SESSION"}])
def test_that_the_endpoint_is_missing_is_told_before_what_it_could_not_do(
    account: Account, members: dict[str, object]
) -> None:
    assert account.invocation_error(b"", **members).message == NOT_FOUND


def test_an_endpoint_of_another_account_is_unknown(account: Account) -> None:
    account.deployed()
    with pytest.raises(ServiceError, match="of account 999999999999 not found"):
        account.runtime.call(
            "InvokeEndpoint", Caller("999999999999", "eu-west-1"), {"EndpointName": "endpoint", "Body": b""}
        )


def test_an_endpoint_that_is_not_in_service_is_not_found(account: Account) -> None:
    account.create_endpoint()
    assert account.invocation_error().message == NOT_FOUND
    account.servers[0].failed("no image")
    assert account.invocation_error().message == NOT_FOUND


def test_an_endpoint_serves_while_it_is_updated(account: Account) -> None:
    account.deployed()
    account.create_config("second")
    account.update("second")
    account.invoke()
    account.servers[1].ready()
    account.invoke()
    assert [len(server.requests) for server in account.servers] == [1, 1]


def test_a_request_that_meets_a_leaving_server_goes_to_its_successor(account: Account) -> None:
    account.deployed({"InitialInstanceCount": 2})
    account.draws = itertools.cycle([0.0, 0.9])
    account.servers[0].is_stopped = True  # the routes do not know yet
    assert account.invoke()["Body"] == b"1"
    assert [len(server.requests) for server in account.servers] == [1, 1]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "client"), (499, "client"), (500, "server"), (503, "server"), (302, "server")]
)
def test_an_error_of_the_model_is_told_with_all_it_said(account: Account, status: int, kind: str) -> None:
    account.deployed()
    account.servers[0].reply = Reply(status, {}, b"no such column")
    error = account.invocation_error()
    assert isinstance(error, ModelError)
    assert (error.code, error.status) == ("ModelError", 424)
    assert error.message == (
        f'Received {kind} error ({status}) from primary with message "no such column". {CONSOLE}'
    )
    assert error.members == {
        "OriginalStatusCode": status,
        "OriginalMessage": "no such column",
        "LogStreamArn": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/endpoint",
    }


def test_an_answer_that_is_too_long_is_an_error_of_the_model(account: Account) -> None:
    account.deployed()
    account.servers[0].reply = Reply(200, {}, b"1", is_cut=True)
    error = account.invocation_error()
    assert error.message == (
        f"Received server error (200) from primary and could not load the entire response body. {CONSOLE}"
    )


def test_a_model_that_takes_too_long_is_told_in_aws_words(account: Account) -> None:
    account.deployed()
    account.servers[0].reply = SlowError()
    error = account.invocation_error()
    assert isinstance(error, ModelError)
    assert error.members["OriginalStatusCode"] == 0
    assert error.message.startswith(
        'Received server error (0) from primary with message "Your invocation timed out while waiting for a '
        "response from container primary."
    )


def test_a_server_that_dies_over_a_request_is_an_error_of_the_model(account: Account) -> None:
    account.deployed({"InitialInstanceCount": 2})
    for server in account.servers:
        server.reply = UnreachableError("The server broke off before it had answered.")
    error = account.invocation_error()
    assert (error.code, error.status) == ("ModelError", 424)
    assert sum(len(server.requests) for server in account.servers) == 1  # the next one shall not die, too


def test_while_no_server_can_be_reached_the_service_is_unavailable(account: Account) -> None:
    account.deployed()
    account.servers[0].reply = RefusedError()
    error = account.invocation_error()
    assert (error.code, error.status) == ("ServiceUnavailable", 503)
    account.servers[0].crashed()
    error = account.invocation_error()
    assert (error.code, error.status) == ("ServiceUnavailable", 503)


def start_again(before: Endpoint, account: Account) -> None:
    """Begin an endpoint as a later run of the local cloud does."""
    ports = account.host.ports(CALLER)
    begin_endpoint(account.store, account.hosting, before.identity, ports, resume(before.state))


def test_a_request_waits_for_servers_that_start_again_with_the_local_cloud(account: Account) -> None:
    start_again(account.deployed(), account)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(account.invoke)
        with pytest.raises(TimeoutError):
            asked.result(0.2)
        account.servers[1].ready()
        assert asked.result(60)["Body"] == b"1"


def test_a_request_no_longer_waits_for_a_server_that_crashes_as_it_starts_again(account: Account) -> None:
    start_again(account.deployed(), account)
    account.servers[1].crashed()
    assert account.invocation_error().code == "ServiceUnavailable"


@pytest.mark.parametrize("variant", ["A", None])
def test_a_request_does_not_wait_for_servers_of_variants_that_it_cannot_go_to(
    account: Account, variant: str | None
) -> None:
    start_again(account.deployed({}, {"VariantName": "B", "InitialVariantWeight": 0}), account)
    account.servers[2].crashed()
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(account.invocation_error, TargetVariant=variant)
        try:
            assert asked.result(10).code == "ServiceUnavailable"
        finally:
            account.endpoint.end(0)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"TargetContainerHostname": "two"},
            "Endpoint endpoint is not invoked directly and takes no TargetContainerHostname.",
        ),
        ({"SessionId": "NEW_SESSION"}, "SessionId is not supported by the local cloud."),
        (
            {"TargetModel": "a.tar.gz"},
            "Endpoint endpoint is not a multi-model endpoint and does not support target model header.",
        ),
        (
            {"CustomAttributes": "x" * 1025},
            f"{BROKEN} 'customAttributes' {UNSATISFIED} Member must have length less than or equal to 1024",
        ),
        (
            {"ContentType": "text/csv\r\nX: 1"},
            f"{BROKEN} 'contentType' {UNSATISFIED} {ASCII_ONLY}",
        ),
    ],
)
def test_requests_that_break_a_rule_are_refused(
    account: Account, members: dict[str, object], message: str
) -> None:
    account.deployed()
    error = account.invocation_error(b"", **members)
    assert (error.code, error.message) == ("ValidationError", message)


@pytest.mark.parametrize("given", [bytes, io.BytesIO, bytes.decode])
def test_a_body_may_have_six_megabytes(account: Account, given: Callable[[bytes], object]) -> None:
    account.deployed()
    account.invoke(Body=given(b"x" * MOST_BYTES))
    assert account.servers[0].requests[0].body == b"x" * MOST_BYTES
    error = account.invocation_error(Body=given(b"x" * (MOST_BYTES + 1)))
    assert error.code == "ValidationError"
    assert error.message.endswith("Member must have length less than or equal to 6291456")


def test_other_operations_are_not_there(account: Account) -> None:
    with pytest.raises(
        ServiceError, match="does not have sagemaker-runtime:InvokeEndpointWithBidirectionalStream"
    ):
        account.runtime.call("InvokeEndpointWithBidirectionalStream", Caller("1", "2"), {})


def test_a_container_is_asked_by_its_name(account: Account) -> None:
    containers = [{"Image": "image", "ContainerHostname": name} for name in ("one", "two")]
    account.call(
        "CreateModel",
        ModelName="direct",
        Containers=containers,
        InferenceExecutionConfig={"Mode": "Direct"},
    )
    account.deployed({"ModelName": "direct"})
    account.invoke(TargetContainerHostname="two")
    assert account.servers[0].target == "two"
    assert "TargetContainerHostname must be given" in account.invocation_error().message
    error = account.invocation_error(TargetContainerHostname="three")
    assert "no container with the host name three" in error.message
    images = account.variants()[0]["DeployedImages"]
    assert [item["SpecifiedImage"] for item in images] == ["image"] * 2  # type: ignore[attr-defined]


def test_each_variant_that_may_answer_must_have_the_container(account: Account) -> None:
    for model, other in (("first", "two"), ("second", "three")):
        account.call(
            "CreateModel",
            ModelName=model,
            Containers=[{"Image": "image", "ContainerHostname": name} for name in ("one", other)],
            InferenceExecutionConfig={"Mode": "Direct"},
        )
    account.deployed({"ModelName": "first"}, {"VariantName": "B", "ModelName": "second"})
    account.invoke(TargetContainerHostname="one")
    account.invoke(TargetContainerHostname="three", TargetVariant="B")
    for variant in (None, "B"):
        error = account.invocation_error(TargetContainerHostname="two", TargetVariant=variant)
        assert "no container with the host name two" in error.message
