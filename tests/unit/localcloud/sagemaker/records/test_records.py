"""Records: what holds for every family of the table, found out by the least requests of the model."""

from collections.abc import Iterator, Mapping

import pytest
from botocore.model import ListShape, Shape, StructureShape

from localcloud.errors import ServiceError
from localcloud.iam.operations import permissions_of
from localcloud.sagemaker.operations.records import OPERATIONS, TOLD_ONLY
from localcloud.sagemaker.records.document import OTHER_NAMES
from localcloud.sagemaker.records.family import Family, described
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.validation import operation_model
from tests.unit.localcloud.sagemaker.cloud import Cloud
from tests.unit.localcloud.sagemaker.records.resources import least, listed, make

EVERY = pytest.mark.parametrize("noun", list(FAMILIES))


def _list_request(family: Family, identity: Mapping[str, object]) -> Mapping[str, object]:
    shape = operation_model("sagemaker", family.operations["List"]).input_shape
    assert shape is not None
    return {name: identity[name] for name in shape.required_members}


@EVERY
def test_a_resource_is_described_as_it_was_given(cloud: Cloud, noun: str) -> None:
    made = make(cloud, noun)
    answer = cloud.call(f"Describe{noun}", **least(f"Describe{noun}", made.identity))
    found = answer.get(noun, answer)
    assert isinstance(found, dict)
    for name in described(noun, f"Describe{noun}").keys() & made.given.keys() - {"UiTemplate"}:
        assert found[name] == made.given[name]
    assert found.get("CreationTime") or found.get("CreateDate")
    if status := FAMILIES[noun].status:
        assert found.get(status) in [None, *_enum(noun, status)]


def _enum(noun: str, status: str) -> list[str]:
    return list(described(noun, f"Describe{noun}")[status].metadata.get("enum", ()))


_HIDDEN = {"OidcConfig.ClientSecret", "UiTemplate.Content"}  # AWS does not give these back either


@EVERY
def test_every_part_of_what_is_given_is_described(noun: str) -> None:
    family = FAMILIES[noun]
    both = family.given.keys() & family.answer.keys()
    lost = {way for name in both for way in _lost(family.given[name], family.answer[name], name, ())}
    assert lost <= _HIDDEN


def _lost(given: Shape, told: Shape, way: str, seen: tuple[str, ...]) -> Iterator[str]:
    """Name the parts of a member that its description cannot have."""
    if isinstance(given, ListShape) and isinstance(told, ListShape):
        yield from _lost(given.member, told.member, way, seen)
    if not isinstance(given, StructureShape) or given.name == told.name or given.name in seen:
        return
    assert isinstance(told, StructureShape)
    for name, shape in given.members.items():
        names = [name, *(other for other, known in OTHER_NAMES.items() if known == name)]
        answers = [told.members[other] for other in names if other in told.members]
        if not answers:
            yield f"{way}.{name}"
        for answer in answers:
            yield from _lost(shape, answer, f"{way}.{name}", (*seen, given.name))


@EVERY
def test_a_resource_is_listed_until_it_is_deleted(cloud: Cloud, noun: str) -> None:
    made, family = make(cloud, noun), FAMILIES[noun]
    request = _list_request(family, made.identity)
    assert len(listed(cloud, family, **request)) == 1
    if family.at_rest:
        cloud.call(f"Stop{noun}", **made.identity)
    cloud.call(f"Delete{noun}", **least(f"Delete{noun}", made.identity))
    assert listed(cloud, family, **request) == []
    with pytest.raises(ServiceError) as caught:
        cloud.call(f"Describe{noun}", **least(f"Describe{noun}", made.identity))
    assert caught.value.code in {"ResourceNotFound", "ValidationException"}
    assert caught.value.status == 400


@EVERY
def test_tags_of_a_resource_go_with_it(cloud: Cloud, noun: str) -> None:
    made, tag = make(cloud, noun), {"Key": "team", "Value": "data"}
    cloud.call("AddTags", ResourceArn=made.arn, Tags=[tag])
    assert cloud.call("ListTags", ResourceArn=made.arn)["Tags"] == [tag]
    if FAMILIES[noun].at_rest:
        cloud.call(f"Stop{noun}", **made.identity)
    cloud.call(f"Delete{noun}", **least(f"Delete{noun}", made.identity))
    with pytest.raises(ServiceError):
        cloud.call("ListTags", ResourceArn=made.arn)


@pytest.mark.parametrize("noun", [noun for noun, family in FAMILIES.items() if "Update" in family.operations])
def test_an_update_is_described(cloud: Cloud, noun: str) -> None:
    made, family = make(cloud, noun), FAMILIES[noun]
    if family.at_rest:
        cloud.call(f"Stop{noun}", **made.identity)
    changed = least(f"Update{noun}", made.identity | {"TargetVersion": 1})
    shape = operation_model("sagemaker", f"Update{noun}").input_shape
    assert shape is not None
    text = next((name for name in ("Description", "DisplayName") if name in shape.members), None)
    cloud.call(f"Update{noun}", **changed, **({} if text is None else {text: "changed"}))
    answer = cloud.call(f"Describe{noun}", **least(f"Describe{noun}", made.identity))
    found = answer.get(noun, answer)
    assert isinstance(found, dict)
    if text is not None:
        assert found[text] == "changed"
    if "LastModifiedTime" in found and "CreationTime" in found:
        assert found["LastModifiedTime"] > found["CreationTime"]


@EVERY
def test_a_name_can_be_used_once(cloud: Cloud, noun: str) -> None:
    made, family = make(cloud, noun), FAMILIES[noun]
    own = {"id", "ID", "Version"}
    if any(
        name in own or (name.endswith(("Id", "Arn")) and name not in made.given) for name in family.identity
    ):
        return  # AWS makes what identifies it
    with pytest.raises(ServiceError) as caught:
        cloud.call(f"Create{noun}", **made.given)
    assert caught.value.code in {"ResourceInUse", "ValidationException"}


def test_the_gate_knows_every_operation() -> None:
    for operation in OPERATIONS:
        assert permissions_of("sagemaker", operation, {}), operation


def test_what_is_told_only_is_most_of_it() -> None:
    assert len(TOLD_ONLY) >= 150
    assert not any(name.endswith(("Artifact", "Context", "Action")) for name in TOLD_ONLY)
