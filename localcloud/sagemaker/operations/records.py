"""Create, Describe, List, Update, Delete, Start and Stop of every family of records."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

from localcloud.errors import ServiceError
from localcloud.sagemaker.operations.call import Call, Operation
from localcloud.sagemaker.operations.lineage import check_is_free
from localcloud.sagemaker.records import listing
from localcloud.sagemaker.records.document import Record, change, complete, project, view
from localcloud.sagemaker.records.family import HOUSEKEEPING, SERVICE, Family, described, listed, members
from localcloud.sagemaker.records.store import Key, key_of
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.sagemaker.wire.pagination import page
from localcloud.sagemaker.wire.requests import Answer, Request, present
from localcloud.sagemaker.wire.tags import read_tags
from localcloud.validation import operation_model

LOG = logging.getLogger(__name__)


def create(family: Family, call: Call) -> Answer:
    """Create a resource, in the status that it has on AWS once it is created."""
    return call.store.once("Create" + family.noun, call.request, partial(_create, family, call))


def _create(family: Family, call: Call) -> Answer:
    request, store = call.request, call.store
    request.refuse(family.never_given_back())
    tags = read_tags(request.structures("Tags"))
    given = {name: value for name, value in request.members.items() if value is not None}
    parents = _parents(family, call)
    known = {name: value for name, value in given.items() if name not in HOUSEKEEPING} | _number(family, call)
    record = complete(family, known, store.caller)
    for parent, its in parents:
        record.document.setdefault(f"{parent.noun}Arn", its.arn)
    key, records = key_of(family, record.document), store.records.of(family)
    taken = next((item for item in records.values() if item.arn == record.arn), records.get(key))
    if taken is not None:
        raise family.already_there(key[-1], taken.arn)
    now, context = call.engine.clock(), call.user_context()
    record.document |= {
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": context,
        "LastModifiedBy": context,
    }
    records[key] = record
    store.tags[record.arn] = tags
    if family.is_told_only:
        LOG.info("%s is a record: it is described and listed, and nothing runs.", record.arn)
    return _answer(family, record, family.operations["Create"])


def _parents(family: Family, call: Call) -> list[tuple[Family, Record]]:
    """Find what a resource belongs to, and raise `ServiceError` where it is not there."""
    found = []
    for noun in family.parents:
        parent = FAMILIES[noun]
        if call.request.members.get(parent.identity[-1]) is not None:
            found.append((parent, call.store.records.get(parent, call.request.members)[1]))
    return found


def _number(family: Family, call: Call) -> dict[str, object]:
    """Give the next version of an image, which counts from 1."""
    if family.noun != "ImageVersion":
        return {}
    image = call.request.text("ImageName")
    versions = [
        int(version) for name, version in call.store.records.of(family) if name == image
    ]  # fmt: skip
    return {"Version": max(versions, default=0) + 1}


def describe(family: Family, call: Call) -> Answer:
    """Describe a resource, or one of its earlier versions."""
    _refuse_others(family, "Describe", call)
    with call.store.lock:
        _, record = _found(family, call, "Describe")
        return _answer(family, record, family.operations["Describe"], _version(family, record, call))


def _version(family: Family, record: Record, call: Call) -> dict[str, object]:
    """Give a record as it was in the version that a request names."""
    wanted = call.request.members.get(family.version) if family.version else None
    if wanted is None:
        return record.document
    versions = (item for item in (*record.earlier, record.document) if item[family.version] == wanted)
    found = next(versions, None)
    if found is None:
        raise family.not_found(f"{record.arn} version {wanted}")
    return found


def _found(family: Family, call: Call, verb: str) -> tuple[Key, Record]:
    """Find the record that a request is about."""
    store, given = call.store.records, call.request.members
    if family.noun == "ImageVersion":
        given = {**given, "Version": given.get("Version") or _version_of_image(family, call)}
    if family.noun == "Artifact" and (source := given.get("Source")) is not None:
        given = {"ArtifactArn": complete(family, {"Source": source}, call.store.caller).arn}
    return store.get(family, given, verb)


def _version_of_image(family: Family, call: Call) -> object:
    """Find the version with an alias; the latest where none is named."""
    call.store.records.get(FAMILIES["Image"], call.request.members)
    alias, image = call.request.optional_text("Alias"), call.request.text("ImageName")
    numbers = [
        int(version)
        for (name, version), item in call.store.records.of(family).items()
        if name == image and (alias is None or alias in _aliases(item))
    ]
    if not numbers:
        what = f"Latest ImageVersion with ImageName {image}" if alias is None else f"Alias {alias} of {image}"
        raise ServiceError("ResourceNotFound", f"{what} does not exist. Please provide a valid ImageName.")
    return max(numbers)


def list_(family: Family, call: Call) -> Answer:
    """List the resources that pass the filters."""
    call.request.refuse(listing.unsupported(family))
    member, shape = listed(family.operations["List"])
    with call.store.lock:
        for noun in family.parents:  # such as the image of versions
            if FAMILIES[noun].identity[-1] in members(family.operations["List"]) and family.cascades:
                call.store.records.get(FAMILIES[noun], call.request.members)
        views = [view(family, record) for record in call.store.records.of(family).values()]
    found, token = listing.listed(family, call.request, views)
    return present(**{member: [project(shape.members, known) for known in found]}, NextToken=token)


def update(family: Family, call: Call) -> Answer:
    """Change a resource."""
    store = call.store
    with store.lock:
        _, record = _found(family, call, "Update")
        _check_rest(family, record, call, "Update", "Updating")
        given = dict(call.request.members)
        if family.version and (target := given.pop("TargetVersion", None)) not in {
            None,
            record.document[family.version],
        }:
            raise family.conflict("Update", f"{record.arn} is not at version {target}.")
        given.pop("Alias", None)
        known, unsupported = change(family, record.document, given)
        call.request.refuse(unsupported)
        if call.request.members.get("Tags"):
            store.tags[record.arn] = store.tags[record.arn] | read_tags(call.request.structures("Tags"))
        if family.version and (not family.versioned_by or given.get(family.versioned_by) is not None):
            record.earlier.append(record.document)
            version = record.document[family.version]
            assert isinstance(version, int)
            known[family.version] = version + 1
        record.document = {
            **known, **family.updated,
            "LastModifiedTime": call.engine.clock(), "LastModifiedBy": call.user_context(),
        }  # fmt: skip
        return _answer(family, record, family.operations["Update"])


def delete(family: Family, call: Call) -> Answer:
    """Delete a resource that nothing belongs to; `ServiceError` else."""
    store = call.store
    with store.lock:
        key, record = _found(family, call, "Delete")
        _check_rest(family, record, call, "Delete", "Deleting")
        check_is_free(call, family, record)
        if family.bound_by and record.document.get(family.bound_by):
            raise family.conflict(
                "Delete",
                f"{family.words} {key[-1]} cannot be deleted. First disassociate what belongs to it.",
            )
        children = list(store.records.children(family, record))
        for other, _ in children:
            if not other.cascades:
                raise family.conflict(
                    "Delete",
                    f"Unable to delete {family.noun} [{record.arn}] because {other.noun}(s) are associated "
                    "with it.",
                )
        for other, its_key in children:
            store.tags.pop(store.records.of(other).pop(its_key).arn, None)
        answer = _answer(family, record, family.operations["Delete"])
        del store.records.of(family)[key]
        store.tags.pop(record.arn, None)
        return answer


def switch(family: Family, verb: str, call: Call) -> Answer:
    """Start or stop a resource: change its status, since nothing runs."""
    started, stopped = family.states
    with call.store.lock:
        _, record = _found(family, call, verb)
        _refuse_others(family, verb, call)
        status = record.document[family.status]
        wanted, to = (stopped, "Pending") if verb == "Start" else (started, "Stopping")
        if (status == stopped) != (verb == "Start"):
            raise family.conflict(
                verb,
                f"Status ({status}) not in ([{wanted}]). Unable to transition to ({to}) for "
                f"{family.words} ({record.arn})",
            )
        after = started if verb == "Start" else (call.request.optional_text("DesiredState") or stopped)
        record.document = {
            **record.document, family.status: after, "LastModifiedTime": call.engine.clock()
        }  # fmt: skip
        if "IsActive" in record.document:
            record.document["IsActive"] = "Active" if verb == "Start" else "Inactive"
        if (reason := call.request.optional_text("Reason")) is not None:
            record.document["StatusReason"] = reason
        return _answer(family, record, family.operations[verb])


_CARRIED = frozenset({"Alias", "DesiredState", "Reason", "ModelVariantActions"})
_DEFAULTS = (False, "AllData")  # by these a request asks for what is done anyway


def unsupported(family: Family, verb: str) -> list[str]:
    """Name the members of a Describe, Start or Stop request that would have no effect here."""
    carried = _CARRIED | {*family.identity, family.version}
    return [name for name in members(family.operations[verb]) if name not in carried]


def _refuse_others(family: Family, verb: str, call: Call) -> None:
    given = call.request.members
    wanted = (name for name in unsupported(family, verb) if given.get(name) not in _DEFAULTS)
    call.request.refuse(wanted)


def _check_rest(family: Family, record: Record, call: Call, verb: str, to: str) -> None:
    status = record.document.get(family.status)
    if family.at_rest and status != family.states[1]:
        raise family.conflict(
            verb,
            f"Status ({status}) not in ([Stopped, Failed]). Unable to transition to ({to}) for "
            f"{family.words} ({record.arn})",
        )


def _answer(
    family: Family, record: Record, operation: str, document: Mapping[str, object] | None = None
) -> Answer:
    shape = operation_model(SERVICE, operation).output_shape
    answer = project(described(family.noun, operation), view(family, record, document))
    return {family.noun: answer} if shape is not None and family.noun in shape.members else answer


def list_aliases(call: Call) -> Answer:
    """List the aliases of an image's versions, or of one of them."""
    request, images = call.request, call.store.records
    with call.store.lock:
        images.get(FAMILIES["Image"], request.members)
        names = sorted(
            alias
            for (image, version), record in images.of(FAMILIES["ImageVersion"]).items()
            if image == request.text("ImageName")
            and request.optional_number("Version") in {None, int(version)}
            for alias in _aliases(record)
        )
    found, token = page(request, names, lambda name: (name,), descending=False)
    return present(SageMakerImageVersionAliases=found, NextToken=token)


