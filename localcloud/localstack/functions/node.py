"""Node.js functions: the `node` of this machine stands for each of Lambda's runtimes of Node.js.

What these bring along besides, the AWS SDK for JavaScript, is not here: a function has it in its package.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from localcloud.localstack.functions import processes

RUNTIMES = ("nodejs18.x", "nodejs20.x", "nodejs22.x")
_OLDEST = 18
_SECONDS_TO_ANSWER = 10.0
_BOOTSTRAP = Path(processes.__file__).with_name("bootstrap.cjs")


class NoNodeError(Exception):
    """There is no `node` that runs functions; the message says why."""


def program() -> tuple[str, ...]:
    """Give the command that serves a function; its last argument is to be the Runtime API's descriptor.

    Raises `NoNodeError`.
    """
    found = shutil.which("node")
    if found is None:
        raise NoNodeError("there is no program `node` on PATH")
    path, version = _ask(found)
    if int(version.partition(".")[0]) < _OLDEST:
        raise NoNodeError(f"`node` on PATH is of version {version}; the oldest that can be used is {_OLDEST}")
    return (path, str(_BOOTSTRAP))


def as_printed(text: str, places: list[tuple[Path | None, str]]) -> str:
    """Write the files of stack traces that a function has printed as on AWS."""
    for here, there in places:
        if here is not None:
            text = re.sub(rf"(?<=[\s(\"/]){re.escape(str(here))}/", f"{there}/", text)
    return text


@cache
def _ask(found: str) -> tuple[str, str]:
    """Ask for the program itself, which `node` may be a script of a version manager for, and its version."""
    command = [found, "-p", "process.execPath + ' ' + process.versions.node"]
    try:
        said = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_ANSWER,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoNodeError(f"{found} does not work: {error}") from error
    path, _, version = said.stdout.strip().rpartition(" ")
    return path, version
