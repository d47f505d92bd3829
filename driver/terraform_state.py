"""What a Terraform state file says is deployed. Reads format version 4."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ManagedResource:
    """A resource Terraform made and would destroy; `module` is empty in the root."""

    module: str
    name: str

    @property
    def address(self) -> str:
        """Its whole address."""
        return f"{self.module}.{self.name}" if self.module else self.name


def read_managed_resources(text: str) -> list[ManagedResource]:
    """List what a state manages, sorted by address.

    Parameters
    ----------
    text
        The state file's text; an empty one describes nothing.

    Raises
    ------
    ValueError
        If it is no state of format version 4.
    """
    if not text.strip():
        return []
    state = json.loads(text)
    if not isinstance(state, dict) or state.get("version") != 4:
        raise ValueError("not a Terraform state of format version 4")
    found = []
    for resource in state.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances", []):
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            name = f"{resource['type']}.{resource['name']}{index}"
            found.append(ManagedResource(resource.get("module", ""), name))
    return sorted(found)


def group_by_module(resources: list[ManagedResource]) -> dict[str, list[str]]:
    """Group the resources' names by module, both in order."""
    groups = itertools.groupby(sorted(resources), key=lambda resource: resource.module)
    return {module: [resource.name for resource in members] for module, members in groups}
