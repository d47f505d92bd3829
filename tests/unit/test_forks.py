"""Programs that are forked: what whoever starts one is told."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.fork_server import Asked
from tests.forks import forks

ROOT = Path(__file__).resolve().parents[2]


def test_a_program_that_cannot_begin_is_an_error_and_no_process(tmp_path: Path) -> None:
    """Its exit code is not taken for its process, whose group would be killed: 1 is the machine's first."""
    log = tmp_path / "log"
    environment = dict(os.environ)
    asked = Asked("calendar", ["2026", "11"], str(tmp_path), environment, output=str(log))
    nowhere = Asked("calendar", [], str(tmp_path / "none"), environment, output=str(log))
    with forks(Path(sys.executable), (), os.environ) as made:
        with pytest.raises(ChildProcessError, match="ended 1"):
            made.start(nowhere)
        program = made.start(asked)
        assert program.pid > 1
        assert program.wait(60) == 0
    assert "November 2026" in log.read_text(encoding="utf-8")


def test_a_program_that_was_waited_for_in_vain_can_be_killed(tmp_path: Path) -> None:
    asked = Asked("http.server", ["0", "--bind", "127.0.0.1"], str(tmp_path), dict(os.environ))
    with forks(Path(sys.executable), (), os.environ) as made:
        program = made.start(asked)
        with pytest.raises(TimeoutError):
            program.wait(0.1)
        program.kill()
        assert program.wait() == -signal.SIGKILL


KILLED = """
import os, sys
from pathlib import Path
from tests.fork_server import Asked
from tests.forks import Forks

made = Forks(Path(sys.executable), (), os.environ)
print(made.start(Asked("http.server", ["0"], os.getcwd(), dict(os.environ))).pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_programs_end_with_who_started_them() -> None:
    """As when the tests are killed."""
    ended = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    assert ended.returncode == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(ended.stdout)).wait(60)
