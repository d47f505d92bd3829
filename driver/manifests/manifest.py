"""One manifest: a YAML file whose content fits a JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.host.wording import counted
from driver.manifests.complaints import Complaint, complaints
from driver.manifests.yaml_file import Yaml, YamlError, read_yaml
from driver.model.exceptions import ManifestError

_NAMED = 5  # mistakes that are told one by one


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a file; `line` counts from 1."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{shown(self.file)}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that fits its schema."""

    path: Path
    content: Mapping[str, Any]
    source: Yaml

    def mistake(self, text: str, *place: str | int) -> Mistake:
        """Describe what is wrong with a value, which no schema can tell."""
        return Mistake(self.path, self.source.line(place), text)

    def wrong(self, text: str, *place: str | int) -> ManifestError:
        """Make the error for one value that is wrong."""
        return manifest_error(self.path, [self.mistake(text, *place)])


def read_manifest(path: Path, schema: Mapping[str, Any]) -> Manifest:
    """Read a manifest; `ManifestError` names each mistake with its line."""
    found = check_manifest(path, schema)
    if isinstance(found, Manifest):
        return found
    raise manifest_error(path, found)


def check_manifest(path: Path, schema: Mapping[str, Any]) -> Manifest | list[Mistake]:
    """Read a manifest, or tell all that is wrong with it."""
    try:
        source = read_yaml(path.read_text("utf-8"))
    except OSError as error:
        return [Mistake(path, 1, f"it cannot be read: {error.strerror}")]
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return [Mistake(path, line, "it is not written in UTF-8")]
    except YamlError as error:
        return [Mistake(path, error.line, f"it is no YAML: {error}")]
    content = {} if source.content is None else source.content
    found = [_mistake(path, source, complaint) for complaint in complaints(schema, content)]
    return sorted(found, key=lambda mistake: mistake.line) or Manifest(path, content, source)


def manifest_error(path: Path, mistakes: Sequence[Mistake]) -> ManifestError:
    """Make the error that tells what is wrong in one file."""
    listed = [str(mistake) for mistake in mistakes[:_NAMED]] + (["…"] if len(mistakes) > _NAMED else [])
    return ManifestError(
        f"{shown(path)} has {counted(len(mistakes), 'mistake')}.", "\n".join(listed), "Correct the file."
    )


def read_schema_of(kind: str) -> Mapping[str, Any]:
    """Read the JSON Schema of a kind of manifest, such as `image`."""
    file = Path(__file__).parent / "schemas" / f"{kind}.schema.json"
    schema: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def shown(path: Path) -> str:
    """Write a path as short as it is from the working directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _mistake(path: Path, source: Yaml, complaint: Complaint) -> Mistake:
    text = f"{complaint.path}: {complaint.text}" if complaint.path else complaint.text
    written = source.texts.get(complaint.place)
    if written is not None and complaint.text.startswith("expected text"):
        text += f'; write it in quotes: "{written}"'
    return Mistake(path, source.line(complaint.place), text)
