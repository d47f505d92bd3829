"""AWS's default quotas of endpoints, and what serverless inference excludes."""

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import ROLE, Document
from tests.unit.localcloud.sagemaker.hosting.account import IMAGE, Account

FULL = "'Number of instances across active endpoints' is 20 Instances, with current utilization of {} "


def exceeded(account: Account, operation: str, **members: object) -> str:
    with pytest.raises(ServiceError) as caught:
        account.call(operation, **members)
    assert caught.value.code == "ResourceLimitExceeded"
    return caught.value.message


def serverless(**config: int) -> Document:
    given = {"MemorySizeInMB": 1024, "MaxConcurrency": 1} | config
    return {"VariantName": "A", "ModelName": "model", "ServerlessConfig": given}


def test_all_endpoints_together_have_the_instances_of_the_quota(account: Account) -> None:
    account.deployed(account.variant(InitialInstanceCount=15))
    account.create_config("six", account.variant(InitialInstanceCount=6))
    message = exceeded(account, "CreateEndpoint", EndpointName="other", EndpointConfigName="six")
    assert FULL.format(15) + "Instances and a request delta of 6 Instances" in message
    account.create_config("five", account.variant(InitialInstanceCount=5))
    account.call("CreateEndpoint", EndpointName="other", EndpointConfigName="five")
    assert len(account.servers) == 20


def test_instances_beyond_all_memory_are_counted_and_not_made(account: Account) -> None:
    account.deployed()
    account.create_config("many", account.variant(InitialInstanceCount=10**12))
    for operation, asked in (
        ("UpdateEndpoint", {"EndpointConfigName": "many"}),
        (
            "UpdateEndpointWeightsAndCapacities",
            {"DesiredWeightsAndCapacities": [{"VariantName": "A", "DesiredInstanceCount": 10**12}]},
        ),
    ):
        message = exceeded(account, operation, EndpointName="endpoint", **asked)
        assert FULL.format(0) + f"Instances and a request delta of {10**12} Instances" in message
    assert account.describe()["EndpointStatus"] == "InService"


def test_an_update_counts_the_endpoint_once(account: Account) -> None:
    account.deployed(account.variant(InitialInstanceCount=12))
    account.create_config("more", account.variant(InitialInstanceCount=20))
    account.update("more")
    assert account.describe()["EndpointStatus"] == "Updating"


def test_an_account_with_more_than_the_quota_may_change_what_asks_for_no_more(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that was saved before there was a quota."""
    account.deployed(account.variant(InitialInstanceCount=15))
    account.create_config("same", account.variant(InitialInstanceCount=15))
    account.create_config("more", account.variant(InitialInstanceCount=16))
    account.call("CreateEndpointConfig", EndpointConfigName="serverless", ProductionVariants=[serverless()])
    monkeypatch.setattr("localcloud.sagemaker.operations.endpoints.INSTANCES_OF_ENDPOINTS", 10)
    exceeded(account, "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="more")
    account.call("CreateEndpoint", EndpointName="none", EndpointConfigName="serverless")
    account.update("same")
    assert account.describe()["EndpointStatus"] == "Updating"


def test_serverless_endpoints_have_no_instances(account: Account) -> None:
    account.deployed(account.variant(InitialInstanceCount=20))
    config = {"EndpointConfigName": "serverless", "ProductionVariants": [serverless()]}
    account.call("CreateEndpointConfig", **config)
    account.call("CreateEndpoint", EndpointName="other", EndpointConfigName="serverless")


def test_copies_of_inference_components_are_limited(account: Account) -> None:
    account.create_model()
    variant = {"VariantName": "A", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    account.call(
        "CreateEndpointConfig", EndpointConfigName="c", ExecutionRoleArn=ROLE, ProductionVariants=[variant]
    )
    account.call("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="c")

    def request(name: str, copies: int) -> Document:
        return {
            "InferenceComponentName": name,
            "EndpointName": "endpoint",
            "VariantName": "A",
            "Specification": {"ModelName": "model"},
            "RuntimeConfig": {"CopyCount": copies},
        }

    account.call("CreateInferenceComponent", **request("one", 15))
    for server in account.servers:
        server.ready()
    message = account.refusal("CreateInferenceComponent", **request("two", 6))
    assert message.startswith("CopyCount 6 is not supported by the local cloud")
    assert message.endswith("have at most 20 copies, and the others have 15.")
    desired = {"InferenceComponentName": "one", "DesiredRuntimeConfig": {"CopyCount": 10**12}}
    assert "the others have 0." in account.refusal("UpdateInferenceComponentRuntimeConfig", **desired)
    account.call("CreateInferenceComponent", **request("two", 5))
    assert len(account.servers) == 20
    for server in account.servers:
        server.ready()
    fewer = {"InferenceComponentName": "two", "DesiredRuntimeConfig": {"CopyCount": 2}}
    account.call("UpdateInferenceComponentRuntimeConfig", **fewer)
    for server in account.servers[20:]:
        server.failed("no reason")
    message = account.refusal("CreateInferenceComponent", **request("three", 1))
    assert message.endswith("the others have 20."), "the update was rolled back"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"MemorySizeInMB": 1500}, "MemorySizeInMB 1500 is not valid. Valid values are 1024, 2048, 3072"),
        ({"MemorySizeInMB": 512}, "Member must have value greater than or equal to 1024"),
        ({"MemorySizeInMB": 7168}, "Member must have value less than or equal to 6144"),
        ({"MaxConcurrency": 201}, "Member must have value less than or equal to 200"),
        (
            {"MaxConcurrency": 5, "ProvisionedConcurrency": 6},
            "ProvisionedConcurrency must not be greater than MaxConcurrency, 5.",
        ),
    ],
)
def test_numbers_of_serverless_endpoints_have_limits(
    account: Account, config: dict[str, int], message: str
) -> None:
    account.create_model()
    given = {"EndpointConfigName": "c", "ProductionVariants": [serverless(**config)]}
    assert message in account.refusal("CreateEndpointConfig", **given)


@pytest.mark.parametrize(
    ("members", "feature"),
    [
        ({"EnableNetworkIsolation": True}, "Network isolation is"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "VPC configuration is"),
        ({"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]}, "Inference pipelines are"),
    ],
)
def test_serverless_inference_excludes_features_of_models(
    account: Account, members: Document, feature: str
) -> None:
    given = {"Containers": [{"Image": IMAGE}]} | members
    account.call("CreateModel", ModelName="model", ExecutionRoleArn=ROLE, **given)
    account.create_config("with-servers")
    config = {"EndpointConfigName": "c", "ProductionVariants": [serverless()]}
    message = account.refusal("CreateEndpointConfig", **config)
    assert message == f"{feature} not supported for Serverless Inference"
