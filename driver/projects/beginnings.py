"""What `invoke new` writes: files of templates, with names filled in; nothing is overwritten."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driver.host.files import write_for_user
from driver.model.exceptions import WrongUseError
from driver.projects.templates import Values, as_template

_TEMPLATES = Path(__file__).with_name("scaffold")
_SUFFIX = ".in"
_HIDDEN = {"github", "gitignore"}  # the names of these begin with a dot
# A pipeline's name has no underscore (SageMaker API reference, CreatePipeline).
_NAMES = {
    "pipeline": re.compile(r"[a-z0-9](-?[a-z0-9]){0,30}"),
    "workflow": re.compile(r"[a-z][a-z0-9_]{0,30}"),
    "function": re.compile(r"[a-z][a-z0-9_]{0,30}"),
    "image": re.compile(r"[a-z][a-z0-9-]{0,30}"),
}
_ALLOWED = {
    "pipeline": "lowercase letters, digits and single hyphens",
    "image": "lowercase letters, digits and hyphens, a letter first",
}
_UNDERSCORES = "lowercase letters, digits and underscores, a letter first"
_FOLDERS = {
    "pipeline": "resources/pipelines",
    "workflow": "resources/workflows",
    "function": "lambda_src",
    "image": "resources/images",
}
_RESERVED = {"function": {"shared", "start_pipeline", "answer_task"}, "workflow": {"run_pipeline", "fan_out"}}
EXAMPLE, FUNCTION, IMAGE = "example", "parity", "python"
_OF_A_PROGRAM = """\
# How `invoke run-pipeline` sets the program's parameters, and what it fetches at the end:
# parameters:
#   NAME: ${input_uri}
#   OTHER: ${output_uri}
# input:
#   kind: file
# result:
#   kind: json
# The Python that runs pipeline.py; without it requirements.txt beside it says what is installed for it.
# program: {python: PATH}
"""
_PREFIX_LENGTH = 20  # jobs' names have 63 characters in all

Files = Mapping[Path, bytes]
"""What is written, by paths from the project's folder."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """One part that is begun: its kind and name."""

    kind: str
    name: str

    @property
    def folder(self) -> Path:
        """Where it lies, from the project's folder."""
        return Path(_FOLDERS[self.kind]) / self.name

    @property
    def problem(self) -> str:
        """Why the name cannot be one; empty if it can."""
        if self.name in _RESERVED.get(self.kind, ()):
            return "sagestep has one of its own."
        if not _NAMES[self.kind].fullmatch(self.name):
            return f"It must be up to 31 {_ALLOWED.get(self.kind, _UNDERSCORES)}."
        return ""

    def checked(self) -> Beginning:
        """Return it. Raises `WrongUseError` if the name cannot be one."""
        if self.problem:
            raise WrongUseError(f"A {self.kind} cannot be called {self.name!r}.", self.problem)
        return self

    def files(self, images: Mapping[str, Path]) -> Files:
        """Return its files.

        `images`: those that the project has; a pipeline runs in the first of them, or brings one.
        """
        image = IMAGE if IMAGE in images or not images else next(iter(images))
        words = {"name": self.name, "title": f"The {self.kind} {self.name}", "image": image}
        files = _filled(self.kind, self.folder, words)
        if self.kind == "pipeline" and not images:
            files |= Beginning("image", IMAGE).files(images)
        return files


def pipeline_from(name: str, source: Path, values: Values) -> Files:
    """Return the files of a pipeline whose definition or program is there already.

    `values`: what a definition of the project can name; every other ``${…}`` is text.

    Raises `WrongUseError` if the file is neither a definition nor a Python program.
    """
    folder = Beginning("pipeline", name).checked().folder
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUseError(f"{source} cannot be read.", str(error)) from error
    manifest = f"title: The pipeline {name}\n"
    if source.suffix == ".py":
        manifest += _OF_A_PROGRAM
        return {folder / "pipeline.py": text.encode(), folder / "pipeline.yaml": manifest.encode()}
    try:
        document = json.loads(text)
    except ValueError as error:
        raise WrongUseError(
            f"{source} is no pipeline.", f"It is neither JSON nor a .py file: {error}."
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("Steps"), list):
        raise WrongUseError(f"{source} is no pipeline.", "A pipeline's definition is an object with Steps.")
    template = as_template(json.dumps(document, indent=2, ensure_ascii=False), values)
    manifest += _parameters(document.get("Parameters", []))
    return {folder / "pipeline.json": f"{template}\n".encode(), folder / "pipeline.yaml": manifest.encode()}


def project_files(folder: str, requirement: str) -> Files:
    """Return the files of a new project with one example of each kind.

    - `folder`: the name of its folder.
    - `requirement`: how pip gets sagestep.
    """
    prefix = (
        re.sub(r"[^a-z0-9]+", "-", folder.lower())
        .strip("-")
        .lstrip("0123456789-")[:_PREFIX_LENGTH]
        .strip("-")
    )
    words = {"name": folder, "title": "An example", "prefix": prefix or "project", "requirement": requirement}
    files = _filled("project", Path(), words)
    for kind, name in (("function", FUNCTION), ("pipeline", EXAMPLE)):
        files |= Beginning(kind, name).files({})
    return files


def write_new(folder: Path, files: Files) -> list[Path]:
    """Write files into a folder; returns their paths.

    Raises `WrongUseError` if any of them is there already; nothing is written then.
    """
    there = [str(name) for name in files if (folder / name).exists()]
    if there:
        raise WrongUseError(
            f"{folder / there[0]} is there already.",
            f"Nothing is overwritten: {', '.join(there[1:]) or 'it'} would be, too." if there[1:] else "",
            "Choose another name, or remove what is there.",
        )
    for name, content in files.items():
        write_for_user(folder / name, content)
    return sorted(files)


def _filled(kind: str, folder: Path, words: Mapping[str, str]) -> dict[Path, bytes]:
    files = {}
    for path in sorted((_TEMPLATES / kind).rglob(f"*{_SUFFIX}")):
        text = path.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"{{{{{word}}}}}", value)
        name = path.relative_to(_TEMPLATES / kind).as_posix().removesuffix(_SUFFIX)
        name = f".{name}" if name.partition("/")[0] in _HIDDEN else name
        files[folder / name] = text.encode()
    return files


def _parameters(parameters: object) -> str:
    """Write the parameters that have no default as lines to complete."""
    declared = [one for one in parameters if isinstance(one, dict)] if isinstance(parameters, list) else []
    open_ones = [str(one.get("Name")) for one in declared if "DefaultValue" not in one]
    if not open_ones:
        return ""
    lines = [f"#   {name}: a text, or ${{input_uri}}, ${{output_uri}}, ${{role_arn}}" for name in open_ones]
    return "\n".join(
        (
            "# These parameters have no default; without a text here each run needs --set.",
            "# parameters:",
            *lines,
            "",
        )
    )
