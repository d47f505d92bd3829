"""The Condition element: every operator, with ``IfExists``, ``ForAllValues:`` and ``ForAnyValue:``."""

import ipaddress
import operator
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from localcloud.iam.matching import Context, fill, matches, matches_arn
from localcloud.iam.policies import Conditions, PolicyError

Test = Callable[[str, str], bool]
"""Whether a value of the context, the second, fits a value of the policy, the first."""


def _number(compare: Callable[[float, float], bool]) -> Test:
    return lambda wanted, given: compare(float(given), float(wanted))


def _date(compare: Callable[[float, float], bool]) -> Test:
    return lambda wanted, given: compare(_moment(given), _moment(wanted))


def _moment(text: str) -> float:
    """Read a time: ISO 8601, or seconds since 1970."""
    if text.replace(".", "", 1).isdigit() and "-" not in text:
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _address(wanted: str, given: str) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


_LIKE = frozenset({"StringLike", "ArnLike", "ArnEquals"})
"""Operators in whose values ``*`` and ``?`` are wildcards."""

_TESTS: dict[str, Test] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": matches,
    "NumericEquals": _number(operator.eq),
    "NumericLessThan": _number(operator.lt),
    "NumericLessThanEquals": _number(operator.le),
    "NumericGreaterThan": _number(operator.gt),
    "NumericGreaterThanEquals": _number(operator.ge),
    "DateEquals": _date(operator.eq),
    "DateLessThan": _date(operator.lt),
    "DateLessThanEquals": _date(operator.le),
    "DateGreaterThan": _date(operator.gt),
    "DateGreaterThanEquals": _date(operator.ge),
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "BinaryEquals": operator.eq,
    "IpAddress": _address,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
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


def hold(conditions: Conditions, context: Context, *, has_variables: bool) -> bool:
    """Tell whether all conditions hold.

    Raises
    ------
    PolicyError
        An operator is unknown, or a value is none of its type.
    """
    return all(
        _holds(name, values, context.get(key.lower()), context if has_variables else None)
        for name, keys in conditions.items()
        for key, values in keys.items()
    )


def _holds(name: str, wanted: Sequence[str], values: Sequence[str] | None, variables: Context | None) -> bool:
    prefix, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    if base == "Null":
        return any((value == "true") is (values is None) for value in wanted)
    test = _TESTS.get(_OPPOSITES.get(base, base))
    if test is None or prefix not in {"", "ForAllValues", "ForAnyValue"}:
        raise PolicyError(f"The condition operator '{name}' is unknown.")
    is_opposite = base in _OPPOSITES
    if not values:
        # "If the key is not present": true for IfExists, ForAllValues and operators that negate.
        return base != rest or prefix == "ForAllValues" or (is_opposite and prefix != "ForAnyValue")
    patterns = [_pattern(value, _OPPOSITES.get(base, base), variables) for value in wanted]

    def fits(value: str) -> bool:
        try:
            found = any(pattern is not None and test(pattern, value) for pattern in patterns)
        except ValueError as error:
            raise PolicyError(f"A value of the condition '{name}' is none of its type: {error}") from error
        return found is not is_opposite

    if prefix == "ForAllValues" or (is_opposite and not prefix):
        return all(map(fits, values))
    return any(map(fits, values))


def _pattern(value: str, base: str, variables: Context | None) -> str | None:
    """Fill a value's variables; without wildcards there is nothing to be kept from being one."""
    if variables is None or "${" not in value:
        return value
    filled = fill(value, variables)
    if filled is None or base in _LIKE:
        return filled
    return filled.replace("\\*", "*").replace("\\?", "?").replace("\\\\", "\\")
