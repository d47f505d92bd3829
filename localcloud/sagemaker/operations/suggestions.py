"""GetSearchSuggestions: the names of properties that searches for a type of resource could use."""

from collections.abc import Iterator, Mapping, Sequence

from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.search import find_all
from localcloud.sagemaker.wire.requests import Answer

_MAPS = ("HyperParameters", "Parameters")
_LISTS = (
    ("FinalMetricDataList", "Metrics", "MetricName"),
    ("Metrics", "Metrics", "MetricName"),
    ("Tags", "Tags", "Key"),
)


def get_search_suggestions(call: Call) -> Answer:
    """Suggest hyperparameters, metrics and tags that resources have, with names that begin as asked.

    "Provides suggestions for HyperParameters, Tags, and Metrics" (service model).
    """
    query = call.request.optional_structure("SuggestionQuery")
    hint = query and query.optional_structure("PropertyNameQuery")
    start = hint.text("PropertyNameHint") if hint else ""
    _, records = find_all(call)
    names = sorted({name for record in records for name in _names(record) if name.startswith(start)})
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in names]}


def _names(record: Mapping[str, object]) -> Iterator[str]:
    for member in _MAPS:
        known = record.get(member)
        if isinstance(known, Mapping):
            yield from (f"{member}.{name}" for name in known)
    for member, prefix, key in _LISTS:
        items = record.get(member)
        if isinstance(items, Sequence):
            yield from (f"{prefix}.{item[key]}" for item in items)
