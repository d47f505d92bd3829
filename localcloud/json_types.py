"""Which JSON values fit which shapes of a service's model.

Source: Smithy's ``malformedRequests`` protocol tests (restJson1): strings that hold numbers, numbers with a
fraction or out of the type's range, null in lists and maps that are not ``sparse`` are refused.
"""

import math
import sys
from collections.abc import Callable, Mapping

from botocore.model import Shape

_BITS: Mapping[str, int] = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_NOT_A_NUMBER = ("NaN", "Infinity", "-Infinity")
"""How JSON writes the floating-point numbers that it has no literals for."""

_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}


def why_it_does_not_fit(shape: Shape, value: object) -> str | None:
    """Say why a JSON value is none of this shape, or None where it is; null stands for an absent value."""
    if value is None or getattr(shape, "is_document_type", False):
        return None
    if not _fits(shape, value):
        kind = _NAMES.get(type(value), type(value).__name__)
        return f"A JSON {kind} cannot be converted to {_article(shape.type_name)} ({shape.name})."
    items = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    if shape.type_name in {"list", "map"} and not _is_sparse(shape) and any(item is None for item in items):
        return f"null cannot stand in a {shape.type_name} ({shape.name})."
    return None


def unknown_member(shape: Shape, value: object) -> str | None:
    """Name a member of a JSON object that the model does not have, unless it asks for nothing; or None.

    AWS ignores what its model lacks. But a client that is newer than a model of ours may ask for something.
    """
    if shape.type_name != "structure" or not isinstance(value, dict):
        return None
    members: Mapping[str, Shape] = getattr(shape, "members", {})
    known = {member.serialization.get("name", name) for name, member in members.items()}
    return next((name for name, item in value.items() if name not in known and not _is_nothing(item)), None)


def _is_nothing(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_nothing, value.values()))
    return not value


def _fits(shape: Shape, value: object) -> bool:
    kind: str = shape.type_name
    bits = _BITS.get(kind)
    return _TYPES[kind](value) if bits is None else _is_whole(value, bits)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_double(value: object) -> bool:
    """Tell whether this is a number that a double can hold: whole numbers of JSON have no end."""
    return _is_number(value) and (isinstance(value, float) or abs(value) <= sys.float_info.max)  # type: ignore[arg-type]


def _is_whole(value: object, bits: int) -> bool:
    """Tell whether this is a whole number of so many bits; some SDKs write a fraction of zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
        return False
    most: int = 2 ** (bits - 1)
    return -most <= value < most


def _is_sparse(shape: Shape) -> bool:
    model: Mapping[str, object] = getattr(shape, "_shape_model", {})
    return bool(model.get("sparse"))


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'ai' else 'a'} {kind}"


_TYPES: Mapping[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "character": lambda value: isinstance(value, str),
    "blob": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "float": lambda value: is_double(value) or value in _NOT_A_NUMBER,
    "double": lambda value: is_double(value) or value in _NOT_A_NUMBER,
    "timestamp": lambda value: _is_number(value) or isinstance(value, str),
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
    "structure": lambda value: isinstance(value, dict),
}
