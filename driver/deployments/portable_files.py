"""What a snapshot has of a target's folder: Terraform's state, outputs and definitions, without the machine.

The address of the local cloud and the folders of the user are placeholders in an archive.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.deployments.workspace import Workspace
from driver.host.files import write_atomically
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
        return _replaced(document, self.texts)

    def shown(self, document: Any) -> Any:
        """Put in what is so on this machine."""
        return _replaced(document, {placeholder: text for text, placeholder in self.texts.items()})


def write_portable(workspace: Workspace, places: Places, folder: Path) -> None:
    """Write what a snapshot has of a target's folder."""
    state = json.loads(workspace.state_text())
    _write(folder / STATE, places.hidden(state))
    _write(folder / OUTPUTS, places.hidden(workspace.all_outputs()))
    definitions = workspace.directory / _DEFINITIONS
    for path in definitions.glob("*.json"):
        _write_text(folder / _DEFINITIONS / path.name, places.hidden(path.read_text(encoding="utf-8")))


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


def _replaced(document: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(document, str):
        for text, other in texts.items():
            document = document.replace(text, other)
        return document
    if isinstance(document, dict):
        return {_replaced(name, texts): _replaced(value, texts) for name, value in document.items()}
    if isinstance(document, list):
        return [_replaced(one, texts) for one in document]
    return document
