"""What a Terraform state file says is deployed. Reads format version 4."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class ManagedResource:
    """A resource Terraform made and would destroy; `module` is empty in the root.

    `id` and `arn` are what the provider says they are, empty where it says nothing. `dependencies` has all it
    depends on, directly or not, data sources too: addresses without the keys of `count` and `for_each`.
    """

    module: str
    name: str
    id: str = field(default="", compare=False)
    arn: str = field(default="", compare=False)
    dependencies: tuple[str, ...] = field(default=(), compare=False)

    @property
    def type(self) -> str:
        """Its type in Terraform, such as `aws_s3_bucket`."""
        return self.name.partition(".")[0]

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
            attributes = instance.get("attributes") or {}
            found.append(
                ManagedResource(
                    module=resource.get("module", ""),
                    name=name,
                    id=str(attributes.get("id") or ""),
                    arn=str(attributes.get("arn") or ""),
                    dependencies=tuple(instance.get("dependencies", ())),
                )
            )
    return sorted(found)


def group_by_module(resources: list[ManagedResource]) -> dict[str, list[str]]:
    """Group the resources' names by module, both in order."""
    groups = itertools.groupby(sorted(resources), key=lambda resource: resource.module)
    return {module: [resource.name for resource in members] for module, members in groups}