def list_model_card_versions(call: Call) -> Answer:
    """List the versions of a model card."""
    family, request = FAMILIES["ModelCard"], call.request
    member, shape = listed("ListModelCardVersions")
    with call.store.lock:
        _, record = call.store.records.get(family, request.members)
        views = [view(family, record, document) for document in (*record.earlier, record.document)]
    given = {**request.members, "ModelCardName": None, "SortBy": "ModelCardVersion"}
    found, token = listing.listed(family, Request(given), views)
    return present(**{member: [project(shape.members, known) for known in found]}, NextToken=token)


def _aliases(record: Record) -> list[str]:
    aliases = record.document.get("Aliases") or []
    assert isinstance(aliases, list)
    return aliases


def _operations() -> dict[str, Operation]:
    acts: Mapping[str, Callable[[Family, Call], Answer]] = {
        "Create": create, "Describe": describe, "List": list_, "Update": update, "Delete": delete
    }  # fmt: skip
    found: dict[str, Operation] = {}
    for family in FAMILIES.values():
        for verb, operation in family.operations.items():
            if verb in acts:
                found[operation] = partial(acts[verb], family)
            elif family.states[0]:
                found[operation] = partial(switch, family, verb)
    return found | {"ListAliases": list_aliases, "ListModelCardVersions": list_model_card_versions}


OPERATIONS = _operations()
"""The operations on records, by their names in the service model."""

TOLD_ONLY = frozenset(OPERATIONS) - {
    name for family in FAMILIES.values() if not family.is_told_only for name in family.operations.values()
}
"""Of these, the ones on resources that would run on AWS."""
