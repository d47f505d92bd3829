"""Values of a pipeline: the four types that parameters, outputs and comparisons have."""

import json
import re
from enum import StrEnum

Value = str | int | float | bool

# Stricter than int() and float(), which would take "1_000", " 1 " and "nan".
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class ValueType(StrEnum):
    """The type of a parameter or an output, by AWS's name."""

    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    BOOLEAN = "Boolean"


def type_of(value: Value) -> ValueType:
    """Tell a value's type; a bool is a Boolean although Python counts it among the integers."""
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, int):
        return ValueType.INTEGER
    return ValueType.FLOAT if isinstance(value, float) else ValueType.STRING


def render(value: Value) -> str:
    """Write a value as a string, the way ``Std:Join`` and output parameters do.

    Booleans come out in lower case, as in AWS's integration tests of the SageMaker Python SDK
    (``test_fail_steps.py``: "… returns: false").
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def convert(raw: object, wanted: ValueType) -> Value:
    """Make a value of the wanted type from what JSON, or a string on the wire, gives.

    A nested object or list becomes the String of its JSON, as AWS documents for outputs.

    Raises `ValueError` where the value cannot be read as that type.
    """
    if wanted is ValueType.STRING and raw is not None:
        if isinstance(raw, dict | list):
            return json.dumps(raw, separators=(",", ":"))
        if isinstance(raw, str | int | float):
            return render(raw)
    if wanted is ValueType.BOOLEAN and str(raw).lower() in {"true", "false"}:
        return str(raw).lower() == "true"
    if wanted is ValueType.INTEGER and _INTEGER.fullmatch(str(raw)):
        return int(str(raw))
    if wanted is ValueType.FLOAT and _FLOAT.fullmatch(str(raw)):
        return float(str(raw))
    raise ValueError(f"{json.dumps(raw, default=str)} is not of type {wanted}")
