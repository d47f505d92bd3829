"""One image: what its `image.yaml` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from driver.host.environments import Recipe
from driver.host.interpreters import Interpreter
from driver.manifests.manifest import (
    Manifest,
    Mistake,
    check_manifest,
    manifest_error,
    read_schema_of,
)
from driver.manifests.requirements import index_mistakes, requirement_mistakes
from driver.model.exceptions import WrongUseError
from driver.settings.project import INSTALLATION

MANIFEST = "image.yaml"
READY_MADE = Path(__file__).parent / "aws"
"""The images that every project has."""

_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,62}")
_DEFAULT_PYTHON = ">=3.11"
_REQUIREMENTS = ("requirements.lock", "requirements.txt")
_HASH = b"--hash="
_BUILD_LOCK = INSTALLATION / "requirements-build.lock"  # pip, which knows --build-constraint, and setuptools


@dataclass(frozen=True, slots=True)
class Image:
    """What stands for some image URIs.

    - `folder`: has the image.yaml, and the Dockerfile if there is one.
    - `uris`: patterns; `*` and `?` are wildcards.
    - `python`: the version that is wanted, such as `3.12` or `>=3.11,<3.14`.
    - `programs`: the commands `train`, `serve` and `process`, as far as it has them.
    - `working_directory`: where they run.
    - `prefers_docker`: whether the real image runs in its place, where a Docker engine has it.
    - `help`: what else helps where its environment cannot be made.
    """

    name: str
    title: str
    folder: Path
    uris: tuple[str, ...]
    python: str
    requirements: Path | None
    working_directory: Path
    programs: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]
    prefers_docker: bool = False
    help: str = ""

    @property
    def is_ready_made(self) -> bool:
        """Whether it belongs to every project."""
        return self.folder.is_relative_to(READY_MADE)

    @property
    def dockerfile(self) -> Path:
        """What the image for AWS is built from."""
        return self.folder / "Dockerfile"

    def recipe(self, interpreter: Interpreter) -> Recipe:
        """Tell what its environment is made of."""
        if self.requirements is None:
            return Recipe(self.name, interpreter, (), b"")
        name = self.requirements.parent.name  # images that share the file share the environment
        content = self.requirements.read_bytes()
        # Only what is imported is compiled, by the first program that does: it halves the time.
        packages = ("--no-compile", "-r", str(self.requirements))
        if _HASH not in content:
            return Recipe(name, interpreter, (packages,), content)
        # What builds a package is checked as well: by hashes of the lock itself, or of ours.
        builders = ("--require-hashes", "-r", str(_BUILD_LOCK))
        locks = (self.requirements, *(() if b"setuptools==" in content else (_BUILD_LOCK,)))
        checks = ("--require-hashes", *(word for lock in locks for word in ("--build-constraint", str(lock))))
        return Recipe(name, interpreter, (builders, (*checks, *packages)), content)


def read_images(folder: Path) -> list[Image]:
    """Read the images of a project, and the ready-made ones whose names it does not use itself.

    - `folder`: resources/images of the project.

    Raises `ManifestError` if one has mistakes.
    """
    _refuse_the_old_file(folder.parent / "images.toml")
    own = [_read(path) for path in _manifests(folder)]
    names = {image.name for image in own}
    return [*own, *(image for image in ready_made() if image.name not in names)]


def read_image(folder: Path) -> Image:
    """Read the image of one folder; `ManifestError` if it has mistakes."""
    return _read(folder / MANIFEST)


def check_images(folder: Path) -> list[Mistake]:
    """Tell all that is wrong with the images of a project."""
    return [
        mistake
        for path in _manifests(folder)
        if isinstance(found := _image_or_mistakes(path), list)
        for mistake in found
    ]


@cache
def ready_made() -> tuple[Image, ...]:
    """Read the images that every project has."""
    return tuple(_read(path) for path in _manifests(READY_MADE))


def _manifests(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob(f"*/{MANIFEST}"))


def _read(path: Path) -> Image:
    found = _image_or_mistakes(path)
    if isinstance(found, list):
        raise manifest_error(path, found)
    return found


def _image_or_mistakes(path: Path) -> Image | list[Mistake]:
    manifest = check_manifest(path, _schema())
    if isinstance(manifest, list):
        return manifest
    folder, content = path.parent.absolute(), manifest.content
    if mistakes := list(_mistakes(manifest, folder)):
        return mistakes
    return Image(
        name=folder.name,
        title=content["title"],
        folder=folder,
        uris=tuple(content["uris"]),
        python=content.get("python", _DEFAULT_PYTHON),
        requirements=_requirements(folder, content),
        working_directory=(folder / content.get("folder", ".")).resolve(),
        programs={name: tuple(command) for name, command in content.get("programs", {}).items()},
        environment=dict(content.get("environment", {})),
        prefers_docker=content.get("docker", False),
        help=content.get("help", ""),
    )


def _mistakes(manifest: Manifest, folder: Path) -> Iterator[Mistake]:
    content = manifest.content
    if not _NAME.fullmatch(folder.name):
        yield manifest.mistake(
            f"its folder is called {folder.name}; an image's name has lowercase letters, digits, - and _"
        )
    if "requirements" in content and not (folder / content["requirements"]).is_file():
        yield manifest.mistake(f"requirements: there is no file {content['requirements']}", "requirements")
    if requirements := _requirements(folder, content):
        yield from index_mistakes(requirements)
        yield from requirement_mistakes(requirements)
    working_directory = folder / content.get("folder", ".")
    if not working_directory.is_dir():
        yield manifest.mistake(f"folder: there is no folder {content['folder']}", "folder")
        return
    for name, command in content.get("programs", {}).items():
        scripts = [word for word in command[:2] if word.endswith((".py", ".sh")) and "{" not in word]
        for script in scripts:
            if not script.startswith("/") and not (working_directory / script).is_file():
                yield manifest.mistake(f"programs.{name}: there is no file {script}", "programs", name)


def _requirements(folder: Path, content: Mapping[str, Any]) -> Path | None:
    names = (content["requirements"],) if "requirements" in content else _REQUIREMENTS
    return next(((folder / name).resolve() for name in names if (folder / name).is_file()), None)


@cache
def _schema() -> Mapping[str, Any]:
    return read_schema_of("image")


def _refuse_the_old_file(file: Path) -> None:
    if file.exists():
        raise WrongUseError(
            f"{file} is no longer read.",
            "Each image has a folder of its own now: resources/images/NAME/image.yaml, with title, uris "
            "(the old `uri`), python, requirements, programs (train, serve, process: the old `entrypoint`) "
            "and environment.",
            "Write these, see docs/images.md, and remove the file.",
        )
