import pytest

from tests.unit.localcloud.sagemaker.hosting.account import Account

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/config"


def test_a_configuration_is_described_as_it_was_created_with_its_default_weight(account: Account) -> None:
    account.create_model()
    variant = account.variant(VolumeSizeInGB=30, ContainerStartupHealthCheckTimeoutInSeconds=120)
    assert account.create_config("config", variant) == {"EndpointConfigArn": ARN}
    described = account.call("DescribeEndpointConfig", EndpointConfigName="config")
    assert described.pop("CreationTime")
    assert described == {
        "EndpointConfigName": "config",
        "EndpointConfigArn": ARN,
        "EnableNetworkIsolation": False,
        "ProductionVariants": [variant | {"InitialVariantWeight": 1.0}],
    }


def test_its_models_must_exist(account: Account) -> None:
    message = account.refusal(
        "CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[account.variant()]
    )
    assert message == 'Could not find model "arn:aws:sagemaker:eu-west-1:123456789012:model/model".'


def test_a_taken_name_is_refused_in_aws_words(account: Account) -> None:
    account.create_model()
    account.create_config()
    message = account.refusal(
        "CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[account.variant()]
    )
    assert message == f'Cannot create already existing endpoint configuration "{ARN}".'


@pytest.mark.parametrize("operation", ["DescribeEndpointConfig", "DeleteEndpointConfig"])
def test_an_unknown_configuration_is_refused_in_aws_words(account: Account, operation: str) -> None:
    message = account.refusal(operation, EndpointConfigName="config")
    assert message == f'Could not find endpoint configuration "{ARN}".'


def test_a_deleted_configuration_is_gone(account: Account) -> None:
    account.create_model()
    account.create_config()
    account.call("DeleteEndpointConfig", EndpointConfigName="config")
    assert account.call("ListEndpointConfigs") == {"EndpointConfigs": []}
    assert ARN not in account.store.tags


def test_configurations_are_listed_by_name(account: Account) -> None:
    account.create_model()
    for name in ("b", "a"):
        account.create_config(name)
    listed = account.listed("ListEndpointConfigs", "EndpointConfigs", SortBy="Name", SortOrder="Ascending")
    assert [item["EndpointConfigName"] for item in listed] == ["a", "b"]


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"AcceleratorType": "ml.eia1.medium"}, "AcceleratorType"),
        ({"CoreDumpConfig": {"DestinationS3Uri": "s3://b/dumps"}}, "CoreDumpConfig"),
        ({"ManagedInstanceScaling": {"Status": "ENABLED"}}, "ManagedInstanceScaling"),
        ({"EnableSSMAccess": True}, "EnableSSMAccess"),
        ({"RoutingConfig": {"RoutingStrategy": "PREFIX_AWARE"}}, "RoutingStrategy PREFIX_AWARE"),
        (
            {
                "RoutingConfig": {
                    "RoutingStrategy": "RANDOM",
                    "PrefixAwareRoutingConfig": {"PrefixLength": 2048},
                }
            },
            "PrefixAwareRoutingConfig",
        ),
    ],
)
def test_variants_that_are_not_supported_are_refused_by_name(
    account: Account, members: dict[str, object], name: str
) -> None:
    account.create_model()
    message = account.refusal(
        "CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[account.variant(**members)]
    )
    assert message == f"{name} is not supported by the local cloud."


@pytest.mark.parametrize("name", ["InitialInstanceCount", "InstanceType"])
def test_a_variant_must_say_what_it_consists_of(account: Account, name: str) -> None:
    account.create_model()
    variant = account.variant()
    del variant[name]
    message = account.refusal(
        "CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[variant]
    )
    assert message.startswith(f"{name} of the production variant A must be given")


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"ExplainerConfig": {}}, "ExplainerConfig"),
        (
            {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["s-1"]}},
            "VpcConfig",
        ),
        ({"EnableNetworkIsolation": True}, "EnableNetworkIsolation"),
    ],
)
def test_configurations_that_are_not_supported_are_refused_by_name(
    account: Account, members: dict[str, object], name: str
) -> None:
    account.create_model()
    message = account.refusal(
        "CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[account.variant()], **members
    )
    assert message == f"{name} is not supported by the local cloud."


def test_shadow_variants_are_refused_by_name(account: Account) -> None:
    account.create_model()
    message = account.refusal(
        "CreateEndpointConfig",
        EndpointConfigName="config",
        ProductionVariants=[account.variant()],
        ShadowProductionVariants=[account.variant(VariantName="B")],
    )
    assert message == "ShadowProductionVariants is not supported by the local cloud."


def test_variants_must_have_different_names_and_some_weight(account: Account) -> None:
    account.create_model()
    for variants, reason in (
        ([account.variant(), account.variant()], "must be unique"),
        ([account.variant(InitialVariantWeight=0.0)], "must have an InitialVariantWeight"),
    ):
        message = account.refusal(
            "CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=variants
        )
        assert reason in message


CONFIG = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
SERVERLESS = {"VariantName": "A", "ModelName": "model", "ServerlessConfig": CONFIG}


def test_a_serverless_endpoint_tells_its_concurrency(account: Account) -> None:
    account.create_model()
    account.call("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[SERVERLESS])
    account.call("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="c")
    account.servers[0].ready()
    (variant,) = account.variants()
    assert variant["CurrentServerlessConfig"] == variant["DesiredServerlessConfig"] == CONFIG
    assert "CurrentInstanceCount" not in variant
    wanted = [{"VariantName": "A", "DesiredInstanceCount": 2}]
    assert 'DesiredInstanceCount: the variant "A" is serverless' in account.refusal(
        "UpdateEndpointWeightsAndCapacities", EndpointName="endpoint", DesiredWeightsAndCapacities=wanted
    )


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ([SERVERLESS, SERVERLESS | {"VariantName": "B"}], "can have one production variant only"),
        ([SERVERLESS | {"InstanceType": "ml.m5.large"}], "InstanceType cannot be given together"),
        ([SERVERLESS | {"InitialInstanceCount": 1}], "InitialInstanceCount cannot be given together"),
    ],
)
def test_serverless_configurations_that_cannot_be(
    account: Account, variants: list[object], message: str
) -> None:
    account.create_model()
    given = {"EndpointConfigName": "c", "ProductionVariants": variants}
    assert message in account.refusal("CreateEndpointConfig", **given)
