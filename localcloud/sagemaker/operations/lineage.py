"""Associations between lineage entities, and QueryLineage over them.

Sources: API reference, AddAssociation, ListAssociations, QueryLineage; aws/sagemaker-experiments#157
(between two experiment entities there is none); aws/sagemaker-python-sdk, sagemaker.lineage (an entity is
deleted after its associations; with edges, the start is among the vertices).
"""

from collections.abc import Callable, Mapping

from localcloud.errors import ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.records.document import Record
from localcloud.sagemaker.records.family import Family
from localcloud.sagemaker.records.lineage import Association, Entity, Query, found, is_linked
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.sagemaker.store import not_found
from localcloud.sagemaker.wire.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present

_PAGE = 10
_LARGEST = 50  # vertices (service model, QueryLineage)
_DEEPEST = 10
_KINDS: Mapping[str, Family] = {
    family.arn_template.partition("/")[0]: family
    for family in map(FAMILIES.__getitem__, ("Action", "Artifact", "Context", "Experiment", "TrialComponent"))
}
_OF_EXPERIMENTS = frozenset({"Experiment", "TrialComponent"})


def add_association(call: Call) -> Answer:
    """Associate two entities, which must exist; a pair has at most one association."""
    pair = call.request.text("SourceArn"), call.request.text("DestinationArn")
    with call.store.lock:
        families = [_found(call, arn)[0] for arn in pair]
        if pair[0] == pair[1]:
            raise ValidationError("SourceArn and DestinationArn must not be the same.")
        if all(family.noun in _OF_EXPERIMENTS for family in families):
            raise ValidationError("An association between two experiment entities cannot be created.")
        associations = call.store.records.associations
        if pair in associations:
            raise ValidationError(f"An association between {pair[0]} and {pair[1]} already exists.")
        associations[pair] = Association(
            *pair, call.request.optional_text("AssociationType"), call.engine.clock(), call.user_context()
        )
    return {"SourceArn": pair[0], "DestinationArn": pair[1]}


def delete_association(call: Call) -> Answer:
    """Delete an association; `ServiceError` ``ResourceNotFound`` where there is none."""
    pair = call.request.text("SourceArn"), call.request.text("DestinationArn")
    with call.store.lock:
        if call.store.records.associations.pop(pair, None) is None:
            raise not_found(f"An association between {pair[0]} and {pair[1]} does not exist.")
    return {"SourceArn": pair[0], "DestinationArn": pair[1]}


def list_associations(call: Call) -> Answer:
    """List associations, the newest first unless told otherwise."""
    request = call.request
    with call.store.lock:
        for name in ("SourceArn", "DestinationArn"):
            if (arn := request.optional_text(name)) is not None:
                _found(call, arn)
        known = {
            record.arn: (family, record)
            for family in _KINDS.values()
            for record in call.store.records.of(family).values()
        }
        summaries = [_summary(known, item) for item in call.store.records.associations.values()]
    filters = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "AssociationType")
    wanted = [
        item
        for item in summaries
        if all(request.optional_text(name) in {None, item.get(name)} for name in filters)
        and is_between(Request(item).optional_time("CreationTime"), request, "CreatedAfter", "CreatedBefore")  # type: ignore[arg-type]
    ]
    chosen, token = page(
        request, wanted, _order(request), descending=is_descending(request), size=_PAGE
    )  # fmt: skip
    return present(AssociationSummaries=chosen, NextToken=token)


def _order(request: Request) -> Callable[[Answer], Key]:
    name = request.optional_text("SortBy") or "CreationTime"

    def key(item: Answer) -> Key:
        pair = str(item["SourceArn"]), str(item["DestinationArn"])
        if name == "CreationTime":
            time = Request(item).optional_time(name)
            assert time is not None
            return (time.timestamp(), *pair)
        return (str(item.get(name) or ""), *pair)

    return key


