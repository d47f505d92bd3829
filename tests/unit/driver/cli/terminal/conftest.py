"""Sessions on a real terminal, with a fake cloud behind it."""

from __future__ import annotations

import json
import os
import re
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pexpect
import pexpect.fdpexpect
import psutil
import pytest

from tests.fork_server import Asked
from tests.forks import Forked, Forks, forks

ROOT = Path(__file__).resolve().parents[5]
_SECONDS = 60
_STYLES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass
class Session:
    """A program on a terminal, and what was read of it so far."""

    program: Forked
    reader: pexpect.fdpexpect.fdspawn[str]
    folder: Path
    read: str = ""

    def sees(self, text: str) -> None:
        """Wait until it has written something, from where it was read last."""
        self.reader.expect_exact(text)
        self.read += f"{self.reader.before}{self.reader.after}"

    def answers(self, question: str, answer: str) -> None:
        """Wait for a question and answer it."""
        self.sees(question)
        self.reader.sendline(answer)

    def presses_ctrl_c(self) -> None:
        """Press Ctrl-C once the program reads or waits: one that comes just before a read does not end it."""
        process, looks = psutil.Process(self.program.pid), 0
        while looks < 5:
            looks = looks + 1 if process.status() == psutil.STATUS_SLEEPING else 0
            time.sleep(0.005)
        self.reader.send("\x03")

    def ends(self) -> int:
        """Read to the end and return the exit code."""
        self.reader.expect(pexpect.EOF)
        self.read += str(self.reader.before)
        return self.program.wait(_SECONDS)

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


@pytest.fixture(scope="module")
def programs() -> Iterator[Forks]:
    """What the sessions are forked from: it has imported the program."""
    with forks(Path(sys.executable), ["tests.unit.driver.cli.terminal.program"], os.environ) as made:
        yield made


@pytest.fixture
def begin(tmp_path: Path, programs: Forks) -> Iterator[Begin]:
    """Start sessions; those that still run at the end are ended."""
    begun: list[Session] = []

    def start(*arguments: str, columns: int = 100, lines: int = 60, **environment: str) -> Session:
        # The terminal says how wide it is, not whoever runs the tests.
        inherited = {name: os.environ[name] for name in os.environ if name not in {"COLUMNS", "LINES"}}
        program = Asked(
            "tests.unit.driver.cli.terminal.program",
            [str(tmp_path), *arguments],
            str(ROOT),
            {**inherited, "TERM": "xterm-256color", **environment},
        )
        terminal, device = os.openpty()
        termios.tcsetwinsize(device, (lines, columns))
        settings = termios.tcgetattr(device)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(device, termios.TCSANOW, settings)
        try:
            forked = programs.start(replace(program, terminal=os.ttyname(device)))
        finally:
            os.close(device)
        reader = pexpect.fdpexpect.fdspawn(terminal, timeout=_SECONDS, encoding="utf-8")
        begun.append(Session(forked, reader, tmp_path))
        return begun[-1]

    yield start
    for session in begun:
        session.program.kill()
        session.reader.close()
