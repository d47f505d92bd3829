"""What an apply reads besides the state, as hashes: by them the driver knows what changed since the last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

DEFINITIONS = ("pipeline.json", "workflow.asl.json")
# Terraform's functions that read files; what tells a configuration where the project's files are; the locals
# and outputs that hold definitions. https://developer.hashicorp.com/terraform/language/functions
_READS = re.compile(r"\b(file\w*|templatefile|abspath|pathexpand)\s*\(|\bpath\.|_directory\b|definitions?\b")


@dataclass(frozen=True, slots=True)
class Inputs:
    """SHA-256 of each file by its path; `rest` sums up all else: configuration, variables, programs.

    `templates` are the texts of definitions, by their paths.
    """

    rest: str
    files: Mapping[str, str]
    templates: Mapping[str, str] = field(default_factory=dict)

    def changed_since(self, before: Inputs) -> set[str] | None:
        """Name the files that were added, changed or removed; None where something else changed, too."""
        if self.rest != before.rest:
            return None
        return {
            path for path in {*self.files, *before.files} if self.files.get(path) != before.files.get(path)
        }


def read_inputs(rest: str, folders: Iterable[Path]) -> Inputs:
    """Read all files in folders."""
    files: dict[str, str] = {}
    templates: dict[str, str] = {}
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if path.is_file() and path.parent.name != "__pycache__":
            content = path.read_bytes()
            files[str(path)] = sha256(content).hexdigest()
            if path.name in DEFINITIONS:
                templates[str(path)] = content.decode("utf-8", "replace")
    return Inputs(rest, files, templates)


def reads_files(configuration: Path | None) -> Path | None:
    """Name a file of a project's own configuration that may read its other files; None: there is none."""
    for path in sorted(configuration.rglob("*")) if configuration else ():
        if path.name.endswith((".tf", ".tf.json")) and _READS.search(path.read_text("utf-8", "replace")):
            return path
    return None
