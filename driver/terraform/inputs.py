"""What an apply reads besides the state, as hashes: by them the driver knows what changed since the last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

# Terraform's functions that read files, and what tells a configuration where the project's files are:
# https://developer.hashicorp.com/terraform/language/functions
_READS = re.compile(r"\b(file\w*|templatefile|abspath|pathexpand)\s*\(|\bpath\.|_directory\b")


@dataclass(frozen=True, slots=True)
class Inputs:
    """SHA-256 of each file by its path; `rest` sums up all else: configuration, variables, programs."""

    rest: str
    files: Mapping[str, str]

    def changed_since(self, before: Inputs) -> set[str] | None:
        """Name the files that were added, changed or removed; None where something else changed, too."""
        if self.rest != before.rest:
            return None
        return {
            path for path in {*self.files, *before.files} if self.files.get(path) != before.files.get(path)
        }


def hashes_of(folders: Iterable[Path]) -> dict[str, str]:
    """Sum up each file in folders, by its path."""
    return {
        str(path): sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "__pycache__"
    }


def reads_files(configuration: Path | None) -> Path | None:
    """Name a file of a project's own configuration that may read other files; None if there is none."""
    for path in sorted(configuration.rglob("*")) if configuration else ():
        if path.name.endswith((".tf", ".tf.json")) and _READS.search(path.read_text("utf-8", "replace")):
            return path
    return None
