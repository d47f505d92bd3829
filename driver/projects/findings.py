"""What a check finds: mistakes, which `invoke up` refuses, and warnings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from driver.manifests.manifest import Manifest, Mistake, check_manifest, read_schema_of
from driver.manifests.yaml_file import YamlError, read_yaml
from driver.projects.cloud_check import Refusal
from driver.projects.templates import Values, fill


@dataclass(slots=True)
class Findings:
    """What is found, in the order in which it is found."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    def wrong(self, file: Path, line: int, text: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(file, line, text))

    def warn(self, file: Path, line: int, text: str) -> None:
        """Note what may be meant otherwise."""
        self.warnings.append(Mistake(file, line, text))

    def answered(self, file: Path, line: int, text: str, refusal: Refusal) -> None:
        """Note what the local cloud says of a definition."""
        (self.warn if refusal.is_warning else self.wrong)(file, line, text)

    def manifest(self, path: Path, kind: str, values: Values) -> Manifest | None:
        """Read a manifest that need not be there, and note what is wrong with it.

        - `kind`: the name of its schema.
        - `values`: what it can name.
        """
        if not path.is_file():
            return None
        found = check_manifest(path, read_schema_of(kind))
        if not isinstance(found, Manifest):
            self.mistakes += found
            return None
        for line, text in fill(path.read_text("utf-8"), values).wrong:
            self.wrong(path, line, text)
        return found

    def text(self, path: Path) -> str | None:
        """Read a text file; None, and a mistake, if it is none."""
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            self.wrong(path, 1, "there is no such file")
        except (OSError, UnicodeDecodeError) as error:
            self.wrong(path, 1, f"it cannot be read: {error}")
        return None


def line_of_name(text: str, name: str) -> int:
    """Return the line where a JSON text says that something has a name; 1 if it does not."""
    match = re.search(rf'"Name"\s*:\s*"{re.escape(name)}"', text)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def line_of_place(text: str, place: Sequence[str]) -> int:
    """Return the line of a value in a JSON text, by the keys that lead to it, or of what is around it."""
    try:
        source = read_yaml(text)
    except YamlError:
        return 1
    return source.line(tuple(int(key) if key.isdigit() else key for key in place))
