"""Reading events: what must be there, and what is said where it is not."""

import json
from collections.abc import Mapping


class EventError(ValueError):
    """An event or a message lacks what it is for; the text names it."""


def texts(source: Mapping[str, object], *keys: str) -> list[str]:
    """Take the values of keys that must hold text; `EventError` names all that do not."""
    missing = [key for key in keys if not source.get(key)]
    if missing:
        raise EventError(f"Missing or empty: {', '.join(missing)}. The keys given are {names(source)}.")
    wrong = [key for key in keys if not isinstance(source[key], str)]
    if wrong:
        raise EventError(f"Not a text: {', '.join(wrong)}.")
    return [str(source[key]) for key in keys]


def json_object(name: str, text: str) -> Mapping[str, object]:
    """Read a text that must be a JSON object; `EventError` calls it by this name."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise EventError(f"{name} is not JSON: {error}.") from error
    except RecursionError:
        raise EventError(f"{name} is nested too deeply.") from None
    if not isinstance(value, dict):
        raise EventError(f"{name} is not a JSON object but {type(value).__name__}.")
    return value


def names(mapping: Mapping[str, object]) -> str:
    """Name the keys of a mapping, for a message."""
    return ", ".join(sorted(map(str, mapping))) or "none"
