"""What a record says, brought into the form that a request or an answer has; pure."""

import hashlib
import json
import secrets
import string
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from botocore.model import ListShape, Shape, StructureShape

from localcloud.ports import Caller
from localcloud.sagemaker.records.family import HOUSEKEEPING, Family
from localcloud.sagemaker.wire.requests import Answer

Document = Mapping[str, object]

OTHER_NAMES = {
    "CreateDate": "CreationTime",
    "LastUpdatedDate": "LastModifiedTime",
    "MonitoringJobDefinitionName": "JobDefinitionName",
    "NotebookInstanceLifecycleConfigName": "LifecycleConfigName",
    "SecurityGroups": "SecurityGroupIds",
    "CurrentCount": "InstanceCount",
    "TargetCount": "InstanceCount",
    "MinCount": "MinInstanceCount",
    "ExperimentSource": "Source",
    "TrialSource": "Source",
    "TrialComponentSource": "Source",
} | {
    when + name: name
    for when in ("Current", "Desired")
    for name in (
        "ImageId", "ImageReleaseVersion", "InstanceTypes", "Labels", "Taints", "PatchSchedule",
        "FSxLustreConfig", "FSxLustreDeletionPolicy",
    )
}  # fmt: skip
"""Members of answers that requests and other answers call otherwise."""


@dataclass(slots=True)
class Record:
    """A resource: its ARN, its members, and the members it had in earlier versions."""

    arn: str
    document: dict[str, object]
    earlier: list[dict[str, object]] = field(default_factory=list)

    @property
    def created(self) -> datetime:
        """When it was created."""
        time = self.document["CreationTime"]
        assert isinstance(time, datetime)
        return time


def view(family: Family, record: Record, document: Document | None = None) -> dict[str, object]:
    """Give a record's members, with those that are worked out and the ARN under each of its names."""
    known = record.document if document is None else document
    return {**dict.fromkeys(family.arn_names, record.arn), **known, **family.derived(known)}


def project(members: Mapping[str, Shape], known: Document) -> Answer:
    """Give the members of an answer that are known, and of structures in it those that their shapes have."""
    return dict(_projected(members, known))


def _projected(members: Mapping[str, Shape], known: Document) -> Iterator[tuple[str, object]]:
    for name, shape in members.items():
        value = known.get(name)
        if value is None:
            value = known.get(OTHER_NAMES.get(name, ""))
        if value is not None:
            yield name, _within(shape, value)


def _within(shape: Shape, value: object) -> object:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return project(shape.members, value)
    if isinstance(shape, ListShape) and isinstance(value, Sequence) and not isinstance(value, str):
        return [_within(shape.member, item) for item in value]
    return value


def complete(family: Family, given: Document, caller: Caller) -> Record:
    """Make a record of a Create request: with its ARN, and what AWS fills in."""
    alphabet = string.ascii_lowercase + string.digits
    number = "".join(secrets.choice(alphabet) for _ in range(12))
    known: dict[str, object] = dict(given)
    source = given.get("Source")
    words: defaultdict[str, object] = defaultdict(
        str,
        id=number,
        ID=number.upper(),
        hash=hashlib.md5(json.dumps(source).encode(), usedforsecurity=False).hexdigest(),
        region=caller.region,
        **given,
    )
    for name, template in family.filled.items():
        if known.get(name) is None:
            known[name] = _written(template, words)
            words[name] = known[name]
    if family.version:
        known[family.version] = 1
    arn = f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:{family.arn_template.format_map(words)}"
    known |= {name: arn for name in family.identity if name.endswith("Arn")}
    return Record(arn, known)


def _written(template: object, words: Mapping[str, object]) -> object:
    if isinstance(template, Mapping):
        return {name: _written(item, words) for name, item in template.items()}
    return template.format_map(words) if isinstance(template, str) else template


def change(family: Family, document: Document, given: Document) -> tuple[dict[str, object], list[str]]:
    """Apply the members of an Update request.

    Returns the members of the record, and the names of those that an update cannot have here.
    """
    known, unsupported = dict(document), []
    for name, value in given.items():
        if value is None or name in HOUSEKEEPING or name in family.identity:
            continue
        target = _TARGETS.get(name, name)
        if target in family.answer or target in family.given:
            known[target] = _updated(family, target, known.get(target), value)
        elif not any(apply(known, name, value) for apply in _CHANGES):
            unsupported.append(name)
    return known, unsupported


_TARGETS = {"DomainSettingsForUpdate": "DomainSettings", "AppVersion": "Version"}
"""Members of updates that descriptions call otherwise."""


def _updated(family: Family, name: str, before: object, value: object) -> object:
    if not isinstance(value, Mapping) or not isinstance(before, Mapping) or name in family.replaced:
        return value
    shape = family.answer.get(name) or family.given[name]
    return _merged(shape, before, value) if isinstance(shape, StructureShape) else (
        {**before, **value} if name in family.merged else value
    )  # fmt: skip


def _merged(shape: Shape, before: object, value: object) -> object:
    """Overlay a structure: members that are not given stay, lists and maps are replaced."""
    if (
        not isinstance(shape, StructureShape)
        or not isinstance(before, Mapping)
        or not isinstance(value, Mapping)
    ):
        return value
    inner = {
        name: _merged(shape.members[name], before.get(name), item) if name in shape.members else item
        for name, item in value.items()
        if item is not None
    }
    return {**before, **inner}


def _remove_entries(known: dict[str, object], name: str, value: object) -> bool:
    """Apply ``PropertiesToRemove`` and ``AliasesToDelete``: what they list leaves the map or the list."""
    stem = name.removesuffix("ToRemove").removesuffix("ToDelete")
    if stem == name or not isinstance(value, Sequence):
        return False
    before = known.get(stem)
    if isinstance(before, Mapping):
        known[stem] = {key: item for key, item in before.items() if key not in value}
    elif isinstance(before, Sequence):
        known[stem] = [item for item in before if _name_of(item) not in value]
    return True


def _name_of(item: object) -> object:
    return item.get("InstanceGroupName") if isinstance(item, Mapping) else item


def _add_items(known: dict[str, object], name: str, value: object) -> bool:
    """Apply ``AliasesToAdd`` and ``FeatureAdditions``."""
    stem = {"FeatureAdditions": "FeatureDefinitions"}.get(name) or name.removesuffix("ToAdd")
    before = known.get(stem, [])
    if stem == name or not isinstance(value, Sequence) or not isinstance(before, Sequence):
        return False
    known[stem] = [*before, *(item for item in value if item not in before)]
    return True


def _take_off(known: dict[str, object], name: str, value: object) -> bool:
    """Apply ``DisassociateLifecycleConfig``."""
    stem = name.removeprefix("Disassociate")
    if stem == name or not isinstance(value, bool):
        return False
    if value:
        for member in (stem, f"{stem}Name"):
            known.pop(member, None)
    return True


def _delete_members(known: dict[str, object], name: str, value: object) -> bool:
    """Apply ``DeleteProperties``, which lists members."""
    if name != "DeleteProperties" or not isinstance(value, Sequence):
        return False
    for member in value:
        known.pop(member, None)
    return True


_CHANGES: Sequence[Callable[[dict[str, object], str, object], bool]] = (
    _remove_entries, _add_items, _take_off, _delete_members
)  # fmt: skip