def _summary(known: Mapping[str, tuple[Family, Record]], item: Association) -> Answer:
    members: Answer = {}
    for end, arn in (("Source", item.source), ("Destination", item.destination)):
        family, record = known[arn]
        members[f"{end}Arn"] = arn
        members[f"{end}Type"] = _type_of(family, record)
        members[f"{end}Name"] = record.document.get(f"{family.noun}Name")
    return present(**members, AssociationType=item.type, CreationTime=item.created, CreatedBy=item.created_by)


def query_lineage(call: Call) -> Answer:
    """Find the entities that lie before or after the start; of all, where no start is given."""
    request = call.request
    starts = request.texts("StartArns")
    with call.store.lock:
        for arn in starts:
            _found(call, arn)
        entities = {record.arn: _entity(family, record) for family, record in _all(call)}
        associations = list(call.store.records.associations.values())
    depth, number = request.optional_number("MaxDepth"), request.optional_number("MaxResults")
    if (depth is not None and depth < 1) or (number is not None and number < 1):
        raise ValidationError("MaxDepth and MaxResults must be at least 1.")
    query = Query(
        tuple(starts),
        request.optional_text("Direction") or "Both",
        depth or _DEEPEST,
        includes_edges=request.members.get("IncludeEdges") is not False,
    )
    filters = request.optional_structure("Filters") or Request({})
    vertices, edges = found(query, entities, associations, lambda entity: _passes(filters, entity))
    chosen, token = page(request, vertices, lambda item: (item.arn,), descending=False, size=_LARGEST)
    shown = {item.arn for item in chosen}
    return present(
        Vertices=[present(Arn=item.arn, Type=item.type, LineageType=item.lineage_type) for item in chosen],
        Edges=[
            present(SourceArn=edge.source, DestinationArn=edge.destination, AssociationType=edge.type)
            for edge in edges
            if edge.source in shown or edge.destination in shown
        ],
        NextToken=token,
    )


def _passes(filters: Request, entity: Entity) -> bool:
    """Tell whether an entity passes the filters; of several properties one is enough (service model)."""
    types, lineage_types = filters.texts("Types"), filters.texts("LineageTypes")
    wanted = filters.optional_structure("Properties")
    return (
        (not types or entity.type in types)
        and (not lineage_types or entity.lineage_type in lineage_types)
        and is_between(entity.created, filters, "CreatedAfter", "CreatedBefore")
        and is_between(entity.modified, filters, "ModifiedAfter", "ModifiedBefore")
        and (not wanted or any(entity.properties.get(name) == item for name, item in wanted.members.items()))
    )


def check_is_free(call: Call, family: Family, record: Record) -> None:
    """Refuse to delete an entity that has associations."""
    if is_linked(record.arn, call.store.records.associations):
        raise family.conflict(
            "Delete",
            f"{family.words} {record.arn} cannot be deleted because it has associations. Delete them first.",
        )


def _all(call: Call) -> list[tuple[Family, Record]]:
    """Give what a query may find; an experiment is no lineage type."""
    return [
        (family, record)
        for family in _KINDS.values()
        if family.noun != "Experiment"
        for record in call.store.records.of(family).values()
    ]


def _found(call: Call, arn: str) -> tuple[Family, Record]:
    family = _KINDS[arn.split(":", 5)[5].partition("/")[0]]  # the model lets no other kind pass
    for record in call.store.records.of(family).values():
        if record.arn == arn:
            return family, record
    raise not_found(f"{family.words} {arn} does not exist.")


def _entity(family: Family, record: Record) -> Entity:
    document = Request(record.document)
    modified = document.optional_time("LastModifiedTime") or record.created
    properties = document.optional_structure("Properties")
    return Entity(
        record.arn,
        family.noun,
        _type_of(family, record),
        record.created,
        modified,
        {} if properties is None else properties.members,
    )


def _type_of(family: Family, record: Record) -> str | None:
    """Give an entity's type: that it was given, or that of its source."""
    document = Request(record.document)
    given = document.optional_text(f"{family.noun}Type")
    source = document.optional_structure("Source")
    return given or (None if source is None else source.optional_text("SourceType"))


OPERATIONS = {
    "AddAssociation": add_association,
    "DeleteAssociation": delete_association,
    "ListAssociations": list_associations,
    "QueryLineage": query_lineage,
}
