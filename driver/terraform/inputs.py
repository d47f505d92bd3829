"""What an apply reads besides the state, as hashes: by them the driver knows what changed since the last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from driver.host.files import files_below
from driver.host.program_reads import READS, read_by_program

DEFINITIONS = ("pipeline.json", "workflow.asl.json")
# Terraform's functions that read files; what tells a configuration where the project's files are; the locals
# and outputs that hold definitions. https://developer.hashicorp.com/terraform/language/functions
_READS = re.compile(r"\b(file\w*|templatefile|abspath|pathexpand)\s*\(|\bpath\.|_directory\b|definitions?\b")
# What may give something else although no file of the project has changed: a file that is neither beside the
# configuration nor in the folders that are summed up, a module elsewhere, what is asked of anything but AWS,
# and functions that never give the same.
_ELSEWHERE = re.compile(
    r"""\b(?:file\w*|templatefile)\s*\(\s*
        (?!path\.module\s*[,)]|\\?"(?:[\w-]|\$\{path\.module\}/|\$\{[\w.]*project_directory\}/(?:resources|lambda_src)/
             |\$\{[\w.]*(?:pipeline|workflow|function|lambda_package)_directory\}/)(?:(?!\.\.)[^"\n])*")
    |\bsource"?\s*[=:]\s*"(?:/|\.\./|~)
    |\bdata\s+"(?!aws_)|"data"\s*:|\bprovider::|\b(?:timestamp|plantimestamp|uuid|bcrypt)\s*\(""",
    re.VERBOSE,
)


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


def read_inputs(rest: str, folders: Iterable[Path], made: Path | None = None) -> Inputs:
    """Read all files in folders, and what the programs read whose definitions lie in `made`."""
    files: dict[str, str] = {}
    templates: dict[str, str] = {}
    for path in (path for folder in folders for path in files_below(folder)):
        with suppress(FileNotFoundError):  # it was removed meanwhile
            content = path.read_bytes()
            files[str(path)] = sha256(content).hexdigest()
            if path.name in DEFINITIONS:
                templates[str(path)] = content.decode("utf-8", "replace")
    for path in sorted(made.glob(f"*{READS}")) if made else ():
        files |= read_by_program(path)
    return Inputs(rest, files, templates)


def reads_files(configuration: Path | None) -> Path | None:
    """Name a file of a project's own configuration that may read its other files; None: there is none."""
    return next((path for path, text in _own(configuration) if _READS.search(text)), None)


def reads_elsewhere(configuration: Path | None) -> Path | None:
    """Name a file of a project's own configuration that may read what no `Inputs` has; else None."""
    return next((path for path, text in _own(configuration) if _ELSEWHERE.search(text)), None)


def _own(configuration: Path | None) -> Iterator[tuple[Path, str]]:
    for path in files_below(configuration) if configuration else ():
        if path.name.endswith((".tf", ".tf.json")):
            yield path, path.read_text("utf-8", "replace")
