"""Operations on model packages: Create, Describe, BatchDescribe, Update, Delete and List."""

from collections.abc import Mapping
from dataclasses import replace

from botocore.model import MapShape, StructureShape

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.registry.store import ModelPackage, registry_arn
from localcloud.sagemaker.wire.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present
from localcloud.sagemaker.wire.tags import read_tags
from localcloud.validation import operation_model

_KEPT = (
    "ModelPackageDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "MetadataProperties",
    "ModelMetrics",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "AdditionalInferenceSpecifications",
    "SkipModelValidation",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
_REPLACED = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
_UNSUPPORTED = (
    "ValidationSpecification",
    "SourceAlgorithmSpecification",
    "SecurityConfig",
    "ManagedStorageType",
)
_SUMMARIZED = (
    "ModelPackageDescription",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)


def create_model_package(call: Call) -> Answer:
    """Register a version in a group, or a package of its own."""
    request, store = call.request, call.store
    request.refuse(_UNSUPPORTED)
    token = request.optional_text("ClientToken")
    with store.lock:
        if token is not None and token in store.registry.tokens:
            members, arn = store.registry.tokens[token]
            if members != request.members:
                raise ServiceError(
                    "ConflictException", f"ClientToken '{token}' was used with other parameters before."
                )
            return {"ModelPackageArn": arn}
        package = _create(call)
        store.registry.packages[package.arn] = package
        if token is not None:
            store.registry.tokens[token] = (dict(request.members), package.arn)
    return {"ModelPackageArn": package.arn}


def describe_model_package(call: Call) -> Answer:
    """Describe a package."""
    name = call.request.text("ModelPackageName")
    store = call.owner_of(name)
    with store.lock:
        package = store.registry.find_package(store.caller, name)
    described: Answer = {
        **_identity(package),
        **package.members,
        **present(LastModifiedTime=package.last_modified, LastModifiedBy=package.last_modified_by),
        "CreatedBy": package.created_by,
        "ModelPackageName": package.name,
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
    }
    if call.request.optional_text("IncludedData") == "MetadataOnly":
        described.pop("ModelCard", None)
    return described


def batch_describe_model_packages(call: Call) -> Answer:
    """Describe versions; those that there are none of are told apart."""
    found: dict[str, object] = {}
    errors: dict[str, object] = {}
    shape = operation_model("sagemaker", "BatchDescribeModelPackage").output_shape
    assert shape is not None
    summary = shape.members["ModelPackageSummaries"]
    assert isinstance(summary, MapShape)
    assert isinstance(summary.value, StructureShape)
    for arn in call.request.texts("ModelPackageArnList"):
        try:
            described = describe_model_package(replace(call, request=Request({"ModelPackageName": arn})))
        except ServiceError as error:
            errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
        else:
            found[arn] = {name: described[name] for name in summary.value.members if name in described}
    return present(ModelPackageSummaries=found, BatchDescribeModelPackageErrorMap=errors or None)


def update_model_package(call: Call) -> Answer:
    """Change a package, its approval above all."""
    request = call.request
    store = call.owner_of(request.text("ModelPackageArn"))
    with store.lock:
        package = store.registry.find_package(store.caller, request.text("ModelPackageArn"))
        if package.version is None and request.members.get("ModelApprovalStatus") is not None:
            raise ValidationError(f"ModelPackage {package.arn} has no version, and so no approval status.")
        changed = {**package.members, **_given(request, _REPLACED), **_metadata(package, request)}
        if more := request.structures("AdditionalInferenceSpecificationsToAdd"):
            before = Request(package.members).structures("AdditionalInferenceSpecifications")
            changed["AdditionalInferenceSpecifications"] = [item.members for item in (*before, *more)]
        store.registry.packages[package.arn] = replace(
            package,
            members={key: value for key, value in changed.items() if value != {}},
            last_modified=call.engine.clock(),
            last_modified_by=call.user_context(),
        )
    return {"ModelPackageArn": package.arn}


def delete_model_package(call: Call) -> Answer:
    """Delete a package; models that were made of it stay."""
    store = call.store
    with store.lock:
        package = store.registry.find_package(store.caller, call.request.text("ModelPackageName"))
        del store.registry.packages[package.arn]
        store.tags.pop(package.arn, None)
        store.registry.tokens = {
            token: made for token, made in store.registry.tokens.items() if made[1] != package.arn
        }
    return {}


def list_model_packages(call: Call) -> Answer:
    """List packages, the oldest first unless told otherwise; those without a group unless one is named."""
    request = call.request
    part, group = request.optional_text("NameContains") or "", request.optional_text("ModelPackageGroupName")
    store = call.owner_of(group or "")
    approval, by_name = (
        request.optional_text("ModelApprovalStatus"),
        request.optional_text("SortBy") == "Name",
    )
    kind = request.optional_text("ModelPackageType") or ("Unversioned" if group is None else "Versioned")

    def is_wanted(package: ModelPackage) -> bool:
        return (
            part in package.name
            and (kind == "Both" or (kind == "Versioned") == (package.version is not None))
            and (group is None or (package.version is not None and package.name == group_name))
            and approval in {None, package.members.get("ModelApprovalStatus")}
            and is_between(package.created, request, "CreationTimeAfter", "CreationTimeBefore")
        )

    def key(package: ModelPackage) -> Key:
        ordered = package.name if by_name else package.created.timestamp()
        return (ordered, package.name, package.version or 0)

    with store.lock:
        group_name = None if group is None else store.registry.find_group(store.caller, group).name
        packages = [package for package in store.registry.packages.values() if is_wanted(package)]
    found, token = page(request, packages, key, descending=is_descending(request, "Ascending"))
    summaries = [
        {**_identity(package), **{key: package.members[key] for key in _SUMMARIZED if key in package.members}}
        for package in found
    ]
    return present(ModelPackageSummaryList=summaries, NextToken=token)


def _create(call: Call) -> ModelPackage:
    request, store, now = call.request, call.store, call.engine.clock()
    name, group_name = (
        request.optional_text("ModelPackageName"),
        request.optional_text("ModelPackageGroupName"),
    )
    members = _given(request, _KEPT)
    if name is not None and group_name is not None:
        raise ValidationError(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine "
            "which one to use."
        )
    if group_name is not None:
        if request.structures("Tags"):
            raise ValidationError("Tags cannot be given to a version; it has those of its group.")
        group = store.registry.find_group(store.caller, group_name)
        group.last_version += 1
        arn = registry_arn(store.caller, "model-package", f"{group.name}/{group.last_version}")
        versioned = {"ModelApprovalStatus": "PendingManualApproval", **members}
        return ModelPackage(group.name, group.last_version, arn, versioned, now, call.user_context())
    if name is None:
        raise ValidationError("Missing ARN.")  # recorded in getmoto/moto#7165
    if "ModelApprovalStatus" in members:
        raise ValidationError("ModelApprovalStatus applies to versions in a ModelPackageGroup only.")
    arn = registry_arn(store.caller, "model-package", name)
    if arn in store.registry.packages:
        raise ValidationError(f"ModelPackage already exists: {arn}")
    store.tags[arn] = read_tags(request.structures("Tags"))
    return ModelPackage(name, None, arn, members, now, call.user_context())


def _given(request: Request, names: tuple[str, ...]) -> dict[str, object]:
    return {name: request.members[name] for name in names if request.members.get(name) is not None}


def _metadata(package: ModelPackage, request: Request) -> Mapping[str, object]:
    """Give CustomerMetadataProperties as a request leaves them."""
    before = Request(package.members).optional_structure("CustomerMetadataProperties")
    added = request.optional_structure("CustomerMetadataProperties")
    removed = set(request.texts("CustomerMetadataPropertiesToRemove"))
    merged = {**(before.members if before else {}), **(added.members if added else {})}
    return {"CustomerMetadataProperties": {key: merged[key] for key in merged if key not in removed}}


def _identity(package: ModelPackage) -> Answer:
    versioned = package.version is not None
    return present(
        ModelPackageName=None if versioned else package.name,
        ModelPackageGroupName=package.name if versioned else None,
        ModelPackageVersion=package.version,
        ModelPackageArn=package.arn,
        CreationTime=package.created,
        ModelPackageStatus="Completed",
    )
