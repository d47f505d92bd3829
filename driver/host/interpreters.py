"""The Python interpreters of this machine, and the one that fits what is asked for."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from driver.model.exceptions import EnvironmentNotReadyError

_CONDITION = re.compile(r"(>=|<=|==|<|>)?\s*3\.(\d{1,2})")
_MINORS = range(30, 7, -1)  # newest first
_SECONDS_TO_ANSWER = 10.0
_ASK = "import sys, sysconfig; print('%d.%d.%d' % sys.version_info[:3], sysconfig.get_platform())"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python of this machine: its program, its version such as `3.12.4`, and its platform."""

    path: Path
    version: str
    platform: str


def is_condition(wanted: str) -> bool:
    """Tell whether this is a version, such as `3.12`, or conditions, such as `>=3.11,<3.14`."""
    return all(_CONDITION.fullmatch(part.strip()) for part in wanted.split(","))


def fits(version: str, wanted: str) -> bool:
    """Tell whether a version such as `3.12.4` is one that is wanted."""
    minor = int(version.split(".")[1])
    return version.startswith("3.") and all(
        _holds(minor, *_parsed(part.strip())) for part in wanted.split(",")
    )


def this_interpreter() -> Interpreter:
    """Return the one that the driver runs on."""
    return Interpreter(Path(sys.executable), platform.python_version(), sysconfig.get_platform())


def find_interpreter(wanted: str, environ: Mapping[str, str]) -> Interpreter:
    """Find a Python: the driver's own where it fits, else the newest that does.

    Looks on PATH, and where pyenv and uv keep theirs. Raises `EnvironmentNotReadyError` if none fits.
    """
    own = this_interpreter()
    if fits(own.version, wanted):
        return own
    seen = {own.version: None}
    for program in _candidates(environ):
        found = ask_interpreter(program)
        if found is not None and fits(found.version, wanted):
            return found
        if found is not None:
            seen[found.version] = None
    raise EnvironmentNotReadyError(
        f"There is no Python {wanted} on this machine.",
        f"There are {', '.join(seen) or 'none'}.",
        "Install one (with your system's packages, pyenv or uv) such that it is on PATH.",
    )


def ask_interpreter(program: Path) -> Interpreter | None:
    """Ask a program which Python it is; None if it is none that works."""
    try:
        answer = subprocess.run(
            [program, "-I", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_ANSWER,
            check=True,
        )
        version, platform = answer.stdout.split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Interpreter(program, version, platform)


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    path = environ.get("PATH", "")
    names = [*(f"python3.{minor}" for minor in _MINORS), "python3", "python"]
    yield from (Path(found) for name in names if (found := shutil.which(name, path=path)))
    home = Path(environ.get("HOME", "/nonexistent"))
    for folder in (home / ".pyenv/versions", home / ".local/share/uv/python"):
        yield from sorted(folder.glob("*/bin/python3"), key=_newest_first)


def _newest_first(program: Path) -> list[int]:
    return [-int(number) for number in re.findall(r"\d+", program.parents[1].name)]


def _parsed(condition: str) -> tuple[str, int]:
    match = _CONDITION.fullmatch(condition)
    assert match is not None, f"{condition} is no condition"
    return match[1] or "==", int(match[2])


def _holds(minor: int, sign: str, wanted: int) -> bool:
    return {
        "==": minor == wanted,
        ">=": minor >= wanted,
        "<=": minor <= wanted,
        "<": minor < wanted,
        ">": minor > wanted,
    }[sign]
