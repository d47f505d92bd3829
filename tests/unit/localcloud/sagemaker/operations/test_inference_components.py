"""Inference components: several models on one endpoint, each with its copies."""

import threading
import time
from collections.abc import Callable

import pytest

from tests.unit.localcloud.sagemaker.cloud import ROLE, Document
from tests.unit.localcloud.sagemaker.hosting.account import IMAGE, MODEL_DATA, Account, FakeServer

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:inference-component/{}"
CONTAINER = {"Image": IMAGE, "ArtifactUrl": MODEL_DATA, "Environment": {"A": "b"}}


@pytest.fixture
def account() -> Account:
    """An endpoint whose variant has no model; it is in service at once."""
    account = Account()
    account.create_model()
    variant = {"VariantName": "A", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    account.call(
        "CreateEndpointConfig",
        EndpointConfigName="config",
        ExecutionRoleArn=ROLE,
        ProductionVariants=[variant],
    )
    account.call("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")
    assert account.describe()["EndpointStatus"] == "InService"
    assert account.servers == []
    return account


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what happens on other threads."""
    end, pause = time.monotonic() + 60, threading.Event()
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        pause.wait(0.01)


def status(account: Account, name: str) -> object:
    return describe(account, name)["InferenceComponentStatus"]


def create(account: Account, name: str, copies: int = 1, **specification: object) -> list[FakeServer]:
    """Create a component; give the servers of its copies."""
    before = len(account.servers)
    given = specification or {"ModelName": "model"}
    answer = account.call(
        "CreateInferenceComponent",
        InferenceComponentName=name,
        EndpointName="endpoint",
        VariantName="A",
        Specification={**given, "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}},
        RuntimeConfig={"CopyCount": copies},
    )
    assert answer == {"InferenceComponentArn": ARN.format(name)}
    return account.servers[before:]


def deploy(account: Account, name: str, copies: int = 1, **specification: object) -> list[FakeServer]:
    """Create a component and bring it into service."""
    servers = create(account, name, copies, **specification)
    for server in servers:
        server.ready()
    return servers


def describe(account: Account, name: str) -> Document:
    return account.call("DescribeInferenceComponent", InferenceComponentName=name)


def counts(account: Account, name: str) -> object:
    return describe(account, name)["RuntimeConfig"]


def names(account: Account, **request: object) -> list[object]:
    listed = account.listed("ListInferenceComponents", "InferenceComponents", **request)
    return [item["InferenceComponentName"] for item in listed]


def test_two_components_share_an_endpoint(account: Account) -> None:
    first = create(account, "first", 2)
    assert status(account, "first") == "Creating"
    for server in first:
        server.ready()
    second = deploy(account, "second", Container=CONTAINER)
    assert status(account, "first") == "InService"
    assert counts(account, "first") == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    specification = describe(account, "second")["Specification"]
    assert isinstance(specification, dict)
    assert specification["Container"]["DeployedImage"]["SpecifiedImage"] == IMAGE
    assert specification["Container"]["ArtifactUrl"] == MODEL_DATA
    assert second[0].order.variant.container.role_arn == ROLE
    assert second[0].order.log_group == "/aws/sagemaker/InferenceComponents/second"
    answer = account.invoke(InferenceComponentName="second")
    assert answer["InvokedProductionVariant"] == "A"
    assert names(account) == ["second", "first"]
    assert names(account, NameContains="fir", EndpointNameEquals="endpoint", StatusEquals="InService") == [
        "first"
    ]
    assert names(account, VariantNameEquals="B") == []
    (variant,) = account.variants()
    assert (variant["CurrentInstanceCount"], variant.get("DeployedImages")) == (1, None)


def test_requests_name_a_component_that_has_copies(account: Account) -> None:
    deploy(account, "first")
    deploy(account, "empty", 0)
    assert account.invocation_error().message.startswith("Inference Component Name header is required for")
    unknown = account.invocation_error(InferenceComponentName="none")
    assert (unknown.code, "not found for Endpoint endpoint" in unknown.message) == ("ValidationError", True)
    none = account.invocation_error(InferenceComponentName="empty")
    assert none.message.startswith("Inference Component has no capacity to process this request.")
    other = account.invocation_error(InferenceComponentName="first", TargetVariant="B")
    assert other.message.startswith("Variant B not found")


def test_an_endpoint_with_a_model_has_no_components() -> None:
    account = Account()
    account.deployed()
    refused = account.invocation_error(InferenceComponentName="first")
    assert refused.message.startswith("Inference Component Name header is not allowed for")
    message = account.refusal(
        "CreateInferenceComponent",
        InferenceComponentName="first",
        EndpointName="endpoint",
        Specification={"ModelName": "model"},
        RuntimeConfig={"CopyCount": 1},
    )
    assert message.startswith("Invalid request provided: Inference Components are not supported")


def test_copies_are_added_and_all_taken_away(account: Account) -> None:
    (old,) = deploy(account, "first")

    def ask(copies: int) -> None:
        account.call(
            "UpdateInferenceComponentRuntimeConfig",
            InferenceComponentName="first",
            DesiredRuntimeConfig={"CopyCount": copies},
        )

    old.lingers = True
    ask(2)
    assert status(account, "first") == "Updating"
    assert "status is Updating" in account.refusal("DeleteInferenceComponent", InferenceComponentName="first")
    new = account.servers[1:]
    for server in new:
        server.ready()
    assert old.is_stopped
    assert status(account, "first") == "Updating"
    old.stopped()
    assert counts(account, "first") == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    ask(0)
    eventually(lambda: status(account, "first") == "InService")
    assert counts(account, "first") == {"DesiredCopyCount": 0, "CurrentCopyCount": 0}
    ask(1)
    account.servers[-1].ready()
    assert status(account, "first") == "InService"
    assert counts(account, "first") == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}


def test_an_update_that_fails_leaves_what_was_there(account: Account) -> None:
    deploy(account, "first")
    account.call(
        "UpdateInferenceComponent", InferenceComponentName="first", Specification={"Container": CONTAINER}
    )
    account.servers[-1].failed("it cannot start")
    eventually(lambda: status(account, "first") == "InService")
    found = describe(account, "first")
    assert (found["InferenceComponentStatus"], found["FailureReason"]) == ("InService", "it cannot start")
    assert found["Specification"]["ModelName"] == "model"  # type: ignore[index]


def test_a_component_fails_and_is_deleted(account: Account) -> None:
    (server,) = create(account, "first")
    server.failed("it cannot start")
    assert status(account, "first") == "Failed"
    account.wait_for_status("IN_SERVICE")  # of the endpoint, which goes on
    assert "FAILED" not in account.statuses()
    account.call("DeleteInferenceComponent", InferenceComponentName="first")
    eventually(lambda: not account.store.hosting.components)
    message = account.refusal("DescribeInferenceComponent", InferenceComponentName="first")
    assert message == f'Could not find inference component "{ARN.format("first")}".'
    assert account.store.tags.get(ARN.format("first")) is None


def test_a_component_that_is_saved_and_not_yet_served_again_is_not_found(account: Account) -> None:
    deploy(account, "first")
    account.store.hosting.served.clear()
    assert names(account) == []
    message = account.refusal("DescribeInferenceComponent", InferenceComponentName="first")
    assert message.startswith("Could not find inference component")


def test_an_endpoint_is_deleted_after_its_components(account: Account) -> None:
    (server,) = deploy(account, "first")
    server.lingers = True
    assert "Delete its inference components first" in account.refusal(
        "DeleteEndpoint", EndpointName="endpoint"
    )
    account.create_config("other")
    assert "must have without a ModelName" in account.refusal(
        "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="other"
    )
    account.call("DeleteInferenceComponent", InferenceComponentName="first")
    assert status(account, "first") == "Deleting"
    server.stopped()
    eventually(lambda: not account.store.hosting.components)
    account.delete()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Specification": {}}, "Specify either ModelName or Container"),
        ({"Specification": {"ModelName": "none"}}, "Could not find model"),
        ({"Specification": {"ModelName": "model", "Container": CONTAINER}}, "Specify either"),
        ({"Specification": {"Container": {"ArtifactUrl": MODEL_DATA}}}, "must have an Image"),
        (
            {"Specification": {"BaseInferenceComponentName": "a"}},
            "BaseInferenceComponentName is not supported",
        ),
        ({"VariantName": "B"}, 'There is no variant "B"'),
        ({"EndpointName": "none"}, "Could not find endpoint"),
        ({"RuntimeConfig": None}, "RuntimeConfig of an inference component must be given"),
        ({"InferenceComponentName": "taken"}, "Cannot create already existing inference component"),
    ],
)
def test_what_is_refused(account: Account, given: Document, message: str) -> None:
    deploy(account, "taken")
    request = {
        "InferenceComponentName": "first",
        "EndpointName": "endpoint",
        "Specification": {"ModelName": "model"},
        "RuntimeConfig": {"CopyCount": 1},
    }
    members = {name: item for name, item in (request | given).items() if item is not None}
    assert message in account.refusal("CreateInferenceComponent", **members)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ExecutionRoleArn": None}, "ExecutionRoleArn must be given"),
        (
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o"}}},
            "AsyncInferenceConfig is not",
        ),
    ],
)
def test_what_a_configuration_for_components_needs(account: Account, given: Document, message: str) -> None:
    variant = {"VariantName": "A", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    request = {
        "EndpointConfigName": "other", "ExecutionRoleArn": ROLE, "ProductionVariants": [variant]
    }  # fmt: skip
    members = {name: item for name, item in (request | given).items() if item is not None}
    assert message in account.refusal("CreateEndpointConfig", **members)
