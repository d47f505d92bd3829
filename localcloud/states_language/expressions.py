"""The JSONata of a state, read when the state machine is made.

Source: AWS's diagnostics as measured in floci-io/floci#2670, #2745 and quoted in anomalyco/sst#6110.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.states_language.diagnostics import Diagnostic, schema
from localcloud.states_language.fields import expression, is_expression, texts
from localcloud.states_language.jsonata import JsonataError, foreign_references
from localcloud.states_language.schema import LITERAL

_INNER = frozenset({"ItemProcessor", "Iterator", "Branches"})
_ERROR_OUTPUT = re.compile(r"\$states\.errorOutput\b")


def check_expressions(state: Mapping[str, Any], path: str) -> Iterator[Diagnostic]:
    """Check all expressions of a state, not those of the states within it."""
    for field, value in state.items():
        if field in LITERAL or field in _INNER:
            continue
        for place, text in texts(value, f"{path}/{field}"):
            if is_expression(text):
                yield from _check(expression(text), place)
            elif text.startswith("{%") or text.endswith("%}"):
                yield schema("JSONata string must start with {% and end with %}", place)


def _check(text: str, place: str) -> Iterator[Diagnostic]:
    try:
        for name in foreign_references(text):
            message = f"Reference to '{name}' at the top level is not supported."
            yield Diagnostic("UNSUPPORTED_JSONATA_EXPRESSION", message, place)
    except JsonataError as error:
        yield Diagnostic("INVALID_JSONATA_EXPRESSION", error.message, place)
        return
    if _ERROR_OUTPUT.search(text) and "/Catch[" not in place:
        message = "Field '$states.errorOutput' does not exist."
        yield Diagnostic("UNSUPPORTED_JSONATA_EXPRESSION", message, place)
