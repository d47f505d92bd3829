"""What is done before a registered program can run for the first time, such as installing its packages."""

import logging
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.containers.container import ContainerError

LOG = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 0.2
_LAST_LINES = 16
_SECONDS_TO_END = 5.0


@dataclass(frozen=True, slots=True)
class Preparation:
    """A command, and the file that is there once it was done.

    - `environment`: its whole environment.
    """

    command: tuple[str, ...]
    ready: Path
    environment: Mapping[str, str]


def prepare(preparation: Preparation, image_uri: str, is_wanted: Callable[[], bool]) -> None:
    """Run the command unless it was done; the command itself sees to it that it is done once.

    `is_wanted` is asked again and again: where it is not, the command is ended. Raises `ContainerError` with
    the command's last lines if it fails.
    """
    if preparation.ready.exists():
        return
    LOG.info("The image %s is prepared: %s", image_uri, " ".join(preparation.command))
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                preparation.command,
                env=dict(preparation.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise ContainerError(f"The image {image_uri} cannot be prepared: {error}") from error
        code = _follow(process, is_wanted)
        if code is None:
            raise ContainerError(f"The image {image_uri} was not prepared: it is not wanted any more.")
        if code == 0 and preparation.ready.exists():
            LOG.info("The image %s is prepared.", image_uri)
            return
        output.seek(0)
        lines = output.read().decode("utf-8", "replace").splitlines()
    said = "\n".join(lines[-_LAST_LINES:]) or f"the command ended with {code}"
    raise ContainerError(f"The image {image_uri} cannot be prepared: {said}")


def _follow(process: subprocess.Popen[bytes], is_wanted: Callable[[], bool]) -> int | None:
    """Wait for the end; give the exit code, or None where it was ended because nobody wants it."""
    try:
        while is_wanted():
            try:
                return process.wait(_SECONDS_BETWEEN_LOOKS)
            except subprocess.TimeoutExpired:
                continue
        return None
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
