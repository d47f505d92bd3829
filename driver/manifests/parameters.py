"""The parameters that a pipeline's definition declares, and which texts fit them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RUN_ID = "parameter_run_id"  # the function that starts a pipeline for the state machine sets it

_LONGEST = 80  # characters of a wrong value that are shown
# As values have them on the wire: StartPipelineExecution takes strings alone.
_PATTERNS = {
    "Integer": re.compile(r"[+-]?[0-9]+"),
    "Float": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "Boolean": re.compile(r"true|false", re.IGNORECASE),
}
_IN_WORDS = {"Integer": "a whole number", "Float": "a number", "Boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; without a default each execution must be given a value."""

    name: str
    type: str = "String"
    has_default: bool = False
    allowed: Sequence[object] = ()

    def complaint(self, text: str) -> str:
        """Say what a value must be that does not fit; empty for one that fits."""
        pattern = _PATTERNS.get(self.type)
        shown = json.dumps(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…", ensure_ascii=False)
        if pattern and not pattern.fullmatch(text):
            return f"expected {_IN_WORDS[self.type]} ({self.type}), not {shown}"
        if self.allowed and self._read(text) not in [self._read(_text(value)) for value in self.allowed]:
            return f"expected one of {', '.join(map(_text, self.allowed))}, not {shown}"
        return ""

    def _read(self, text: str) -> object:
        """Read a value, so that `1` is the Float 1.0 and `True` the Boolean true."""
        if self.type == "Boolean":
            return text.lower()
        if self.type not in _PATTERNS:
            return text
        try:
            return int(text) if self.type == "Integer" else float(text)
        except ValueError:
            return text


def declared(definition: Mapping[str, object]) -> list[Parameter]:
    """Read the parameters that a definition declares."""
    listed = definition.get("Parameters")
    return [
        Parameter(
            str(one.get("Name")),
            str(one.get("Type", "String")),
            one.get("DefaultValue") is not None,
            found if isinstance(found := one.get("EnumValues"), list) else (),
        )
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
