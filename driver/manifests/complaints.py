"""What a value lacks to fit a JSON Schema, in the words of the person who wrote the value."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_LONGEST = 80  # characters of a wrong value that are shown
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "text",
}
# What `expected` puts into words; of another keyword the validator's own message is shown.
_IN_WORDS = {
    "type",
    "enum",
    "minimum",
    "maximum",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong, and the place of the value: the keys and positions that lead to it."""

    place: tuple[str | int, ...]
    text: str

    @property
    def path(self) -> str:
        """The place as one would write it, such as `steps[1].name`; empty for the whole."""
        path = ""
        for part in self.place:
            if isinstance(part, int):
                path += f"[{part}]"
            else:
                path += f".{part}" if path else part
        return path


def complaints(schema: Mapping[str, Any], value: object, noun: str = "key") -> list[Complaint]:
    """Check a value against a JSON Schema (draft 2020-12).

    - `noun`: what a key of the value is, in the messages, such as `input`.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - it takes a while

    errors = sorted(
        Draft202012Validator(dict(schema)).iter_errors(value),
        key=lambda error: [str(part) for part in error.absolute_path],
    )
    return [complaint for error in errors for complaint in _of_error(error, noun)]


def expected(schema: Mapping[str, Any]) -> str:
    """Say what a schema wants, such as `a whole number from 1 to 100`."""
    if "enum" in schema:
        return f"one of {', '.join(json.dumps(value) for value in schema['enum'])}"
    words = " or ".join(_TYPES.get(name, name) for name in types_of(schema)) or "any value"
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is not None and highest is not None:
        words += f" from {lowest} to {highest}"
    elif lowest is not None or highest is not None:
        words += f" of {lowest} or more" if lowest is not None else f" of {highest} or less"
    if "pattern" in schema:
        words += f" that matches {schema['pattern']}"
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if shortest is not None or longest is not None:
        words += f" of {shortest or 0} to {longest or 'any number of'} characters"
    fewest, most = schema.get("minItems"), schema.get("maxItems")
    if fewest is not None or most is not None:
        words += f" of {fewest or 0} to {most or 'any number of'} items"
    return words


def types_of(schema: Mapping[str, Any]) -> Sequence[str]:
    """Return the JSON types that a schema allows; none means any."""
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def below(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the schema of a key; an empty one, which allows all, if there is none."""
    found = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
    return found if isinstance(found, dict) else {}


def suggestion(name: str, known: Iterable[str]) -> str:
    """Name the known name that is closest to a wrong one, or else all."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _of_error(error: ValidationError, noun: str) -> list[Complaint]:
    place = tuple(error.absolute_path)
    wanted: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(wanted.get("properties", {}))
        unknown = [name for name in error.instance if name not in known]
        return [
            Complaint((*place, name), f"there is no such {noun}; {suggestion(name, known)}")
            for name in unknown
        ]
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = [name for name in wanted["required"] if f"'{name}' is" in error.message]
        return [Complaint((*place, name), f"missing; {_about(wanted, name)}") for name in missing]
    if error.validator not in _IN_WORDS:
        return [Complaint(place, error.message)]
    value = json.dumps(error.instance)
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    described = _description(wanted) if error.validator == "pattern" else ""
    return [Complaint(place, f"expected {expected(wanted)}{described}, not {shown}")]


def _about(schema: Mapping[str, Any], name: str) -> str:
    wanted = below(schema, name)
    return f"expected {expected(wanted)}{_description(wanted)}"


def _description(schema: Mapping[str, Any]) -> str:
    return f" ({schema['description']})" if "description" in schema else ""
