"""What the model registry keeps for one account and region; ARNs and names of it.

Guarded by the lock of the account's `localcloud.sagemaker.store.Store`, in which it hangs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from localcloud.errors import ValidationError
from localcloud.ports import Caller
from localcloud.sagemaker.wire.requests import Request

_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]*):(?P<account>\d{12}):(?P<kind>[a-z-]*)/(?P<name>.+)"
)


@dataclass(slots=True)
class ModelPackageGroup:
    """A model package group.

    `last_version` counts on when a version is deleted.

    `policy`: what it allows other accounts, as JSON.
    """

    name: str
    arn: str
    description: str | None
    created: datetime
    created_by: Mapping[str, object]
    last_version: int = 0
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A model package; an update replaces it.

    `name`: its own name, or that of its group.
    `version`: its number in the group; None where it has no group.
    `members`: what its request said, as DescribeModelPackage gives it back.
    """

    name: str
    version: int | None
    arn: str
    members: Mapping[str, object]
    created: datetime
    created_by: Mapping[str, object]
    last_modified: datetime | None = None
    last_modified_by: Mapping[str, object] | None = None


@dataclass(slots=True)
class RegistryStore:
    """Groups by name, packages by ARN; ClientTokens lead to what was made with them."""

    groups: dict[str, ModelPackageGroup] = field(default_factory=dict)
    packages: dict[str, ModelPackage] = field(default_factory=dict)
    tokens: dict[str, tuple[Mapping[str, object], str]] = field(default_factory=dict)

    def find_group(self, caller: Caller, name_or_arn: str) -> ModelPackageGroup:
        """Give a group by name or ARN; AWS's ValidationException where there is none."""
        name = name_of(caller, "model-package-group", name_or_arn)
        if name is None or name not in self.groups:
            raise ValidationError("Model Package Group does not exist.")
        return self.groups[name]

    def is_shared(self, arn: str) -> bool:
        """Tell whether the group that an ARN is of has a policy."""
        match = _ARN.fullmatch(arn)
        group = match and self.groups.get(match["name"].partition("/")[0])
        return bool(group and group.policy)

    def find_package(self, caller: Caller, name_or_arn: str) -> ModelPackage:
        """Give a package by name, ``group/version`` or ARN; AWS's ValidationException where there is none."""
        name = name_of(caller, "model-package", name_or_arn)
        arn = registry_arn(caller, "model-package", name) if name else name_or_arn
        if arn not in self.packages:
            is_arn = _ARN.fullmatch(name_or_arn) is not None
            shown = name_or_arn if is_arn else registry_arn(caller, "model-package", name_or_arn)
            raise ValidationError(f"ModelPackage {shown} does not exist.")
        return self.packages[arn]


def registry_arn(caller: Caller, kind: str, name: str) -> str:
    """Give the ARN of a ``model-package`` or a ``model-package-group``."""
    return f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:{kind}/{name}"


def place_of(arn: str) -> Caller | None:
    """Give the account and region of an ARN of the registry; None of a name."""
    match = _ARN.fullmatch(arn)
    return None if match is None else Caller(match["account"], match["region"])


def name_of(caller: Caller, kind: str, name_or_arn: str) -> str | None:
    """Give the name that is meant; None where the ARN is of something else, or of somebody else."""
    match = _ARN.fullmatch(name_or_arn)
    if match is None:
        return name_or_arn
    mine = (match["region"], match["account"], match["kind"]) == (caller.region, caller.account_id, kind)
    return match["name"] if mine else None


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

    Raises `ServiceError`: ``ValidationException``: there is no such package, it is not approved, has several
    containers, or model data that the local cloud does not carry.
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
    container.refuse(("ModelDataSource", "AdditionalModelDataSources", "AdditionalS3DataSource"))
    environment = container.optional_structure("Environment")
    return PackagedContainer(
        container.text("Image"),
        container.optional_text("ModelDataUrl"),
        {key: str(value) for key, value in environment.members.items()} if environment else {},
    )
