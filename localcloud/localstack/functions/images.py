"""Functions whose package is a container image: run in the environment that stands for the image here.

The registry of images says which folder and which Python that is. Of the image's configuration the command is
read, which names the handler. Source: AWS Lambda developer guide, "Create a Lambda function using a container
image", and the API reference, ImageConfig.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.containers.container import ContainerError
from localcloud.containers.preparation import prepare
from localcloud.containers.registry import Entry, find_entry
from localcloud.localstack.functions.processes import function

_TASK_ROOT = "/var/task"
_CLIENT = "awslambdaric"
"""An entry point that runs the runtime client, as AWS's base images do, is what happens here anyway."""


class ImageError(Exception):
    """The image is none that a function can be run with here; the message says why."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a function says of its image, as far as it does."""

    uri: str
    command: Sequence[str] = ()
    entry_point: Sequence[str] = ()
    working_directory: str = ""


@dataclass(frozen=True, slots=True)
class ImageFunction:
    """How a function of an image is run: where its code lies, by which handler, in which Python."""

    entry: Entry
    handler: str

    @property
    def program(self) -> tuple[str, ...]:
        """The command that serves it; its last argument is to be the Runtime API's descriptor."""
        python = self.entry.python or sys.executable
        return (shutil.which(python) or python, "-s", function.__file__)

    @property
    def variables(self) -> dict[str, str]:
        """What its environment has besides what Lambda gives, unless the function sets it."""
        return {"PYTHONDONTWRITEBYTECODE": "1", **self.entry.environment}


def find_image(registry: Path | None, wanted: Configuration) -> ImageFunction:
    """Find how an image is run.

    Raises `ImageError`.
    """
    if wanted.working_directory not in {"", _TASK_ROOT}:
        raise ImageError(
            f"ImageConfig.WorkingDirectory is {wanted.working_directory}: it can only be {_TASK_ROOT}"
        )
    if wanted.entry_point and _CLIENT not in wanted.entry_point:
        raise ImageError(f"ImageConfig.EntryPoint does not run {_CLIENT}: the local cloud knows no other")
    if len(wanted.command) != 1:
        raise ImageError(
            "ImageConfig.Command must name the handler, such as app.handler: a Dockerfile is not read here"
        )
    try:
        entry = None if registry is None else find_entry(registry, wanted.uri)
    except ContainerError as error:
        raise ImageError(str(error)) from error
    if entry is None:
        raise ImageError(f"no image.yaml of the project stands for {wanted.uri}")
    if not entry.folder.is_dir():
        raise ImageError(f"the folder {entry.folder} of {wanted.uri} does not exist")
    return ImageFunction(entry, wanted.command[0])


def make_ready(image: ImageFunction, uri: str) -> None:
    """Make the environment of an image unless it is there.

    Raises `ImageError` with the last lines of what makes it.
    """
    if image.entry.preparation is None:
        return
    try:
        prepare(image.entry.preparation, uri, lambda: True)
    except ContainerError as error:
        raise ImageError(str(error)) from error
