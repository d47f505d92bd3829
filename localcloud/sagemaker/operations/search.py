"""Search: finds resources by what their descriptions say.

Operators and the names of properties are those of the API reference, "Search", "Filter" and "NestedFilters".
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from localcloud.errors import ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.search_sources import sources
from localcloud.sagemaker.wire.pagination import Key, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present

Record = Mapping[str, object]

_SOURCES = sources()
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}

_TESTS: Mapping[str, Callable[[Sequence[object], str], bool]] = {
    "Exists": lambda values, _: bool(values),
    "NotExists": lambda values, _: not values,
    "Equals": lambda values, wanted: any(_equals(value, wanted) for value in values),
    "NotEquals": lambda values, wanted: not any(_equals(value, wanted) for value in values),
    "Contains": lambda values, wanted: any(wanted in value for value in values if isinstance(value, str)),
    "In": lambda values, wanted: any(value in wanted.split(",") for value in values),
}


def search(call: Call) -> Answer:
    """Find resources of a type, those changed last first unless told otherwise.

    Raises `ServiceError`: ``ValidationException`` for another resource, or an operator that does not go with
    the property.
    """
    call.request.refuse(("CrossAccountFilterOption", "VisibilityConditions"))
    member, records = find_all(call)
    expression = call.request.optional_structure("SearchExpression")
    found = [record for record in records if expression is None or _matches(expression, record)]
    shown, token = page(
        call.request, found, _order(call.request, f"{member}Arn"), descending=is_descending(call.request)
    )
    return present(
        Results=[{member: record} for record in shown],
        NextToken=token,
        TotalHits={"Value": len(found), "Relation": "EqualTo"},
    )


def find_all(call: Call) -> tuple[str, list[Record]]:
    """Give all resources of the type that a request names, and the member of a result that has one."""
    resource = call.request.text("Resource")
    if resource not in _SOURCES:
        raise ValidationError(f"Search for {resource} is not supported by the local cloud.")
    member, find = _SOURCES[resource]
    with call.store.lock:
        return member, find(call)


def _matches(expression: Request, record: Record) -> bool:
    found = [
        *(_passes(item, record, item.text("Name")) for item in expression.structures("Filters")),
        *(_has(item, record) for item in expression.structures("NestedFilters")),
        *(_matches(item, record) for item in expression.structures("SubExpressions")),
    ]
    return any(found) if expression.optional_text("Operator") == "Or" else all(found)


def _has(nested: Request, record: Record) -> bool:
    """Tell whether one and the same item of a list passes all filters."""
    name = nested.text("NestedPropertyName")
    filters = nested.structures("Filters")
    return any(
        all(_passes(item, value, item.text("Name").removeprefix(f"{name}.")) for item in filters)
        for value in _values(record, name)
        if isinstance(value, Mapping)
    )


def _passes(item: Request, record: Record, name: str) -> bool:
    values, wanted = list(_values(record, name)), item.optional_text("Value") or ""
    wanted_operator = item.optional_text("Operator") or "Equals"
    if name.startswith("Parameters.") and wanted:
        values = _of_type(values, wanted, is_order=wanted_operator in _ORDERS)
    if holds := _ORDERS.get(wanted_operator):
        if name.startswith("HyperParameters."):
            values = [number for text in values if (number := _hyperparameter(str(text), wanted)) is not None]
        return any(holds(_number(value, name), _number_of(wanted, value)) for value in values)
    return _TESTS[wanted_operator](values, wanted)


def _values(record: object, name: str) -> Iterator[object]:
    """Give what the record has under a dotted name; of lists, what each item has."""
    if isinstance(record, Sequence) and not isinstance(record, str):
        for item in record:
            yield from _values(item, name)
    elif not name:
        yield record
    elif isinstance(record, Mapping):
        first, _, rest = name.partition(".")
        match first:
            case "Metrics" if "FinalMetricDataList" in record:
                yield from _named(record["FinalMetricDataList"], "MetricName", rest)
            case "Metrics" if "." in rest:  # of a trial component: the name of a metric, and a statistic
                metric, _, statistic = rest.rpartition(".")
                found = [item for item in record.get(first) or () if item["MetricName"] == metric]
                yield from _values(found, statistic)
            case "Parameters" if rest in _members(record, first):
                yield from _members(_members(record, first), rest).values()
            case "Tags" if rest:
                yield from _named(record["Tags"], "Key", rest)
            case _ if first in record:
                yield from _values(record[first], rest)


def _members(record: Record, name: str) -> Record:
    """Give a member that is an object, such as the one of a parameter of a trial component."""
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def _of_type(values: Sequence[object], wanted: str, *, is_order: bool) -> list[object]:
    """Leave out what cannot be compared: runs may log a number and a text under the same name."""
    if _hyperparameter(wanted, "") is None:
        return [value for value in values if isinstance(value, str)]
    return [value for value in values if not (is_order and isinstance(value, str))]


def _hyperparameter(text: str, wanted: str) -> float | None:
    """Read a hyperparameter as a number, whole where the filter's value is (API reference, "Filter")."""
    try:
        number = float(text)
    except ValueError:
        return None
    return float(int(number)) if re.fullmatch(r"[+-]?\d+", wanted) and math.isfinite(number) else number


def _named(items: object, key: str, name: str) -> Iterator[object]:
    assert isinstance(items, Sequence)
    yield from (item["Value"] for item in items if item[key] == name)


def _equals(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == wanted.lower()
    if isinstance(value, int | float | datetime):
        return _number(value, "") == _number_of(wanted, value)
    return value == wanted


def _number(value: object, name: str) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, int | float):
        return float(value)
    raise ValidationError(f"The operator is not supported for the text property {name}.")


def _number_of(wanted: str, value: object) -> float:
    """Read a filter's value as a number, or as a time where the property is one."""
    try:
        if isinstance(value, datetime):
            time = datetime.fromisoformat(wanted)
            return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).timestamp()
        return float(wanted)
    except ValueError as error:
        raise ValidationError(f"The value '{wanted}' does not go with the property's type.") from error


def _order(request: Request, arn: str) -> Callable[[Record], Key]:
    name = request.optional_text("SortBy") or "LastModifiedTime"

    def key(record: Record) -> Key:
        own = str(record[arn])
        match next(_values(record, name), None):
            case None:
                return (0.0, own)
            case datetime() | int() | float() as value:
                return (1.0, _number(value, name), own)
            case value:
                return (2.0, str(value), own)

    return key
