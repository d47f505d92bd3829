"""The input of a workflow: made of JSON and single settings, and checked against its schema."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.executions.workflow.schema import WorkflowSchema, expected, types_of
from driver.host.wording import counted
from driver.model.exceptions import WorkflowInputError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_NAMED = 5  # wrong inputs that are named one by one
_LONGEST = 80  # characters of a wrong value that are shown
_MOST_BYTES = 262_144  # of an execution's input, in UTF-8 (Step Functions quotas)


def read_inputs(text: str) -> dict[str, Any]:
    """Read what was given as `--input`: JSON, or `@` and the name of a file that holds it.

    Raises
    ------
    WorkflowInputError
        If it is no JSON object.
    """
    source = "--input"
    if text.startswith("@"):
        source = text[1:]
        try:
            text = Path(source).expanduser().read_text("utf-8")
        except UnicodeDecodeError as error:
            raise WorkflowInputError(f"{source} cannot be read as text.", f"{error}.") from error
        except OSError as error:
            raise WorkflowInputError(f"{source} cannot be read.", f"{error.strerror}.") from error
    try:
        inputs = json.loads(text) if text.strip() else {}
    except ValueError as error:
        why = f"{error}."
        raise WorkflowInputError(f"{source} is no JSON.", why, 'It looks like {"name": "value"}.') from error
    if not isinstance(inputs, dict):
        raise WorkflowInputError(f"{source} is no JSON object.", 'It must look like {"name": "value"}.')
    return inputs


def set_inputs(inputs: Mapping[str, Any], settings: Iterable[str], schema: WorkflowSchema) -> dict[str, Any]:
    """Add settings such as `hyperparameters.max-depth=3` to a copy of the inputs.

    Each has the type that the schema wants there; a value that the schema does not know is JSON if it can be
    read as JSON, and text otherwise. Later settings replace earlier ones.

    Raises
    ------
    WorkflowInputError
        If one has no `=`, or goes down into what is no object.
    """
    result: dict[str, Any] = json.loads(json.dumps(dict(inputs)))
    for setting in settings:
        path, sign, text = setting.partition("=")
        names = path.strip().split(".")
        if not sign or not all(names):
            raise WorkflowInputError(
                f"--set {setting!r} sets nothing.", "It must look like key=value or key.key=value."
            )
        place, wanted = result, schema.document
        for name in names[:-1]:
            place, wanted = place.setdefault(name, {}), _below(wanted, name)
            if not isinstance(place, dict):
                raise WorkflowInputError(f"--set {setting!r} sets nothing.", f"{name} holds no further keys.")
        place[names[-1]] = _typed(text, _below(wanted, names[-1]))
    return result


def check_inputs(inputs: Mapping[str, Any], schema: WorkflowSchema) -> None:
    """Make sure that a workflow can be started with these inputs.

    Raises
    ------
    WorkflowInputError
        Naming each wrong input, up to five, and what was expected there.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - it takes a while

    errors = sorted(
        Draft202012Validator(dict(schema.document)).iter_errors(dict(inputs)),
        key=lambda error: [str(part) for part in error.absolute_path],
    )
    complaints = [complaint for error in errors for complaint in _complaints(error)]
    if complaints:
        count = len(complaints)
        listed = complaints[:_NAMED] + (["…"] if count > _NAMED else [])
        raise WorkflowInputError(
            f"Workflow {schema.name} cannot be started with {counted(count, 'wrong input')}.",
            "\n".join(listed),
            f"`invoke workflows --workflow {schema.name}` shows what it takes.",
        )
    size = len(json.dumps(inputs).encode())
    if size > _MOST_BYTES:
        raise WorkflowInputError(
            f"The input of workflow {schema.name} is too long.",
            f"It has {size} bytes as JSON; Step Functions takes {_MOST_BYTES}.",
        )


def _below(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the schema of a key; an empty one, which allows all, if there is none."""
    below = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
    return below if isinstance(below, dict) else {}


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    """Read a value: as text where only text is wanted, else as JSON if it is JSON."""
    if list(types_of(schema)) == ["string"]:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _complaints(error: ValidationError) -> list[str]:
    """Say what is wrong at one place, and what was expected."""
    place, schema = _place(error.absolute_path), error.schema
    wanted: Mapping[str, Any] = schema if isinstance(schema, dict) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(wanted.get("properties", {}))
        unknown = [name for name in error.instance if name not in known]
        return [f"{_join(place, name)}: there is no such input; {_suggest(name, known)}" for name in unknown]
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = [name for name in wanted["required"] if f"'{name}' is" in error.message]
        return [f"{_join(place, name)}: missing; {_about(wanted, name)}" for name in missing]
    value = json.dumps(error.instance)
    shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return [f"{place or 'The input'}: expected {expected(wanted)}, not {shown}"]


def _place(path: Iterable[str | int]) -> str:
    place = ""
    for part in path:
        place = f"{place}[{part}]" if isinstance(part, int) else _join(place, part)
    return place


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _suggest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _about(schema: Mapping[str, Any], name: str) -> str:
    below = _below(schema, name)
    described = f" ({below['description']})" if "description" in below else ""
    return f"expected {expected(below)}{described}"
