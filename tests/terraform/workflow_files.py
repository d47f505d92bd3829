"""The workflows' definitions and schemas as Terraform renders them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from .program import ROOT

Object: TypeAlias = "dict[str, Any]"

FOLDER = ROOT / "resources" / "workflows"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/workflow.asl.json"))
SYNC = ".sync"

_EXECUTION = "{}"
_VALUES = {
    "bucket_name": "demo-123456789012-us-west-2",
    "name_prefix": "demo",
    "image_uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/demo-scikit:latest",
    "execution_name": _EXECUTION,
    "role_arn": "arn:aws:iam::123456789012:role/demo-jobs",
    "topic_arn": "arn:aws:sns:us-west-2:123456789012:demo-failures",
    "state_machine_arn_prefix": "arn:aws:states:us-west-2:123456789012:stateMachine:demo",
    "poll_seconds": "30",
}


def _render(file: Path, values: dict[str, str]) -> Object:
    """Render a template; a placeholder that Terraform would not know is an error."""
    text = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], file.read_text(encoding="utf-8"))
    rendered: Object = json.loads(text)
    return rendered


def schema_of(name: str, execution: str = _EXECUTION) -> Object:
    """Give the schema of a workflow's input, its defaults filled in."""
    return _render(FOLDER / name / "input.schema.json", _VALUES | {"execution_name": execution})


def defaults_of(name: str, execution: str = _EXECUTION) -> Object:
    """Give what stands for an input that is not given."""
    properties = schema_of(name, execution)["properties"]
    return {key: field["default"] for key, field in properties.items() if "default" in field}


def definition_of(name: str) -> Object:
    """Give a workflow's definition, with the states that all of them end with."""
    defaults = {"defaults": json.dumps(defaults_of(name))}
    definition = _render(FOLDER / name / "workflow.asl.json", _VALUES | defaults)
    common = _render(ROOT / "terraform/definitions/notify_failure.json", _VALUES)
    assert not set(common) & set(definition["States"])
    return definition | {"States": definition["States"] | common}


def flows(definition: Object) -> Iterator[Object]:
    """Give the definition and what its Map states repeat."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from flows(state["ItemProcessor"])


def followers(state: Object) -> set[str]:
    """Name the states that can come next."""
    parts = [state, *state.get("Catch", []), *state.get("Choices", [])]
    return {part["Next"] for part in parts if "Next" in part} | {
        state[key] for key in ("Default",) if key in state
    }


def strings(value: object) -> Iterator[str]:
    """Give every text in a document, keys not included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
