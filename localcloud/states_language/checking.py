"""The check of a state machine's definition, as AWS makes it when the machine is made.

The messages are AWS's, as ValidateStateMachineDefinition answered (LocalStack's snapshots of 2025-10-19, and
the repositories that `schema` and `graph` name).
"""

import json
import re
from collections.abc import Iterator

from localcloud.states_language import schema as known
from localcloud.states_language.diagnostics import Diagnostic, errors
from localcloud.states_language.fields import states, texts
from localcloud.states_language.graph import check_graph, check_names
from localcloud.states_language.paths import is_call, is_path
from localcloud.states_language.states import Checker, Integrations

NO_OBJECT = "Definition must be a valid JSON object"
_TOKEN = re.compile(r"[A-Za-z]\w*")


def check(
    text: str, *, is_express: bool = False, integrations: Integrations | None = None
) -> list[Diagnostic]:
    """Check a definition.

    Parameters
    ----------
    text
        The definition.
    is_express
        Whether it is an EXPRESS state machine's.
    integrations
        What tasks can call; without them everything is taken.

    Returns
    -------
    list[Diagnostic]
        What is wrong, in AWS's order: transitions are looked at once the schema is right.
    """
    try:
        machine = _read(text)
    except ValueError as error:
        return [_no_json(text, error)]
    if not isinstance(machine, dict):
        return [Diagnostic("SCHEMA_VALIDATION_FAILED", NO_OBJECT)]
    language = machine.get("QueryLanguage", "JSONPath")
    checker = Checker(
        is_jsonata=language != "JSONPath", is_express=is_express, integrations=integrations or Integrations()
    )
    found = list(checker.machine(machine, "", known.MACHINE))
    if not errors(found):
        found += check_names(machine, "", set())
        found += check_graph(machine, "")
    return found


def _read(text: str) -> object:
    if not text.strip():
        return None

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        read: dict[str, object] = {}
        for name, value in pairs:
            if name in read:
                raise ValueError(f"Duplicate field '{name}'")
            read[name] = value
        return read

    def refuse(name: str) -> object:
        raise ValueError(f"Unrecognized token '{name}'")

    return json.loads(text, object_pairs_hook=once, parse_constant=refuse)


def _no_json(text: str, error: ValueError) -> Diagnostic:
    """Say where the text stops being JSON, in the words of AWS's parser where those are known."""
    if not isinstance(error, json.JSONDecodeError):
        return Diagnostic("INVALID_JSON_DESCRIPTION", str(error))
    column, message = error.colno, error.msg
    if token := _TOKEN.match(text, error.pos):
        wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        column, message = column + len(token[0]), f"Unrecognized token '{token[0]}': was expecting {wanted}"
    shown = text if len(text) <= 500 else text[:500] + "[truncated]"
    place = f'[Source: (String)"{shown}"; line: {error.lineno}, column: {column}]'
    return Diagnostic("INVALID_JSON_DESCRIPTION", f"{message}\n at {place}", place)


def warnings(text: str) -> Iterator[Diagnostic]:
    """Point to texts of a right definition that look like paths, but are taken as they are."""
    for path, _, state in states(json.loads(text)):
        for field in ("Parameters", "ResultSelector", "ItemSelector"):
            for place, value in texts(state.get(field), f"{path}/{field}"):
                if not place.endswith(".$") and _looks_like_path(value):
                    message = "No .$ on a field that appears to be a JSONPath or Intrinsic Function."
                    yield Diagnostic("NO_DOLLAR", message, place, "WARNING")
        for place, value in texts(state.get("Result"), f"{path}/Result"):
            if _looks_like_path(value):
                message = "Attempt to use a path in the result of a pass state."
                yield Diagnostic("PASS_RESULT_IS_STATIC", message, place, "WARNING")


def _looks_like_path(text: str) -> bool:
    return (text.startswith(("$.", "$[", "$$.")) and is_path(text)) or is_call(text)
