"""Operations on model package groups and their policies, by which other accounts may use their packages.

Source of the policies' errors: aws-cloudformation's provider of AWS::SageMaker::ModelPackageGroup.
"""

import json

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
    name = call.request.text("ModelPackageGroupName")
    store = call.owner_of(name)
    with store.lock:
        group = store.registry.find_group(store.caller, name)
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


def put_policy(call: Call) -> Answer:
    """Set a group's policy. What its statements allow is decided where all permissions are."""
    policy = call.request.text("ResourcePolicy")
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"ResourcePolicy is not JSON: {error}") from error
    if not isinstance(document, dict) or not document.get("Statement"):
        raise ValidationError("ResourcePolicy is no policy: it has no Statement.")
    with call.store.lock:
        group = _with_policy(call)
        group.policy = policy
    return {"ModelPackageGroupArn": group.arn}


def get_policy(call: Call) -> Answer:
    """Give a group's policy."""
    with call.store.lock:
        return {"ResourcePolicy": _policy(_with_policy(call))}


def delete_policy(call: Call) -> Answer:
    """Delete a group's policy."""
    with call.store.lock:
        group = _with_policy(call)
        _policy(group)
        group.policy = None
    return {}


def _with_policy(call: Call) -> ModelPackageGroup:
    name = call.request.text("ModelPackageGroupName")
    if name not in call.store.registry.groups:
        arn = registry_arn(call.store.caller, "model-package-group", name)
        raise ValidationError(f"Cannot find Model Package Group: {arn}")
    return call.store.registry.groups[name]


def _policy(group: ModelPackageGroup) -> str:
    if group.policy is None:
        raise ValidationError(f"Cannot find resource policy for: {group.arn}")
    return group.policy


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
