"""Operations on endpoints: create, update, delete, and the change of weights and capacities."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from localcloud.errors import ValidationError
from localcloud.ports import Ports
from localcloud.sagemaker.hosting.endpoint import Endpoint, Identity
from localcloud.sagemaker.hosting.features import read_async, read_capture
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.hosting.lifecycle import create
from localcloud.sagemaker.hosting.state import Fleet, Variant, new_fleet
from localcloud.sagemaker.hosting.store import (
    EndpointConfig,
    already_exists,
    arn_of,
    could_not_find,
    count_instances,
)
from localcloud.sagemaker.hosting.turn import DeletionRequested, Turn, UpdateRequested, WeightsRequested
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.endpoint_configs import find_config, plan_variants
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.quotas import INSTANCES_OF_ENDPOINTS, check_quota
from localcloud.sagemaker.wire.requests import Answer, Request
from localcloud.sagemaker.wire.tags import read_tags

_PROPERTIES = ("DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig")  # VariantPropertyType


def create_endpoint(call: Call) -> Answer:
    """Create an endpoint; it is Creating when this returns."""
    request, store = call.request, call.store
    wait = _termination_wait(request)
    name, tags = request.text("EndpointName"), read_tags(request.structures("Tags"))
    arn, ports = arn_of(store.caller, "endpoint", name), call.ports()
    with store.lock:
        if name in store.hosting.endpoints:
            raise already_exists("endpoint", arn)
        config = find_config(call, request.text("EndpointConfigName"))
        variants = plan_variants(call, config)
        _check_instances(call, name, variants)
        fleet = _deployed(call, config, variants, wait)
        store.tags[arn] = tags
        identity = Identity(name, arn, store.caller, fleet.started)
        begin_endpoint(store, call.hosting, identity, ports, create(fleet, fleet.started))
    return {"EndpointArn": arn}


def begin_endpoint(store: Store, hosting: Hosting, identity: Identity, ports: Ports, turn: Turn) -> Endpoint:
    """Let an endpoint begin with what this turn orders, and be in the store until it is deleted."""
    name, arn, place = identity.name, identity.arn, store.hosting.place(identity)

    def forget() -> None:
        with store.lock:
            place.pop(name, None)
            store.tags.pop(arn, None)
            if identity.is_component:
                store.hosting.components.pop(name, None)

    def tags() -> Mapping[str, str]:
        return store.tags.get(arn, {})

    endpoint = place[name] = hosting.begin_endpoint(identity, turn, ports, tags, forget)
    return endpoint


def update_endpoint(call: Call) -> Answer:
    """Deploy another configuration beside the one that serves; it takes over once it is in service.

    The one that serves must still be there, too: hashicorp/terraform-provider-aws#40048.
    """
    request, store = call.request, call.store
    wait = _termination_wait(request)
    if request.members.get("RetainDeploymentConfig"):
        raise ValidationError("RetainDeploymentConfig is not supported by the local cloud.")
    with store.lock:
        endpoint = find_endpoint(call)
        config = find_config(call, request.text("EndpointConfigName"))
        find_config(call, endpoint.state.config_name)
        live, kept = endpoint.state.live, _retained(request)
        variants = _retaining(kept, plan_variants(call, config), live)
        _check_instances(call, endpoint.identity.name, variants)
        fleet = _deployed(call, config, variants, wait)
        _check_components(call, endpoint, fleet)
        if live is not None and "DataCaptureConfig" in kept:
            fleet = replace(fleet, capture=live.capture)
        if not endpoint.handle(UpdateRequested(fleet)):
            raise _in_progress(endpoint)
    return {"EndpointArn": endpoint.identity.arn}


def update_endpoint_weights_and_capacities(call: Call) -> Answer:
    """Change weights at once; a change of an instance count deploys the variants anew."""
    request, store = call.request, call.store
    for item in request.structures("DesiredWeightsAndCapacities"):
        item.refuse(("ServerlessUpdateConfig",))
    with store.lock:
        endpoint = find_endpoint(call)
        live = endpoint.state.live
        if live is None:
            raise _in_progress(endpoint)
        weights, counts = _desired(request, live)
        changed = live.with_weights(weights)
        if not sum(variant.weight for variant in changed.variants):
            raise ValidationError("At least one of the ProductionVariants must have a weight.")
        if all(live.variant(name).instance_count == count for name, count in counts.items()):
            taken = endpoint.handle(WeightsRequested(weights))
        else:
            variants = tuple(
                replace(variant, instance_count=counts.get(variant.name, variant.instance_count))
                for variant in changed.variants
            )
            _check_instances(call, endpoint.identity.name, variants)
            fleet = plan_fleet(call, live.config_name, variants)
            fleet = replace(fleet, capture=live.capture, asynchronous=live.asynchronous)
            taken = endpoint.handle(UpdateRequested(fleet))
        if not taken:
            raise _in_progress(endpoint)
    return {"EndpointArn": endpoint.identity.arn}


def delete_endpoint(call: Call) -> Answer:
    """Delete an endpoint; its servers finish their requests and end."""
    with call.store.lock:
        endpoint = find_endpoint(call)
        if found := call.store.hosting.components_of(endpoint.identity.name):
            raise ValidationError(
                f'Cannot delete endpoint "{endpoint.identity.arn}": it has the inference component '
                f'"{found[0].name}". Delete its inference components first.'
            )
        if not endpoint.handle(DeletionRequested()):
            raise _in_progress(endpoint)
    return {}


def find_endpoint(call: Call) -> Endpoint:
    """Give the endpoint that a request names; AWS's ValidationException where there is none."""
    name = call.request.text("EndpointName")
    with call.store.lock:
        endpoint = call.store.hosting.endpoints.get(name)
    if endpoint is None:
        raise could_not_find("endpoint", arn_of(call.store.caller, "endpoint", name))
    return endpoint


