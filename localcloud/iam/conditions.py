"""The Condition element: every operator, with ``IfExists``, ``ForAllValues:`` and ``ForAnyValue:``.

Sources: IAM user guide, "Condition operators", "Conditions with multiple context keys or values",
"Single-valued vs. multivalued context keys".
"""

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from localcloud.iam.matching import Context, Kind, Matcher, matcher
from localcloud.iam.policies import Conditions, PolicyError

Condition = Callable[[Context], bool]

_OF_TEXTS = {
    "StringEquals": Kind.EXACT,
    "StringEqualsIgnoreCase": Kind.EXACT_IGNORING_CASE,
    "StringLike": Kind.TEXT,
    "Bool": Kind.EXACT_IGNORING_CASE,
    "ArnEquals": Kind.ARN,
    "ArnLike": Kind.ARN,
}
"""Operators whose values may have variables; ArnEquals and ArnLike are the same."""

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}

_OPPOSITES = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def keys_of(conditions: Conditions) -> Iterator[str]:
    """Yield the context keys that conditions ask for."""
    for keys in conditions.values():
        yield from keys


def needs_key(name: str) -> bool:
    """Tell whether an operator is false where its key is missing."""
    prefix, _, rest = name.rpartition(":")
    is_negating = rest in _OPPOSITES and prefix != "ForAnyValue"
    return not (name == "Null" or rest.endswith("IfExists") or prefix == "ForAllValues" or is_negating)


def compile_conditions(conditions: Conditions, *, has_variables: bool) -> Sequence[Condition]:
    """Compile conditions; all must hold.

    Raises
    ------
    PolicyError
        An operator is unknown, or a value of the policy is none of its type.
    """
    return [
        _condition(name, key.lower(), values, has_variables=has_variables)
        for name, keys in conditions.items()
        for key, values in keys.items()
    ]


def _condition(name: str, key: str, wanted: Sequence[str], *, has_variables: bool) -> Condition:
    if name == "Null":
        return _null(key, wanted)
    prefix, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    is_opposite = base in _OPPOSITES
    found = _test(_OPPOSITES.get(base, base), wanted, has_variables=has_variables)
    if found is None or prefix not in {"", "ForAllValues", "ForAnyValue"}:
        raise PolicyError(f"The condition operator '{name}' is unknown.")
    fits: Matcher = found
    # "If the key is not present": true for IfExists, ForAllValues, and operators that negate.
    if_missing = base != rest or prefix == "ForAllValues" or (is_opposite and prefix != "ForAnyValue")
    needs_all = prefix == "ForAllValues" or (is_opposite and not prefix)

    def holds(context: Context) -> bool:
        values = context.get(key)
        if values and prefix:  # an empty text is an empty set, for the operators of sets
            values = [value for value in values if value]
        if not values:
            return if_missing
        results = (fits(value, context) is not is_opposite for value in values)
        return all(results) if needs_all else any(results)

    return holds


def _null(key: str, wanted: Sequence[str]) -> Condition:
    if not {value.lower() for value in wanted} <= {"true", "false"}:
        raise PolicyError("A value of the condition 'Null' must be true or false.")
    return lambda context: any((value.lower() == "true") is not bool(context.get(key)) for value in wanted)


def _test(base: str, wanted: Sequence[str], *, has_variables: bool) -> Matcher | None:
    """Give what tells whether a value of the request fits one of the policy; None for unknown operators."""
    if base in _OF_TEXTS:
        return matcher(wanted, _OF_TEXTS[base], has_variables=has_variables)
    for family, read in (("Numeric", _number), ("Date", _moment)):
        if (compare := _COMPARISONS.get(base.removeprefix(family))) and base.startswith(family):
            return _typed(base, wanted, read, read, compare)
    if base == "IpAddress":
        return _typed(
            base, wanted, _network, ipaddress.ip_address, lambda address, network: address in network
        )
    if base == "BinaryEquals":
        return _typed(base, wanted, _binary, _binary, operator.eq)
    return None


def _typed(
    name: str,
    wanted: Sequence[str],
    read_wanted: Callable[[str], Any],
    read_given: Callable[[str], Any],
    compare: Callable[[Any, Any], bool],
) -> Matcher:
    """Compare values of a type; a value of the request that is none of the type fits nothing."""
    try:
        bounds = [read_wanted(value) for value in wanted]
    except ValueError as error:
        raise PolicyError(f"A value of the condition '{name}' is none of its type: {error}") from error

    def fits(text: str, _context: Context) -> bool:
        try:
            given = read_given(text)
        except ValueError:
            return False
        return any(compare(given, bound) for bound in bounds)

    return fits


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"'{text}' is no number")
    return number


def _moment(text: str) -> float:
    """Read a time: ISO 8601 as W3C restricts it, or seconds since 1970."""
    if re.fullmatch(r"-?[0-9]{5,}(\.[0-9]+)?", text):
        return float(text)
    missing = {4: "-01-01", 7: "-01"}.get(len(text), "")  # a year; a year and a month
    moment = datetime.fromisoformat(text + missing)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _binary(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
