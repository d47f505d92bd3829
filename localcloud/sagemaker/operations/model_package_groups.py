"""Operations on model package groups: Create-, Describe-, Delete- and ListModelPackageGroups."""

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.registry.store import ModelPackageGroup, registry_arn
from localcloud.sagemaker.wire.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, present
from localcloud.sagemaker.wire.tags import read_tags


def create_model_package_group(call: Call) -> Answer:
    """Create a group."""
    request, store = call.request, call.store
    request.refuse(("ManagedConfiguration",))
    name, tags = request.text("ModelPackageGroupName"), read_tags(request.structures("Tags"))
    arn = registry_arn(store.caller, "model-package-group", name)
    with store.lock:
        if name in store.registry.groups:
            raise ValidationError(f"Model Package Group already exists: {arn}")
        description = request.optional_text("ModelPackageGroupDescription")
        store.registry.groups[name] = ModelPackageGroup(
            name, arn, description, call.engine.clock(), call.user_context()
        )
        store.tags[arn] = tags
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(call: Call) -> Answer:
    """Describe a group."""
    with call.store.lock:
        group = call.store.registry.find_group(call.store.caller, call.request.text("ModelPackageGroupName"))
    return {**_summary(group), "CreatedBy": group.created_by}


def delete_model_package_group(call: Call) -> Answer:
    """Delete a group, which must be empty."""
    store = call.store
    with store.lock:
        group = store.registry.find_group(store.caller, call.request.text("ModelPackageGroupName"))
        if any(item.version and item.name == group.name for item in store.registry.packages.values()):
            raise ServiceError(
                "ConflictException",
                f"Model Package Group {group.arn} cannot be deleted: it still contains model packages.",
            )
        del store.registry.groups[group.name]
        store.tags.pop(group.arn, None)
    return {}


def list_model_package_groups(call: Call) -> Answer:
    """List groups, the oldest first unless told otherwise."""
    request = call.request
    if request.optional_text("CrossAccountFilterOption") == "CrossAccount":
        raise ValidationError("CrossAccountFilterOption CrossAccount is not supported by the local cloud.")
    part, by_name = request.optional_text("NameContains") or "", request.optional_text("SortBy") == "Name"

    def key(group: ModelPackageGroup) -> Key:
        return (group.name,) if by_name else (group.created.timestamp(), group.name)

    with call.store.lock:
        groups = [
            group
            for group in call.store.registry.groups.values()
            if part in group.name
            and is_between(group.created, request, "CreationTimeAfter", "CreationTimeBefore")
        ]
    found, token = page(request, groups, key, descending=is_descending(request, "Ascending"))
    return present(ModelPackageGroupSummaryList=[_summary(group) for group in found], NextToken=token)


def _summary(group: ModelPackageGroup) -> Answer:
    return present(
        ModelPackageGroupName=group.name,
        ModelPackageGroupArn=group.arn,
        ModelPackageGroupDescription=group.description,
        CreationTime=group.created,
        ModelPackageGroupStatus="Completed",
    )
