"""What a Terraform state says is deployed. Reads format version 4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from driver.model.documents import Document
from driver.model.records import parse_object

_VERSION = 4
# Terraform writes these at the head of the file, so that they outlive a write that was cut off.
_SERIAL = re.compile(r'"serial":\s*(\d+)')
_LINEAGE = re.compile(r'"lineage":\s*"([^"]+)"')
_HEAD = 500  # characters
_ROOT_MODULE = re.compile(r"module\.[^.\[]+(?:\[[^\]]*\])?")


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

    @property
    def local_name(self) -> str:
        """Its address within the root's module."""
        return self.address.removeprefix(f"{root_module(self.address)}.")

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "address": self.address,
            "module": self.module,
            "arn": self.arn or None,
            "id": self.id or None,
        }


@dataclass(frozen=True, slots=True)
class StateHead:
    """Which state it is: `lineage` is given once for all its versions, `serial` counts them.

    Of a file that was cut off, each is None if it is not in what is left.
    """

    serial: int | None = None
    lineage: str | None = None


def read_managed_resources(text: str) -> list[ManagedResource]:
    """List what a state manages, sorted by address.

    An empty text describes nothing.

    Raises `ValueError` if it is no state of format version 4; it says why in words that follow the file's
    name.
    """
    return _resources(_parse(text)) if text.strip() else []


def _resources(state: Mapping[str, Any]) -> list[ManagedResource]:
    try:
        return sorted(_managed(state))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"is no complete Terraform state: its resources are not as they must be ({error!r})"
        ) from error


def read_outputs(text: str) -> dict[str, object]:
    """Return the outputs that a state holds, without those that are sensitive.

    Raises `ValueError` if it is no state of format version 4.
    """
    outputs = _parse(text).get("outputs", {}) if text.strip() else {}
    return {
        name: output["value"]
        for name, output in (outputs.items() if isinstance(outputs, dict) else ())
        if isinstance(output, dict) and "value" in output and not output.get("sensitive")
    }


def read_head(text: str) -> StateHead:
    """Return which state a text is or was, as far as that can be seen in what is left of it."""
    serial, lineage = _SERIAL.search(text[:_HEAD]), _LINEAGE.search(text[:_HEAD])
    return StateHead(int(serial[1]) if serial else None, lineage[1] if lineage else None)


def check_complete(text: str) -> StateHead:
    """Make sure that a text is a whole state.

    Raises `ValueError` if it is not, or does not say which one it is; it says why in words that follow the
    file's name.
    """
    return read_whole(text)[0]


def read_whole(text: str) -> tuple[StateHead, list[ManagedResource]]:
    """Read which state a text is, and what it manages; it raises what `check_complete` does."""
    state = _parse(text) if text.strip() else {}
    resources = _resources(state)
    serial, lineage = state.get("serial"), state.get("lineage")
    if not isinstance(serial, int) or not isinstance(lineage, str) or not lineage:
        raise ValueError("is no complete Terraform state: it has no serial number or no lineage")
    return StateHead(serial, lineage), resources


def root_module(address: str) -> str:
    """Return the module call of the root that an address lies in, with its key; empty for the root itself."""
    found = _ROOT_MODULE.match(address)
    return found[0] if found else ""


def by_module(resources: Iterable[ManagedResource]) -> dict[str, list[ManagedResource]]:
    """Group resources by the root's modules, both in order; a module within a module is a part of it."""
    groups: dict[str, list[ManagedResource]] = {}
    for resource in sorted(resources):
        groups.setdefault(root_module(resource.address), []).append(resource)
    return groups


def _parse(text: str) -> Mapping[str, Any]:
    state = parse_object(text)
    if state.get("version") != _VERSION:
        raise ValueError(f"is no Terraform state of format version {_VERSION}")
    if not isinstance(state.get("resources", []), list):
        raise ValueError("is no complete Terraform state: it has no list of resources")  # noqa: TRY004
    return state


def _managed(state: Mapping[str, Any]) -> Iterator[ManagedResource]:
    for resource in state.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances", []):
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            attributes = instance.get("attributes") or {}
            yield ManagedResource(
                module=resource.get("module", ""),
                name=f"{resource['type']}.{resource['name']}{index}",
                id=str(attributes.get("id") or ""),
                arn=str(attributes.get("arn") or ""),
                dependencies=tuple(instance.get("dependencies", ())),
            )
