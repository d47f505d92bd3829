"""A program in the terminal's place, which holds every document against its schema."""

import io
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from driver.host.console import Console, Voice

SCHEMAS = Path(__file__).resolve().parents[3] / "driver/commands/schemas"


def schema(name: str) -> dict[str, Any]:
    return dict(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


def valid(name: str, text: str) -> dict[str, Any]:
    """Read the one document that a task gave; it fits its schema."""
    document = json.loads(text)
    Draft202012Validator(schema(name)).validate(document)
    return dict(document)


class Program:
    """What a program reads: the document, and all else beside it."""

    def __init__(self) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.console = Console(self._out, self._err, voice=Voice(is_json=True))

    def document(self, name: str) -> dict[str, Any]:
        return valid(name, self._out.getvalue())

    @property
    def errors(self) -> str:
        return self._err.getvalue()
