"""Operations on endpoint configurations: Create-, Describe-, Delete- and ListEndpointConfigs."""

from localcloud.errors import ValidationError
from localcloud.sagemaker.hosting.features import read_async, read_capture
from localcloud.sagemaker.hosting.health import STARTUP_SECONDS
from localcloud.sagemaker.hosting.state import RoutingStrategy, Serverless, Variant
from localcloud.sagemaker.hosting.store import EndpointConfig, Model, already_exists, arn_of, could_not_find
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.listing import listed
from localcloud.sagemaker.operations.models import find_model
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import Answer, Request, present
from localcloud.sagemaker.wire.roles import check_assumable, invalid_role, role_of_job
from localcloud.sagemaker.wire.tags import read_tags

DOWNLOAD_SECONDS = 3600.0
"""The longest ModelDataDownloadTimeoutInSeconds; AWS does not document the default."""

_ECHOED = (
    "AsyncInferenceConfig",
    "DataCaptureConfig",
    "KmsKeyId",
    "EnableNetworkIsolation",
    "ExecutionRoleArn",
)
_UNSUPPORTED = (
    "ExplainerConfig",
    "ShadowProductionVariants",
    "VpcConfig",
    "MetricsConfig",
    "CrossRegionTrafficConfig",
)
_UNSUPPORTED_IN_VARIANT = (
    "InstancePools",
    "AcceleratorType",
    "CoreDumpConfig",
    "ManagedInstanceScaling",
    "InferenceAmiVersion",
    "CapacityReservationConfig",
    "AcceleratorPartitionLayouts",
)
_REQUIRED_IN_VARIANT = ("InitialInstanceCount", "InstanceType")


def create_endpoint_config(call: Call) -> Answer:
    """Create an endpoint configuration of models that exist."""
    request, store = call.request, call.store
    _check(request)
    name, tags = request.text("EndpointConfigName"), read_tags(request.structures("Tags"))
    arn = arn_of(store.caller, "endpoint-config", name)
    if (role_arn := request.optional_text("ExecutionRoleArn")) is not None:
        check_assumable(call.ports().working_as(role_of_job(role_arn, arn)), invalid_role(role_arn))
    with store.lock:
        if name in store.hosting.configs:
            raise already_exists("endpoint configuration", arn)
        for variant in request.structures("ProductionVariants"):
            if (model := variant.optional_text("ModelName")) is not None:
                _check_model(find_model(call, model), variant)
        echoed = {key: request.members[key] for key in _ECHOED if request.members.get(key) is not None}
        variants = [
            {"InitialVariantWeight": 1.0, **present(**item.members)}
            for item in request.structures("ProductionVariants")
        ]
        members = {**echoed, "ProductionVariants": variants}
        store.hosting.configs[name] = EndpointConfig(name, arn, members, call.hosting.clock())
        store.tags[arn] = tags
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(call: Call) -> Answer:
    """Describe an endpoint configuration."""
    config = find_config(call, call.request.text("EndpointConfigName"))
    return {
        "EndpointConfigName": config.name,
        "EndpointConfigArn": config.arn,
        "CreationTime": config.created,
        "EnableNetworkIsolation": False,
        **config.members,
    }


def delete_endpoint_config(call: Call) -> Answer:
    """Delete an endpoint configuration; endpoints that were made with it go on."""
    store = call.store
    with store.lock:
        config = find_config(call, call.request.text("EndpointConfigName"))
        del store.hosting.configs[config.name]
        store.tags.pop(config.arn, None)
    return {}


def list_endpoint_configs(call: Call) -> Answer:
    """List endpoint configurations."""
    with call.store.lock:
        found, token = listed(call.request, call.store.hosting.configs.values())
    configs = [
        {"EndpointConfigName": item.name, "EndpointConfigArn": item.arn, "CreationTime": item.created}
        for item in found
    ]
    return present(EndpointConfigs=configs, NextToken=token)


def find_config(call: Call, name: str) -> EndpointConfig:
    """Give an endpoint configuration by name; AWS's ValidationException where there is none."""
    with call.store.lock:
        config = call.store.hosting.configs.get(name)
    if config is None:
        raise could_not_find("endpoint configuration", arn_of(call.store.caller, "endpoint-config", name))
    return config


def plan_variants(call: Call, config: EndpointConfig) -> tuple[Variant, ...]:
    """Give the variants of a configuration as they are deployed; their models must exist."""
    members = Request(config.members)
    role_arn = members.optional_text("ExecutionRoleArn") or ""
    return tuple(_plan(call, item, role_arn) for item in members.structures("ProductionVariants"))


def _plan(call: Call, variant: Request, role_arn: str) -> Variant:
    routing, model = variant.optional_structure("RoutingConfig"), variant.optional_text("ModelName")
    config = variant.optional_structure("ServerlessConfig")
    serverless = None
    if config is not None:
        most, warm = (
            config.optional_number("MaxConcurrency"),
            config.optional_number("ProvisionedConcurrency"),
        )
        assert most is not None  # required
        serverless = Serverless(most, is_kept_warm=bool(warm), members=config.members)
    count = 1 if serverless else variant.optional_number("InitialInstanceCount")
    assert count is not None
    return Variant(
        name=variant.text("VariantName"),
        container=ModelContainer("", None, {}, role_arn)
        if model is None
        else find_model(call, model).container,
        weight=_weight(variant),
        instance_count=count,
        routing=RoutingStrategy(routing.text("RoutingStrategy") if routing else RoutingStrategy.RANDOM),
        download_timeout=variant.optional_number("ModelDataDownloadTimeoutInSeconds") or DOWNLOAD_SECONDS,
        startup_timeout=variant.optional_number("ContainerStartupHealthCheckTimeoutInSeconds")
        or STARTUP_SECONDS,
        serverless=serverless,
    )