def _check_components(call: Call, endpoint: Endpoint, fleet: Fleet) -> None:
    """Refuse an update that takes the variant from an inference component."""
    left = {variant.name for variant in fleet.variants if variant.has_components}
    for item in call.store.hosting.components_of(endpoint.identity.name):
        if item.variant not in left:
            raise ValidationError(
                f'The inference component "{item.name}" runs on the variant "{item.variant}", which the new '
                "configuration must have without a ModelName."
            )


def _in_progress(endpoint: Endpoint) -> ValidationError:
    """Make AWS's answer to a change while another one is under way, or of an endpoint that failed."""
    arn, status = endpoint.identity.arn, endpoint.state.status
    if status == "Failed":
        return ValidationError(f'Cannot update endpoint "{arn}": its status is {status}. Delete it instead.')
    return ValidationError(f'Cannot update in-progress endpoint "{arn}".')


def plan_fleet(call: Call, config_name: str, variants: tuple[Variant, ...], wait: float = 0.0) -> Fleet:
    """Plan a fleet of new instances, which the caller has counted."""
    count = sum(variant.server_count for variant in variants)
    ids = [f"i-{secrets.token_hex(9)[:17]}" for _ in range(count)]
    return new_fleet(config_name, variants, ids, call.hosting.clock(), wait)


def _check_instances(call: Call, endpoint: str, variants: tuple[Variant, ...]) -> None:
    """Refuse more instances than AWS's default quota; here each is a process of this machine.

    What asks for no more than the endpoint has passes: a saved state may have more than the quota.
    """
    own, others = count_instances(call.store.hosting.endpoints, endpoint)
    asked = sum(variant.billed_count for variant in variants)
    if asked > own:
        check_quota("Number of instances across active endpoints", INSTANCES_OF_ENDPOINTS, others, asked)


def _deployed(call: Call, config: EndpointConfig, variants: tuple[Variant, ...], wait: float) -> Fleet:
    """Plan the fleet of a configuration, with what that asks of the whole endpoint."""
    members = Request(config.members)
    fleet = plan_fleet(call, config.name, variants, wait)
    return replace(fleet, capture=read_capture(members), asynchronous=read_async(members))


def _retained(request: Request) -> set[str]:
    """Give the properties that an update retains."""
    if not request.members.get("RetainAllVariantProperties"):
        return set()
    excluded = request.structures("ExcludeRetainedVariantProperties")
    return set(_PROPERTIES) - {item.text("VariantPropertyType") for item in excluded}


def _retaining(kept: set[str], variants: tuple[Variant, ...], live: Fleet | None) -> tuple[Variant, ...]:
    """Give variants the weights and counts that those of the same name have now, as far as they are kept."""
    now = {variant.name: variant for variant in (live.variants if live else ())}
    return tuple(
        replace(
            variant,
            weight=(now[variant.name] if "DesiredWeight" in kept else variant).weight,
            instance_count=(now[variant.name] if "DesiredInstanceCount" in kept else variant).instance_count,
        )
        if variant.name in now
        else variant
        for variant in variants
    )


def _desired(request: Request, live: Fleet) -> tuple[dict[str, float], dict[str, int]]:
    """Read the weights and instance counts that are wanted, by variant."""
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    names, named = {variant.name for variant in live.variants}, set[str]()
    for item in request.structures("DesiredWeightsAndCapacities"):
        name = item.text("VariantName")
        if name in named:
            raise ValidationError(f'The variant name "{name}" was non-unique within the request.')
        if name not in names:
            raise ValidationError(
                f'The variant name(s) "{name}" is/are not present within endpoint configuration '
                f'"{live.config_name}".'
            )
        named.add(name)
        weight, count = item.members.get("DesiredWeight"), item.optional_number("DesiredInstanceCount")
        if isinstance(weight, int | float):
            weights[name] = float(weight)
        if count == 0:
            raise ValidationError("DesiredInstanceCount 0 is not supported by the local cloud.")
        if count is not None and live.variant(name).serverless is not None:
            raise ValidationError(f'DesiredInstanceCount: the variant "{name}" is serverless.')
        if count is not None:
            counts[name] = count
    return weights, counts


def _termination_wait(request: Request) -> float:
    """Read a deployment configuration: all at once is what there is; give TerminationWaitInSeconds."""
    config = request.optional_structure("DeploymentConfig")
    if config is None:
        return 0.0
    config.refuse(("RollingUpdatePolicy", "AutoRollbackConfiguration"))
    policy = config.optional_structure("BlueGreenUpdatePolicy")
    if policy is None:
        return 0.0
    policy.refuse(("MaximumExecutionTimeoutInSeconds",))
    routing = policy.optional_structure("TrafficRoutingConfiguration")
    assert routing is not None  # required
    if (kind := routing.text("Type")) != "ALL_AT_ONCE":
        raise ValidationError(f"TrafficRoutingConfiguration {kind} is not supported by the local cloud.")
    return float(policy.optional_number("TerminationWaitInSeconds") or 0)
