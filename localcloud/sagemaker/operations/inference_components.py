"""Operations on inference components: models that share the variants of an endpoint, each with its copies.

A copy is a server, as an instance of a variant is one elsewhere: what serves a component is an endpoint with
one variant, whose instances are the copies. Sentences are AWS's, as users quote them: components on an
endpoint with models in hashicorp/terraform-provider-aws#40644, unknown components in
aws/sagemaker-python-sdk (model_builder).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from localcloud.errors import ValidationError
from localcloud.sagemaker.hosting.endpoint import Endpoint, Identity
from localcloud.sagemaker.hosting.health import STARTUP_SECONDS
from localcloud.sagemaker.hosting.lifecycle import create
from localcloud.sagemaker.hosting.state import EndpointState, Fleet, Variant
from localcloud.sagemaker.hosting.store import (
    Component,
    already_exists,
    arn_of,
    could_not_find,
    count_instances,
)
from localcloud.sagemaker.hosting.turn import DeletionRequested, UpdateRequested
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.endpoint_configs import DOWNLOAD_SECONDS
from localcloud.sagemaker.operations.endpoints import begin_endpoint, find_endpoint, plan_fleet
from localcloud.sagemaker.operations.listing import listed
from localcloud.sagemaker.operations.models import check_model_data_url, find_model
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.pagination import is_between
from localcloud.sagemaker.wire.quotas import INSTANCES_OF_ENDPOINTS
from localcloud.sagemaker.wire.requests import Answer, Request, mapping, present
from localcloud.sagemaker.wire.tags import read_tags

_UNSUPPORTED = (
    "BaseInferenceComponentName",
    "InstanceType",
    "DataCacheConfig",
    "SchedulingConfig",
)
_PAGE = 10


def create_component(call: Call) -> Answer:
    """Create a component; it is Creating when this returns."""
    request, store = call.request, call.store
    request.refuse(("Specifications",))
    name, tags = request.text("InferenceComponentName"), read_tags(request.structures("Tags"))
    arn, ports, runtime = _arn(call, name), call.ports(), request.optional_structure("RuntimeConfig")
    specification = request.optional_structure("Specification")
    if runtime is None or specification is None:
        raise ValidationError("Specification and RuntimeConfig of an inference component must be given.")
    _check(specification)
    with store.lock:
        if name in store.hosting.components:
            raise already_exists("inference component", arn)
        variant = _variant(find_endpoint(call), request.optional_text("VariantName"))
        component = Component(
            name,
            arn,
            request.text("EndpointName"),
            variant.name,
            specification.members,
            runtime.optional_number("CopyCount") or 0,
            call.hosting.clock(),
        )
        fleet = _plan(call, component, variant)
        store.hosting.components[name], store.tags[arn] = component, tags
        identity = Identity(name, arn, store.caller, component.created)
        begin_endpoint(store, call.hosting, identity, ports, create(fleet, component.created))
    return {"InferenceComponentArn": arn}


def update_component(call: Call) -> Answer:
    """Deploy another specification or number of copies beside what serves, which it takes over from."""
    call.request.refuse(("Specifications", "DeploymentConfig"))
    specification = call.request.optional_structure("Specification")
    return _update(call, specification, call.request.optional_structure("RuntimeConfig"))


def update_runtime_config(call: Call) -> Answer:
    """Change the number of copies."""
    return _update(call, None, call.request.optional_structure("DesiredRuntimeConfig"))


def _update(call: Call, specification: Request | None, runtime: Request | None) -> Answer:
    store = call.store
    if specification is not None:
        _check(specification)
    with store.lock:
        component, served = _find(call)
        changed = replace(
            component,
            specification=specification.members if specification else component.specification,
            copies=(runtime.optional_number("CopyCount") or 0) if runtime else component.copies,
            revision=store.hosting.components[component.name].revision + 1,
            before=replace(component, before=None),
        )
        endpoint = store.hosting.endpoints[component.endpoint]
        fleet = _plan(call, changed, _variant(endpoint, component.variant))
        if not served.handle(UpdateRequested(fleet)):
            raise _in_progress(component, served)
        store.hosting.components[component.name] = changed
    return {"InferenceComponentArn": component.arn}


def delete_component(call: Call) -> Answer:
    """Delete a component; its copies finish their requests and end."""
    with call.store.lock:
        component, served = _find(call)
        if not served.handle(DeletionRequested()):
            raise _in_progress(component, served)
    return {}


def describe_component(call: Call) -> Answer:
    """Describe a component."""
    with call.store.lock:
        component, served = _find(call)
    state = served.state
    live = len(state.live.instances) if state.live else 0
    return present(
        **_Listed(component, state).summary(call),
        FailureReason=state.failure_reason,
        Specification=_specification(component, state),
        RuntimeConfig={"DesiredCopyCount": component.copies, "CurrentCopyCount": live},
    )


def list_components(call: Call) -> Answer:
    """List components, the newest first unless told otherwise."""
    request, hosting = call.request, call.store.hosting
    endpoint, variant = (
        request.optional_text("EndpointNameEquals"),
        request.optional_text("VariantNameEquals"),
    )
    status = request.optional_text("StatusEquals")
    with call.store.lock:
        items = [_Listed(hosting.components[name], served.state) for name, served in hosting.served.items()]
    found = [
        item
        for item in items
        if endpoint in {None, item.component.endpoint}
        and variant in {None, item.component.variant}
        and status in {None, item.status}
        and is_between(item.state.last_modified, request, "LastModifiedTimeAfter", "LastModifiedTimeBefore")
    ]
    chosen, token = listed(request, found, lambda item: item.status, size=_PAGE)
    return present(InferenceComponents=[item.summary(call) for item in chosen], NextToken=token)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A component with its state as it was when the list was made."""

    component: Component
    state: EndpointState

    @property
    def name(self) -> str:
        """Its name."""
        return self.component.name

    @property
    def created(self) -> datetime:
        """When it was created."""
        return self.component.created

    @property
    def status(self) -> str:
        """InferenceComponentStatus, which has no RollingBack."""
        return {"RollingBack": "Updating"}.get(self.state.status.value, self.state.status.value)

    def summary(self, call: Call) -> Answer:
        """Give the members of InferenceComponentSummary."""
        return {
            "InferenceComponentName": self.name,
            "InferenceComponentArn": self.component.arn,
            "EndpointName": self.component.endpoint,
            "EndpointArn": arn_of(call.store.caller, "endpoint", self.component.endpoint),
            "VariantName": self.component.variant,
            "InferenceComponentStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.state.last_modified,
        }


