"""JSON objects that were kept: read, and what a member holds."""

from __future__ import annotations

import json
from typing import Any


def parse_object(text: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    ValueError
        If the text is none; it says why in words that follow the file's name.
    """
    if not text.strip():
        raise ValueError("is empty")
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise ValueError("is no JSON: it is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"is no complete JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 - the content is wrong, not the program
    return document


def text_of(record: dict[str, Any], name: str) -> str:
    """Return a member that must be a text.

    Raises
    ------
    KeyError, ValueError
        If it is missing or something else.
    """
    value = record[name]
    if not isinstance(value, str):
        raise ValueError(f"has no text as {name}")  # noqa: TRY004 - the content is wrong, not the program
    return value


def optional_text_of(record: dict[str, Any], name: str) -> str | None:
    """Return a member that must be a text if it is there and not null."""
    return None if record.get(name) is None else text_of(record, name)
