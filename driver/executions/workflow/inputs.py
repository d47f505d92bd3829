"""The input of a workflow: made of JSON and single settings, and checked against its schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from driver.executions.workflow.schema import WorkflowSchema
from driver.host.wording import counted
from driver.manifests.complaints import below, complaints, types_of
from driver.model.choices import InputAccess
from driver.model.exceptions import WorkflowInputError

_NAMED = 5  # wrong inputs that are named one by one
_MAY = {
    InputAccess.READ: "read",
    InputAccess.WRITE: "write to",
    InputAccess.IMAGE: "run",
    InputAccess.NAME: "make",
}
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
            place, wanted = place.setdefault(name, {}), below(wanted, name)
            if not isinstance(place, dict):
                raise WorkflowInputError(f"--set {setting!r} sets nothing.", f"{name} holds no further keys.")
        place[names[-1]] = _typed(text, below(wanted, names[-1]))
    return result


def check_inputs(inputs: Mapping[str, Any], schema: WorkflowSchema) -> None:
    """Make sure that a workflow can be started with these inputs.

    Raises
    ------
    WorkflowInputError
        Naming each wrong input, up to five, and what was expected there.
    """
    found = [
        f"{complaint.path or 'The input'}: {complaint.text}"
        for complaint in complaints(schema.document, dict(inputs), "input")
    ]
    found += [text for name, value in inputs.items() if (text := _denied(name, value, schema))]
    if found:
        count = len(found)
        listed = found[:_NAMED] + (["…"] if count > _NAMED else [])
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


def _denied(name: str, value: object, schema: WorkflowSchema) -> str:
    """Say why the roles of the deployment deny what an input names; nothing where they allow it."""
    allowed = schema.access(name)
    if not allowed or not isinstance(value, str) or not value:
        return ""
    kind = InputAccess(schema.document["properties"][name]["access"])
    asked = value
    if kind is InputAccess.WRITE and not value.endswith("/"):
        asked = f"{value}/"  # SageMaker adds what it writes with a slash
    elif kind is InputAccess.NAME:
        asked = value.lower()  # as ARNs of SageMaker have it
    if any(fnmatchcase(asked, pattern) for pattern in allowed):
        return ""
    return f"{name}: the deployment's roles may {_MAY[kind]} {' and '.join(allowed)} only, not {value}"


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    """Read a value: as text where only text is wanted, else as JSON if it is JSON."""
    if list(types_of(schema)) == ["string"]:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
