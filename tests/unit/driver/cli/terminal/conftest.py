"""Sessions on a real terminal, with a fake cloud behind it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).resolve().parents[5]
_SECONDS = 20
_STYLES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass
class Session:
    """A program on a terminal, and what was read of it so far."""

    child: pexpect.spawn[str]
    folder: Path
    read: str = ""

    def sees(self, text: str) -> None:
        """Wait until it has written something, from where it was read last."""
        self.child.expect_exact(text)
        self.read += f"{self.child.before}{self.child.after}"

    def answers(self, question: str, answer: str) -> None:
        """Wait for a question and answer it."""
        self.sees(question)
        self.child.sendline(answer)

    def presses_ctrl_c(self) -> None:
        """Press Ctrl-C once the program reads or waits."""
        self.child.sendintr()

    def ends(self) -> int:
        """Read to the end and return the exit code."""
        self.child.expect(pexpect.EOF)
        self.read += str(self.child.before)
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -1)

    @property
    def text(self) -> str:
        """All that was read, as a person sees it."""
        return _STYLES.sub("", self.read).replace("\r", "")

    @property
    def asked(self) -> list[str]:
        """The questions, each by its second word."""
        return re.findall(r"  Delete (.*?)\? \[Y/n/a/q\]", self.text)

    @property
    def targeted(self) -> list[list[str]]:
        """What each apply and destroy was limited to."""
        told = json.loads((self.folder / "told.json").read_text())
        return [list(targets) for targets in told["targeted"]]

    @property
    def stopped(self) -> int:
        """How often the target was stopped."""
        return int(json.loads((self.folder / "told.json").read_text())["stopped"])


Begin = Callable[..., Session]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start sessions; those that still run at the end are ended."""
    begun: list[Session] = []

    def start(*arguments: str, columns: int = 100, lines: int = 60, **environment: str) -> Session:
        # The terminal says how wide it is, not whoever runs the tests.
        inherited = {name: os.environ[name] for name in os.environ if name not in {"COLUMNS", "LINES"}}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "tests.unit.driver.cli.terminal.program", str(tmp_path), *arguments],
            cwd=str(ROOT),
            env={**inherited, "TERM": "xterm-256color", **environment},
            dimensions=(lines, columns),
            timeout=_SECONDS,
            encoding="utf-8",
            echo=False,
        )
        begun.append(Session(child, tmp_path))
        return begun[-1]

    yield start
    for session in begun:
        if session.child.isalive():
            session.child.kill(signal.SIGKILL)
        session.child.close()
