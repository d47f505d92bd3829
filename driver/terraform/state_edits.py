"""Attributes of a Terraform state that the driver writes itself, as the provider would have written them.

Format version 4, which Terraform writes as JSON with an indentation of two. Pure but for `replace_state`.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.host.files import write_atomically
from driver.model.records import parse_object


@dataclass(frozen=True, slots=True)
class Instance:
    """One resource of a state; `is_whole`: its last apply went through, and left nothing to be destroyed."""

    address: str
    type: str
    attributes: dict[str, Any]
    is_whole: bool


class EditableState:
    """A state whose attributes can be changed; each text of it is a version of its own."""

    def __init__(self, text: str) -> None:
        self._state = parse_object(text)

    def instances(self) -> Iterator[Instance]:
        """Yield all resources that Terraform manages; their attributes may be changed."""
        for resource in self._state["resources"]:
            module = f"{resource['module']}." if resource.get("module") else ""
            name = f"{module}{resource['type']}.{resource['name']}"
            for instance in resource["instances"] if resource["mode"] == "managed" else ():
                key = instance.get("index_key")
                index = "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"
                is_whole = not ({"status", "deposed"} & set(instance))
                yield Instance(f"{name}{index}", resource["type"], instance["attributes"], is_whole)

    def write(self, changes: Mapping[str, Mapping[str, object]]) -> str:
        """Change attributes of resources, by their addresses; return the next version of the state."""
        for instance in self.instances():
            instance.attributes.update(changes.get(instance.address, {}))
        self._state["serial"] += 1
        return json.dumps(self._state, indent=2, ensure_ascii=False) + "\n"


def replace_state(path: Path, text: str) -> None:
    """Replace a state file in one step, with Terraform's own lock on the one that was there.

    Raises `OSError` if Terraform works on it, or if it cannot be written.
    """
    with path.open("r+b") as there:
        fcntl.lockf(there, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fcntl(2), as Terraform's local backend
        write_atomically(path, text.encode(), durable=True)
