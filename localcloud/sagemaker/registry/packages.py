"""What a model package consists of, as hosting and batch transform need it."""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.errors import ValidationError
from localcloud.ports import Caller
from localcloud.sagemaker.registry.store import RegistryStore
from localcloud.sagemaker.requests import Request


@dataclass(frozen=True, slots=True)
class PackagedContainer:
    """The container of a model package's InferenceSpecification."""

    image: str
    model_data_url: str | None
    environment: Mapping[str, str]


def inference_container(registry: RegistryStore, caller: Caller, name_or_arn: str) -> PackagedContainer:
    """Give the container of a package that may be deployed.

    "For versioned models, the value of this parameter must be set to Approved to deploy the model"
    (service model, ModelApprovalStatus).

    Raises
    ------
    ServiceError
        ``ValidationException``: there is no such package, it is not approved, or has several containers.
    """
    package = registry.find_package(caller, name_or_arn)
    request = Request(package.members)
    approval = request.optional_text("ModelApprovalStatus")
    if package.version is not None and approval != "Approved":
        raise ValidationError(
            f"ModelPackage {package.arn} cannot be deployed: its ModelApprovalStatus is {approval}, and must "
            "be Approved."
        )
    specification = request.optional_structure("InferenceSpecification")
    if specification is None:
        raise ValidationError(f"ModelPackage {package.arn} has no InferenceSpecification.")
    containers = specification.structures("Containers")
    if len(containers) != 1:
        raise ValidationError(
            f"ModelPackage {package.arn} has {len(containers)} containers; the local cloud deploys one."
        )
    container = containers[0]
    environment = container.optional_structure("Environment")
    return PackagedContainer(
        container.text("Image"),
        container.optional_text("ModelDataUrl"),
        {key: str(value) for key, value in environment.members.items()} if environment else {},
    )
