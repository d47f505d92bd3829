"""Resources of each family of records, made by the least requests that the service model takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.sagemaker.records.family import Family
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.validation import operation_model
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.fidelity.probe import smallest

_NONE: Document = {}


def least(operation: str, known: Mapping[str, object] = _NONE) -> Document:
    """Give the least request that the model takes, with the members of `known` that the operation has."""
    shape = operation_model("sagemaker", operation).input_shape
    assert shape is not None
    required = [name for name in shape.members if name in shape.required_members and name not in known]
    made = {name: smallest(shape.members[name]) for name in required}
    return made | {name: value for name, value in known.items() if name in shape.members}


@dataclass(frozen=True, slots=True)
class Made:
    """A resource: what identifies it, its ARN, and what the Create operation was given."""

    identity: Document
    arn: str
    given: Document


def make(cloud: Cloud, noun: str, **given: object) -> Made:
    """Create a resource, and before it what it belongs to, where that is not given."""
    family = FAMILIES[noun]
    for parent in family.parents[:2]:  # an App belongs to a user profile or to a space
        if not set(FAMILIES[parent].identity) <= set(given):
            given |= make(cloud, parent, **given).identity
    request = least(f"Create{noun}", given)
    created = cloud.call(f"Create{noun}", **request)
    identity = {
        name: value
        for name in family.identity
        if (value := created.get(name, request.get(name, 1 if name == "Version" else None))) is not None
    }
    described = cloud.call(f"Describe{noun}", **least(f"Describe{noun}", identity))
    inner = described.get(noun, described)
    assert isinstance(inner, dict)
    return Made(identity, str(next(inner[name] for name in family.arn_names if name in inner)), request)


def listed(cloud: Cloud, family: Family, **given: object) -> list[Document]:
    """List a family's resources."""
    found = cloud.call(family.operations["List"], **given)
    (items,) = (value for name, value in found.items() if name != "NextToken")
    assert isinstance(items, list)
    return items
