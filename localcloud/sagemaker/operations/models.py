"""Operations on models: Create-, Describe-, Delete- and ListModels."""

from dataclasses import replace
from http.client import FORBIDDEN

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.hosting.store import Model, already_exists, arn_of, could_not_find
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.listing import listed
from localcloud.sagemaker.registry.store import inference_container
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.requests import Answer, Request, present
from localcloud.sagemaker.wire.roles import check_assumable, invalid_role, no_model_data, role_of_job
from localcloud.sagemaker.wire.s3_uri import S3Uri
from localcloud.sagemaker.wire.tags import read_tags

_ECHOED = (
    "PrimaryContainer",
    "Containers",
    "ExecutionRoleArn",
    "EnableNetworkIsolation",
    "VpcConfig",
    "InferenceExecutionConfig",
)
_UNSUPPORTED_IN_CONTAINER = (
    "ModelDataSource",
    "AdditionalModelDataSources",
    "InferenceSpecificationName",
    "MultiModelConfig",
    "ContainerMetricsConfig",
)


def create_model(call: Call) -> Answer:
    """Create a model of one container or of several."""
    request, store = call.request, call.store
    name, tags = request.text("ModelName"), read_tags(request.structures("Tags"))
    arn = arn_of(store.caller, "model", name)
    with store.lock:
        container = _containers(call)
    if container.role_arn:
        for item in container.all:
            _check_role(call, item, arn)
    with store.lock:
        if name in store.hosting.models:
            raise already_exists("model", arn)
        echoed = {key: request.members[key] for key in _ECHOED if request.members.get(key) is not None}
        store.hosting.models[name] = Model(name, arn, echoed, container, call.hosting.clock())
        store.tags[arn] = tags
    return {"ModelArn": arn}


def describe_model(call: Call) -> Answer:
    """Describe a model."""
    model = find_model(call, call.request.text("ModelName"))
    return {
        "ModelName": model.name,
        "ModelArn": model.arn,
        "CreationTime": model.created,
        "EnableNetworkIsolation": False,
        **model.members,
    }


def delete_model(call: Call) -> Answer:
    """Delete a model; endpoints that serve it go on."""
    store = call.store
    with store.lock:
        model = find_model(call, call.request.text("ModelName"))
        del store.hosting.models[model.name]
        store.tags.pop(model.arn, None)
    return {}


def list_models(call: Call) -> Answer:
    """List models."""
    with call.store.lock:
        found, token = listed(call.request, call.store.hosting.models.values())
    models = [{"ModelName": item.name, "ModelArn": item.arn, "CreationTime": item.created} for item in found]
    return present(Models=models, NextToken=token)


def find_model(call: Call, name: str) -> Model:
    """Give a model by name; AWS's ValidationException where there is none."""
    with call.store.lock:
        model = call.store.hosting.models.get(name)
    if model is None:
        raise could_not_find("model", arn_of(call.store.caller, "model", name))
    return model


def _containers(call: Call) -> ModelContainer:
    """Read a model's containers: the first one, which knows the others."""
    request = call.request
    primary, containers = request.optional_structure("PrimaryContainer"), request.structures("Containers")
    execution = request.optional_structure("InferenceExecutionConfig") or Request({})
    is_direct = execution.optional_text("Mode") == "Direct"
    if primary is not None and containers:
        raise ValidationError("Only one of PrimaryContainer and Containers can be given.")
    if primary is None and not containers:
        raise ValidationError("One of PrimaryContainer and Containers must be given.")
    if len(containers) < 2 and not is_direct:
        return _resolve(call, primary or containers[0])
    names = [item.optional_text("ContainerHostname") for item in containers]
    if is_direct and (not containers or None in names):
        raise ValidationError("With the Mode Direct there must be Containers, each with a ContainerHostname.")
    named = [name or f"container-{number}" for number, name in enumerate(names, start=1)]
    if len(set(named)) < len(named):
        raise ValidationError("The ContainerHostname of each container must be unique.")
    first, *others = (
        replace(_resolve(call, item), name=name) for item, name in zip(containers, named, strict=True)
    )
    return replace(first, others=tuple(others), is_direct=is_direct)


def _resolve(call: Call, container: Request) -> ModelContainer:
    """Read a container definition, through the model registry where it names a package."""
    container.refuse(_UNSUPPORTED_IN_CONTAINER)
    _check_access(container)
    environment, role_arn = _environment(container), call.request.optional_text("ExecutionRoleArn") or ""
    is_isolated = call.request.members.get("EnableNetworkIsolation") is True
    image, url = container.optional_text("Image"), container.optional_text("ModelDataUrl")
    if package := container.optional_text("ModelPackageName"):
        if image is not None or url is not None:
            raise ValidationError("Image and ModelDataUrl cannot be given together with ModelPackageName.")
        registered = inference_container(call.store.registry, call.store.caller, package)
        merged = {**registered.environment, **environment}
        return ModelContainer(registered.image, registered.model_data_url, merged, role_arn, is_isolated)
    if image is None:
        raise ValidationError("A container must have an Image or a ModelPackageName.")
    return ModelContainer(image, check_model_data_url(url), environment, role_arn, is_isolated)


def _check_role(call: Call, container: ModelContainer, arn: str) -> None:
    """Refuse a role that does not trust SageMaker, or may not read the model data, as AWS does."""
    ports = call.ports().working_as(role_of_job(container.role_arn, arn))
    check_assumable(ports, invalid_role(container.role_arn))
    if container.model_data_url is None:
        return
    location = S3Uri.parse(container.model_data_url)
    try:
        ports.objects.open(location.bucket, location.key).close()
    except ServiceError as error:
        region = call.store.caller.region
        told = no_model_data(container.model_data_url, container.role_arn, region)
        raise ValidationError(f"{told} {error.message}" if error.status == FORBIDDEN else told) from error


def check_model_data_url(url: str | None) -> str | None:
    """Refuse model data that is not an object in S3."""
    try:
        named = url is None or not f"/{S3Uri.parse(url).key}".endswith("/")
    except ValueError:
        named = False
    if not named:
        raise ValidationError(
            f"ModelDataUrl '{url}' must be the S3 path of a single gzip compressed tar archive."
        )
    return url


def _check_access(container: Request) -> None:
    if container.optional_text("Mode") == "MultiModel":
        raise ValidationError("Mode MultiModel is not supported by the local cloud.")
    image_config = container.optional_structure("ImageConfig")
    if image_config is not None:
        image_config.refuse(("RepositoryAuthConfig",))
        if image_config.text("RepositoryAccessMode") != "Platform":
            raise ValidationError("RepositoryAccessMode Vpc is not supported by the local cloud.")


def _environment(container: Request) -> dict[str, str]:
    given = container.optional_structure("Environment")
    environment = {key: str(value) for key, value in given.members.items()} if given else {}
    for key, value in environment.items():
        if "\0" in key + value or "=" in key:
            raise ValidationError(f"Environment variable '{key}' cannot be set.")
    return environment
