"""A Terraform process, and what is needed of one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Process(Protocol):
    """A running Terraform: its output, line by line, and its end."""

    @property
    def lines(self) -> Iterable[str]:
        """The output as it comes."""

    def wait(self) -> int:
        """Return the exit code."""

    def interrupt(self) -> None:
        """Ask it to end cleanly."""

    def kill(self) -> None:
        """End it, and the providers it started, at once."""


OpenProcess = Callable[[Sequence[str], Path, Mapping[str, str]], Process]


class ChildProcess:
    """A Terraform process in a session of its own, so that Ctrl-C reaches it once and through us only."""

    def __init__(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        self._child = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    @property
    def lines(self) -> Iterable[str]:
        """The output as it comes, both streams in one."""
        return self._child.stdout or ()

    def wait(self) -> int:
        """Return the exit code."""
        if self._child.stdout:
            self._child.stdout.close()
        return self._child.wait()

    def interrupt(self) -> None:
        """Ask it to end cleanly."""
        self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the whole session: Terraform and its providers."""
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
