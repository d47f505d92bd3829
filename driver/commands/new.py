"""`invoke new`: begins a project, or a part of one."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from driver.commands.context import Command
from driver.model.exceptions import WrongUseError
from driver.projects.beginnings import Beginning, pipeline_from, project_files, write_new
from driver.projects.contents import Contents

_PACKAGE = "sagestep"
_MAY_BE_THERE = (Path(".gitignore"), Path("README.md"))  # GitHub begins a repository with them
_NEXT = {
    "pipeline": "invoke validate, invoke up, then invoke run-pipeline --pipeline {name}",
    "workflow": "invoke validate, invoke up, then invoke run --workflow {name}",
    "function": "name it in a definition as ${{functions.{name}}}, then invoke validate and invoke up",
    "image": "name it in a definition as ${{images.{name}}}, then invoke validate and invoke up",
}


class New(Command):
    """Writes the first files."""

    def __call__(self, parts: Mapping[str, str], source: str) -> None:
        """Begin what is named, one thing at a time.

        - `parts`: what was named, by kind: `project`, `pipeline`, `workflow`, `function`, `image`.
        - `source`: a pipeline's definition or program that is there already; empty for an example.
        """
        named = {kind: name for kind, name in parts.items() if name}
        if len(named) != 1:
            kinds = ", ".join(f"--{kind}" for kind in parts)
            raise WrongUseError("One thing is begun at a time.", f"Name one of {kinds}.")
        ((kind, name),) = named.items()
        if source and kind != "pipeline":
            raise WrongUseError(
                "--from is for pipelines.", "It names a definition or a program that is there."
            )
        if kind == "project":
            self._project(Path(name).expanduser().resolve())
            return
        project = self.settings.project.checked()
        if source:
            values = Contents(project).values_of_pipeline(name)
            files = pipeline_from(name, Path(source).expanduser(), values)
        else:
            files = Beginning(kind, name).checked().files(Contents(project).images)
        self._tell(write_new(project.folder, files), _NEXT[kind].format(name=name))

    def _project(self, folder: Path) -> None:
        files = project_files(folder.name, _requirement())
        kept = [name for name in _MAY_BE_THERE if (folder / name).is_file()]
        written = write_new(folder, {name: content for name, content in files.items() if name not in kept})
        for name in kept:
            self.console.say(f"kept: {name}")
        ignored = folder / _MAY_BE_THERE[0]
        if ".sagestep" not in ignored.read_text("utf-8", errors="replace"):
            self.console.warn(
                f"Add a line .sagestep/ to {ignored}: it holds access keys and Terraform's state."
            )
        self._tell(written, f"cd {folder}, invoke validate, invoke up, then invoke run-pipeline")

    def _tell(self, written: list[Path], then: str) -> None:
        for path in written:
            self.console.done(str(path))
        self.console.say(f"Next: {then}.")


def _requirement() -> str:
    """Say where pip gets sagestep, as it was told where this one is from (PEP 610)."""
    version = importlib.metadata.version(_PACKAGE)
    said = importlib.metadata.distribution(_PACKAGE).read_text("direct_url.json")
    origin = json.loads(said) if said else {}
    vcs = origin.get("vcs_info")
    if vcs:
        return f"{_PACKAGE} @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
    if urlsplit(origin.get("url", "")).scheme == "https":
        return f"{_PACKAGE} @ {origin['url']}"
    return f"# Say here where others get it from: an index, a wheel, or git+https://…\n{_PACKAGE}=={version}"
