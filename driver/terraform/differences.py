"""What differs between two long texts of a plan: of JSON its members, of other text its lines. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

_MOST = 40  # lines
_LONGEST = 100  # characters of a value
_NAMES = ("Name", "Sid", "OutputName", "InputName", "ChannelName", "PropertyFileName", "MetricName")


def differences(before: object, after: object) -> tuple[str, ...]:
    """Tell what changes from one text to another: `-` goes, `+` comes, `~` changes.

    Nothing if one of them is no text, or each is one line: there is nothing to compare then.
    """
    if not (isinstance(before, str) and isinstance(after, str)):
        return ()
    old, new = _document(before), _document(after)
    if old is not None and new is not None:
        lines = list(_of_json(old, new, ""))
    else:
        lines = list(_of_text(before, after)) if "\n" in before + after else []
    more = len(lines) - _MOST
    return (*lines[:_MOST], f"… and {more} more") if more > 0 else tuple(lines)


def _document(text: str) -> object:
    """Read a JSON object or list; None for any other text."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _of_json(old: object, new: object, path: str) -> Iterator[str]:
    named_old, named_new = _members(old), _members(new)
    if named_old is None or named_new is None or isinstance(old, dict) is not isinstance(new, dict):
        if old != new:
            yield f"~ {path}: {_written(old)} → {_written(new)}"
        return
    is_list = isinstance(old, list)
    for name in dict.fromkeys([*named_old, *named_new]):
        below = f"{path}[{name}]" if is_list else f"{path}.{name}".removeprefix(".")
        if name not in named_new:
            yield f"- {below}: {_written(named_old[name])}"
        elif name not in named_old:
            yield f"+ {below}: {_written(named_new[name])}"
        else:
            yield from _of_json(named_old[name], named_new[name], below)
    shared = [name for name in named_old if name in named_new]
    if is_list and shared != [name for name in named_new if name in named_old]:
        yield f"~ {path}: in another order"


def _members(value: object) -> Mapping[str, object] | None:
    """Give an object's members by name; a list's by what its items are called, else by their places."""
    if isinstance(value, dict):
        return {str(name): member for name, member in value.items()}
    if not isinstance(value, list):
        return None
    for key in _NAMES:
        names = [item.get(key) if isinstance(item, dict) else None for item in value]
        if value and all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return dict(zip(map(str, names), value, strict=True))
    return {str(number): item for number, item in enumerate(value)}


def _of_text(old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    for line in list(lines)[2:]:
        yield line if line.startswith("@@") else f"{line[:1]} {line[1:]}"


def _written(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
