"""What a workflow takes: its JSON Schema in resources/workflows, read and described."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from driver.manifests.complaints import types_of

_FILE = "input.schema.json"
_SAMPLE = "/workflows/data/training/"


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a workflow."""

    name: str
    type: str
    description: str
    default: object = None  # in the deployed workflow; a part that only an execution knows is in <brackets>
    example: object = None  # the first of the schema's examples
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class WorkflowSchema:
    """What one workflow is, and what it takes."""

    name: str  # such as `train_many`
    document: Mapping[str, Any]  # the JSON Schema, draft 2020-12
    values: Mapping[str, object]  # Terraform's outputs, for the placeholders of defaults

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        return str(self.document.get("title", self.name))

    @property
    def description(self) -> str:
        """What it does and what its output is."""
        return str(self.document.get("description", ""))

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its inputs, in the schema's order."""
        required = self.document.get("required", ())
        return tuple(
            Field(
                name=name,
                type=_type(schema),
                description=str(schema.get("description", "")),
                default=self._filled(schema.get("default")),
                example=next(iter(schema.get("examples", ())), None),
                is_required=name in required,
            )
            for name, schema in self.document.get("properties", {}).items()
        )

    def access(self, name: str) -> Sequence[str]:
        """Tell what the roles allow an input to name, with `*` for any text; none means anything.

        The schema's keyword `access` says what the input is: `read`, `write`, `image` or `name`.
        """
        allowed = self.values.get("job_access")  # not in a deployment of an earlier version
        kind = self.document.get("properties", {}).get(name, {}).get("access")
        found = allowed.get(kind, ()) if isinstance(allowed, Mapping) else ()
        return tuple(map(str, found))

    @property
    def sample_field(self) -> str:
        """The input that takes the sample data where it is not given; empty if none does."""
        fields = (field for field in self.fields if _SAMPLE in str(field.default))
        return next((field.name for field in fields), "")

    def _filled(self, default: object) -> object:
        """Fill the placeholders that Terraform fills when it deploys."""
        if isinstance(default, str):
            values = {name: str(value) for name, value in self.values.items()}
            known = defaultdict(lambda: "…", values | {"execution_name": "<execution>"})
            return Template(default).substitute(known)
        return default


def workflow_names(folder: Path) -> list[str]:
    """List the workflows of this project."""
    return sorted(path.parent.name for path in folder.glob(f"*/{_FILE}"))


def read_schema(folder: Path, name: str, values: Mapping[str, object]) -> WorkflowSchema:
    """Read the schema of a workflow that there is."""
    return WorkflowSchema(name, json.loads((folder / name / _FILE).read_text("utf-8")), values)


def _type(schema: Mapping[str, Any]) -> str:
    return " or ".join(types_of(schema)) or "any"
