"""The resources of a Terraform state with what AWS calls them. Reads format version 4."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from driver.documents import Document


@dataclass(frozen=True, slots=True, order=True)
class DeployedResource:
    """A resource that Terraform made; `arn` is empty for what has none, such as a role's policy.

    `module` is empty in the root; `id` is Terraform's, which most resources share with AWS.
    """

    module: str
    name: str
    arn: str = ""
    id: str = ""

    @property
    def address(self) -> str:
        """Its whole address."""
        return f"{self.module}.{self.name}" if self.module else self.name

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "address": self.address,
            "module": self.module,
            "arn": self.arn or None,
            "id": self.id or None,
        }


def read_deployed_resources(text: str) -> list[DeployedResource]:
    """List what a state manages, sorted by address; an empty text describes nothing."""
    state = json.loads(text) if text.strip() else {}
    found = []
    for resource in state.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances", []):
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            attributes = instance.get("attributes") or {}
            found.append(
                DeployedResource(
                    resource.get("module", ""),
                    f"{resource['type']}.{resource['name']}{index}",
                    str(attributes.get("arn") or ""),
                    str(attributes.get("id") or ""),
                )
            )
    return sorted(found)


def by_module(resources: Sequence[DeployedResource]) -> Mapping[str, list[DeployedResource]]:
    """Group resources by module, in order; the root's come under an empty name."""
    groups: dict[str, list[DeployedResource]] = {}
    for resource in sorted(resources):
        groups.setdefault(resource.module, []).append(resource)
    return groups
