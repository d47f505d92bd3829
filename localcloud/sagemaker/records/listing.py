"""Lists of records: the filters, the order and the pages that the model says a List operation has."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from localcloud.sagemaker.records.document import Document
from localcloud.sagemaker.records.family import Family, members
from localcloud.sagemaker.wire.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Request

_ORDER = frozenset({"NextToken", "MaxResults", "SortBy", "SortOrder", "NameContains"})
_TIMES: Mapping[str, tuple[str, str, str]] = {
    "Creation": ("CreationTime", "CreationTimeAfter", "CreationTimeBefore"),
    "Created": ("CreationTime", "CreatedAfter", "CreatedBefore"),
    "LastModified": ("LastModifiedTime", "LastModifiedTimeAfter", "LastModifiedTimeBefore"),
    "Modified": ("LastModifiedTime", "ModifiedTimeAfter", "ModifiedTimeBefore"),
}
_OF_TIMES = frozenset(name for _, *limits in _TIMES.values() for name in limits)


def listed(family: Family, request: Request, views: Sequence[Document]) -> tuple[list[Document], str | None]:
    """Give the page that a request asks for, and the token of the next one."""
    tests = [_test(family, name, request) for name in request.members if request.members[name] is not None]
    found = [known for known in views if all(test(known) for test in tests)]
    default = "Descending" if family.descending else "Ascending"
    order = (request.optional_text("SortOrder") or default).capitalize()
    request = Request({**request.members, "SortOrder": order})
    return page(request, found, _key(family, request), descending=is_descending(request), size=family.page)


def unsupported(family: Family) -> list[str]:
    """Name the filters of the List operation that the records cannot be told apart by."""
    known = {*_ORDER, *_OF_TIMES}
    return [
        name
        for name in members(family.operations["List"])
        if name not in known and _property(family, name) is None
    ]


def _test(family: Family, name: str, request: Request) -> Callable[[Document], bool]:
    if name in _OF_TIMES:
        member, after, before = next(limits for limits in _TIMES.values() if name in limits)
        return lambda known: is_between(_time(known, member), request, after, before)
    if name == "NameContains":
        return lambda known: str(request.members[name]) in name_of(family, known)
    found = _property(family, name)
    if name in _ORDER or found is None:
        return lambda known: True
    member, wanted = found, request.members[name]
    if name.endswith("Contains"):
        return lambda known: str(wanted) in str(_at(known, member) or "")
    return lambda known: wanted in value if isinstance(value := _at(known, member), list) else value == wanted


def _property(family: Family, name: str) -> str | None:
    """Find the member that a filter is about."""
    stem = name.removesuffix("Equals").removesuffix("Contains")
    special = {
        "SourceUri": "Source.SourceUri",
        "Status": family.status or None,
        "AppType": "StudioLifecycleConfigAppType",
        "OfflineStoreStatus": "OfflineStoreStatus.Status",
        "NotebookInstanceLifecycleConfigName": "LifecycleConfigName",
        "AdditionalCodeRepository": "AdditionalCodeRepositories",
        "EndpointName": "EndpointName",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
        "TrialName": "Parents.TrialName",
        "ExperimentName": "Parents.ExperimentName",
        "TrialComponentName": "Components",
        "SourceArn": "Source.SourceArn",
    }
    if stem in special and stem not in family.answer:
        return special[stem]
    if stem == "OfflineStoreStatus":
        return special[stem]
    return stem if stem in {*family.answer, *family.identity} else None


def _at(known: Document, path: str) -> object:
    value: object = known
    for name in path.split("."):
        if isinstance(value, list):
            value = [item.get(name) for item in value]
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _time(known: Document, name: str) -> datetime:
    value = known[name]
    assert isinstance(value, datetime)
    return value


def name_of(family: Family, known: Document) -> str:
    """Give what a list calls a resource."""
    names = (f"{family.noun}Name", f"{family.stem}Name", "Name", family.identity[-1])
    return next((str(known[name]) for name in names if known.get(name) is not None), "")


def _key(family: Family, request: Request) -> Callable[[Document], Key]:
    wanted = (request.optional_text("SortBy") or family.sort_by).replace("_", "").lower()

    def key(known: Document) -> Key:
        own = "/".join(str(known.get(name, "")) for name in family.identity)
        if wanted in {"name", f"{family.stem}name".lower()}:
            return (name_of(family, known), own)
        if wanted == "status":
            return (str(known.get(family.status)), own)
        if wanted == "createdate":
            return (_time(known, "CreationTime").timestamp(), own)
        value = next((known[name] for name in known if name.lower() == wanted), None)
        if isinstance(value, datetime):
            return (value.timestamp(), own)
        return (float(value), own) if isinstance(value, int) else (str(value), own)

    return key
