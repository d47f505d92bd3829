"""What a snapshot has of a target's folder: Terraform's state, outputs and definitions, without the machine.

The address of the local cloud and the folders of the user are placeholders in an archive.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.deployments.workspace import Workspace
from driver.host.files import write_atomically
from driver.model.exceptions import BrokenFileError
from driver.settings.settings import Settings
from driver.terraform.target_records import OUTPUTS

STATE = "terraform.tfstate"
_DEFINITIONS = "definitions"


@dataclass(frozen=True, slots=True)
class Places:
    """What differs from machine to machine, and the placeholder of each; the longest come first."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings, port: int) -> Places:
        """Name those of a deployment."""
        project = settings.project
        texts = {
            f"127.0.0.1:{port}": "@sagestep-address@",
            str(settings.target_directory): "@sagestep-target@",
            str(settings.package_directory): "@sagestep-packages@",
            str(settings.home): "@sagestep-home@",
            str(project.folder): "@sagestep-project@",
            str(project.installation): "@sagestep-installation@",
        }
        return cls(dict(sorted(texts.items(), key=lambda item: -len(item[0]))))

    def hidden(self, document: Any) -> Any:
        """Put placeholders into all texts of a JSON document."""
        found = [(text, _pattern(text), placeholder) for text, placeholder in self.texts.items()]

        def hide(value: str) -> str:
            for text, pattern, placeholder in found:
                if text in value:
                    value = pattern.sub(placeholder, value)
            return value

        return _replaced(document, hide)

    def shown(self, document: Any) -> Any:
        """Put in what is so on this machine."""

        def show(value: str) -> str:
            for text, placeholder in self.texts.items():
                value = value.replace(placeholder, text)
            return value

        return _replaced(document, show)


def write_portable(workspace: Workspace, places: Places, folder: Path) -> None:
    """Write what a snapshot has of a target's folder."""
    state = json.loads(workspace.state_text())
    _write(folder / STATE, places.hidden(state))
    _write(folder / OUTPUTS, places.hidden(workspace.all_outputs()))
    definitions = workspace.directory / _DEFINITIONS
    for path in definitions.glob("*.json"):
        _write_text(folder / _DEFINITIONS / path.name, places.hidden(path.read_text(encoding="utf-8")))


def check_portable(folder: Path) -> None:
    """Make sure that all of it can be read. Raises `BrokenFileError`."""
    for name in (STATE, OUTPUTS):
        try:
            is_whole = isinstance(json.loads((folder / name).read_bytes()), dict)
        except (OSError, ValueError):
            is_whole = False
        if not is_whole:
            raise BrokenFileError(
                "The snapshot cannot be used.",
                f"Its file {name} is missing or cannot be read.",
                "Nothing was changed. Save another with `invoke snapshot save NAME`.",
            )


def take_portable(folder: Path, places: Places, workspace: Workspace) -> None:
    """Let a target's folder, in which nothing is deployed, have what a snapshot has of one."""
    workspace.directory.mkdir(parents=True, exist_ok=True)
    _write(workspace.state_path, places.shown(json.loads((folder / STATE).read_bytes())))
    workspace.keep_outputs(places.shown(json.loads((folder / OUTPUTS).read_bytes())))
    shutil.rmtree(workspace.directory / _DEFINITIONS, ignore_errors=True)
    for path in (folder / _DEFINITIONS).glob("*.json"):
        text = places.shown(path.read_text(encoding="utf-8"))
        _write_text(workspace.directory / _DEFINITIONS / path.name, text)


def _write(path: Path, document: object) -> None:
    _write_text(path, json.dumps(document, indent=2) + "\n")


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode(), durable=True)


def _pattern(text: str) -> re.Pattern[str]:
    """Match a folder or an address as a whole: not /app in s3://bucket/app, in /app-data or in /opt/app."""
    if text.startswith("/"):
        return re.compile(rf"""(?<![^\s"'`=:,;(\[{{<>|\\]){re.escape(text)}(?![\w-]|\.\w)""")
    return re.compile(rf"(?<![\w.-]){re.escape(text)}(?!\d)")


def _replaced(document: Any, change: Callable[[str], str]) -> Any:
    if isinstance(document, str):
        return change(document)
    if isinstance(document, dict):
        return {change(name): _replaced(value, change) for name, value in document.items()}
    if isinstance(document, list):
        return [_replaced(one, change) for one in document]
    return document
