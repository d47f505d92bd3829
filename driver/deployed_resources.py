"""The resources of a Terraform state with what AWS calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from driver.documents import Document
from driver.terraform_state import ManagedResource


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


def deployed_resources(resources: Iterable[ManagedResource]) -> list[DeployedResource]:
    """Tell of resources what AWS calls them, sorted by address."""
    return sorted(DeployedResource(found.module, found.name, found.arn, found.id) for found in resources)


def by_module(resources: Sequence[DeployedResource]) -> Mapping[str, list[DeployedResource]]:
    """Group resources by module, in order; the root's come under an empty name."""
    groups: dict[str, list[DeployedResource]] = {}
    for resource in sorted(resources):
        groups.setdefault(resource.module, []).append(resource)
    return groups