def _check(request: Request) -> None:
    """Refuse what is not supported, and what cannot work."""
    request.refuse(_UNSUPPORTED)
    capture, asynchronous = read_capture(request), read_async(request)
    if capture is not None and asynchronous is not None:  # developer guide, "Asynchronous inference"
        raise ValidationError("DataCaptureConfig is not supported for asynchronous endpoints.")
    if asynchronous is not None and len(request.structures("ProductionVariants")) > 1:
        raise ValidationError("An asynchronous endpoint can have one production variant only.")
    if request.members.get("EnableNetworkIsolation"):
        raise ValidationError("EnableNetworkIsolation is not supported by the local cloud.")
    variants = request.structures("ProductionVariants")
    if any(item.members.get("ServerlessConfig") for item in variants):
        # Developer guide, "Deploy models with Amazon SageMaker Serverless Inference", feature exclusions.
        if len(variants) > 1:
            raise ValidationError("A serverless endpoint can have one production variant only.")
        if capture is not None or asynchronous is not None:
            raise ValidationError(
                "DataCaptureConfig and AsyncInferenceConfig are not supported for serverless endpoints."
            )
    names = [variant.text("VariantName") for variant in variants]
    if len(set(names)) < len(names):
        raise ValidationError("The names of ProductionVariants must be unique within a configuration.")
    for variant in variants:
        _check_variant(variant)
    _check_for_components(request, variants)
    if not sum(_weight(variant) for variant in variants):
        raise ValidationError("At least one of the ProductionVariants must have an InitialVariantWeight.")


def _check_for_components(request: Request, variants: list[Request]) -> None:
    """Check what goes with variants without a model, which run inference components."""
    without = [variant for variant in variants if variant.optional_text("ModelName") is None]
    if not without:
        request.refuse(("ExecutionRoleArn",))
        return
    if len(without) < len(variants):
        raise ValidationError("ModelName must be given for all ProductionVariants, or for none of them.")
    if request.optional_text("ExecutionRoleArn") is None:
        raise ValidationError("ExecutionRoleArn must be given where ProductionVariants have no ModelName.")
    if any(variant.members.get("ServerlessConfig") for variant in without):
        raise ValidationError("A serverless production variant must have a ModelName.")
    for name in ("DataCaptureConfig", "AsyncInferenceConfig"):
        if request.members.get(name) is not None:
            raise ValidationError(
                f"{name} is not supported by the local cloud where variants run inference components."
            )


def _check_model(model: Model, variant: Request) -> None:
    """Refuse a model that cannot be served without servers, such as one that has a VPC.

    Developer guide, "Deploy models with Amazon SageMaker Serverless Inference", feature exclusions. Users
    recorded the sentence for network isolation; of the others AWS's words are not known.
    """
    if variant.optional_structure("ServerlessConfig") is None:
        return
    excluded = {
        "Network isolation is": model.container.is_isolated,
        "VPC configuration is": model.members.get("VpcConfig"),
        "Inference pipelines are": model.container.others,
    }
    for feature, is_asked in excluded.items():
        if is_asked:
            raise ValidationError(f"{feature} not supported for Serverless Inference")


def _check_serverless(config: Request) -> None:
    """Check what the service model says of these numbers in words only."""
    memory, most = (
        config.optional_number("MemorySizeInMB") or 0,
        config.optional_number("MaxConcurrency") or 0,
    )
    if memory % 1024:
        raise ValidationError(
            f"MemorySizeInMB {memory} is not valid. Valid values are 1024, 2048, 3072, 4096, 5120 and 6144."
        )
    if (config.optional_number("ProvisionedConcurrency") or 0) > most:
        raise ValidationError(f"ProvisionedConcurrency must not be greater than MaxConcurrency, {most}.")


def _check_variant(variant: Request) -> None:
    variant.refuse(_UNSUPPORTED_IN_VARIANT)
    if variant.members.get("EnableSSMAccess"):
        raise ValidationError("EnableSSMAccess is not supported by the local cloud.")
    serverless = variant.optional_structure("ServerlessConfig")
    is_serverless = serverless is not None
    if serverless is not None:
        _check_serverless(serverless)
    for name in _REQUIRED_IN_VARIANT:
        is_given = variant.members.get(name) is not None
        if not is_given and not is_serverless:
            raise ValidationError(
                f"{name} of the production variant {variant.text('VariantName')} must be given."
            )
        if is_given and is_serverless:
            raise ValidationError(f"{name} cannot be given together with ServerlessConfig.")
    routing = variant.optional_structure("RoutingConfig")
    if routing is not None:
        routing.refuse(("PrefixAwareRoutingConfig",))
    strategy = routing.text("RoutingStrategy") if routing else RoutingStrategy.RANDOM
    if strategy not in set(RoutingStrategy):
        raise ValidationError(f"RoutingStrategy {strategy} is not supported by the local cloud.")


def _weight(variant: Request) -> float:
    """Give InitialVariantWeight: "If unspecified, it defaults to 1.0"."""
    value = variant.members.get("InitialVariantWeight")
    assert value is None or isinstance(value, int | float)
    return 1.0 if value is None else float(value)
