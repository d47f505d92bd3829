"""The Python environments of images, and the file by which the local cloud knows images.

The local cloud reads the file for each container. An environment that is not there yet is made by the command
that the file names (`python -m driver.images FOLDER`), when a job or an endpoint first uses the image.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from driver.host.environments import OF_FUNCTIONS, Environments, Kept, Recipe, makers_environment
from driver.host.files import write_if_changed
from driver.host.interpreters import find_interpreter
from driver.images.image import MANIFEST, Image, read_image
from driver.model.exceptions import EnvironmentNotReadyError, SagestepError

_COMMANDS = {"train": "train", "serve": "serve", "process": "entrypoint"}  # ours, and the local cloud's


@dataclass(frozen=True, slots=True)
class ImageEnvironments:
    """The environments of some images; `environ` is the user's environment."""

    environments: Environments
    environ: Mapping[str, str]

    def recipe(self, image: Image) -> Recipe:
        """Tell what its environment is made of; `EnvironmentNotReadyError` without a fitting Python."""
        return image.recipe(find_interpreter(image.python, self.environ))

    def make(self, image: Image) -> Path:
        """Make an image's environment unless it is there; give its `python`."""
        try:
            return self.environments.make(self.recipe(image), str(image.folder))
        except EnvironmentNotReadyError as error:
            if image.help:
                error.next_step = f"{image.help} {error.next_step}"
            raise

    def find(self, image: Image) -> Kept | None:
        """Find an image's environment; None if it is not made, or cannot be."""
        try:
            path = self.environments.path(self.recipe(image))
        except EnvironmentNotReadyError:
            return None
        return next((kept for kept in self.environments.kept() if kept.path == path), None)

    def remove_unused(self) -> list[Kept]:
        """Remove the environments whose images are gone, or want another one now."""
        return self.environments.remove_unused(self._is_used)

    def write_file(self, path: Path, images: Iterable[Image]) -> None:
        """Write the images for the local cloud.

        The file is the user's alone: it may hold the password of a package index.
        """
        text = "\n\n".join(table for image in images for table in self._tables(image))
        write_if_changed(path, f"# Written by sagestep: do not edit.\n\n{text}\n".encode())

    def _is_used(self, kept: Kept, user: str) -> bool:
        if kept.name.startswith(OF_FUNCTIONS) or (Path(user) / "pipeline.py").exists():
            return any((Path(user) / name).exists() for name in ("requirements.txt", "package-lock.json"))
        try:
            return self.environments.path(self.recipe(read_image(Path(user)))) == kept.path
        except SagestepError:
            return (Path(user) / MANIFEST).exists()  # it has a mistake now: keep what it had

    def _tables(self, image: Image) -> Iterator[str]:
        try:
            recipe = self.recipe(image)
            ready, python = self.environments.record(recipe), self.environments.python(recipe)
        except EnvironmentNotReadyError:  # the command says so, where the image is used
            ready = python = self.environments.folder / f"no-python-for-{image.name}"
        values: dict[str, object] = {
            "folder": str(image.working_directory),
            "python": str(python),
            **{_COMMANDS[name]: list(command) for name, command in image.programs.items()},
            "environment": dict(image.environment),
            **({"docker": True} if image.prefers_docker else {}),
            "prepare": {
                "command": [sys.executable, "-m", "driver.images", str(image.folder)],
                "ready": str(ready),
                "environment": makers_environment(self.environ),
            },
        }
        for uri in image.uris:
            lines = (f"{name} = {_toml(value)}" for name, value in {"uri": uri, **values}.items())
            yield "\n".join(("[[image]]", *lines))


def image_for(images: Iterable[Image], uri: str) -> Image | None:
    """Find the image that stands for an image URI: the first that has a pattern for it."""
    return next((image for image in images if any(fnmatchcase(uri, pattern) for pattern in image.uris)), None)


def _toml(value: object) -> str:
    """Write a value of TOML; its basic strings are those of JSON, but for DEL, which must be escaped."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(name)} = {_toml(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value).replace("\x7f", "\\u007F")