def _check(specification: Request) -> None:
    """Refuse what is not supported."""
    specification.refuse(_UNSUPPORTED)
    if (container := specification.optional_structure("Container")) is not None:
        container.refuse(("ContainerMetricsConfig",))


def _specification(component: Component, state: EndpointState) -> Answer:
    """Give InferenceComponentSpecificationSummary."""
    described = dict(component.specification)
    container = Request(described).optional_structure("Container")
    fleet = state.live or state.pending
    if container is not None:
        members = dict(container.members)
        image = members.pop("Image", None)
        if fleet is not None:
            members["DeployedImage"] = {
                "SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": fleet.started
            }  # fmt: skip
        described["Container"] = members
    return described


def _variant(endpoint: Endpoint, name: str | None) -> Variant:
    """Give the variant that a component is to run on; it must be there, and have no model."""
    live = endpoint.state.live
    if live is None:
        raise ValidationError(f'Endpoint "{endpoint.identity.arn}" is not InService.')
    if not live.has_components:
        raise ValidationError(
            "Invalid request provided: Inference Components are not supported in this Endpoint. Please make "
            "sure this endpoint can deploy inference components."
        )
    named = [variant for variant in live.variants if name in {None, variant.name}]
    if len(named) != 1:
        arn = endpoint.identity.arn
        what = "VariantName must be given" if name is None else f'There is no variant "{name}"'
        raise ValidationError(f'{what} for endpoint "{arn}".')
    return named[0]


def _plan(call: Call, component: Component, on: Variant) -> Fleet:
    """Plan the copies of a component; its model must exist, and each copy is a process of this machine."""
    own, others = count_instances(call.store.hosting.served, component.name)
    if component.copies > own and others + component.copies > INSTANCES_OF_ENDPOINTS:
        raise ValidationError(
            f"CopyCount {component.copies} is not supported by the local cloud: all inference components "
            f"together have at most {INSTANCES_OF_ENDPOINTS} copies, and the others have {others}."
        )
    request = Request(component.specification)
    startup = request.optional_structure("StartupParameters") or Request({})
    variant = Variant(
        name=component.variant,
        container=_container(call, request, on.container.role_arn),
        weight=1.0,
        instance_count=component.copies,
        routing=on.routing,
        download_timeout=startup.optional_number("ModelDataDownloadTimeoutInSeconds") or DOWNLOAD_SECONDS,
        startup_timeout=startup.optional_number("ContainerStartupHealthCheckTimeoutInSeconds")
        or STARTUP_SECONDS,
    )
    return plan_fleet(call, component.config_name, (variant,))


def _container(call: Call, specification: Request, role_arn: str) -> ModelContainer:
    model, container = specification.optional_text("ModelName"), specification.optional_structure("Container")
    if (model is None) == (container is None):
        raise ValidationError("Specify either ModelName or Container of an inference component.")
    if model is not None:
        found = find_model(call, model).container
        if found.others:
            raise ValidationError(
                f"The model {model} has several containers; an inference component runs one."
            )
        return found
    assert container is not None
    image = container.optional_text("Image")
    if image is None:
        raise ValidationError("The Container of an inference component must have an Image.")
    environment: Mapping[str, str] = mapping(container, "Environment")
    return ModelContainer(
        image, check_model_data_url(container.optional_text("ArtifactUrl")), environment, role_arn
    )


def _find(call: Call) -> tuple[Component, Endpoint]:
    name, hosting = call.request.text("InferenceComponentName"), call.store.hosting
    served = hosting.served.get(name)  # like an endpoint, none at first after a start of the local cloud
    if served is None:
        raise could_not_find("inference component", _arn(call, name))
    return hosting.components[name].as_served(served.state), served


def _in_progress(component: Component, served: Endpoint) -> ValidationError:
    """Refuse a change while another one is under way."""
    return ValidationError(
        f'Cannot change inference component "{component.arn}": its status is {served.state.status.value}.'
    )


def _arn(call: Call, name: str) -> str:
    return arn_of(call.store.caller, "inference-component", name)
