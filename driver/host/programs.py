"""Programs on PATH, such as docker."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence


class HostPrograms:
    """The programs on PATH."""

    def find(self, name: str) -> bool:
        """Tell whether there is such a program."""
        return shutil.which(name) is not None

    def run(self, command: Sequence[str]) -> int:
        """Run a program that writes to the terminal; returns its exit code."""
        return subprocess.run(command, check=False).returncode

    def ask(self, command: Sequence[str], text: str = "") -> tuple[int, str]:
        """Run a program with some input; returns its exit code and all that it said."""
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        return done.returncode, (done.stderr or done.stdout).strip()
