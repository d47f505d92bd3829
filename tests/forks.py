"""Programs without the time that their imports take: each is forked from a process that has these modules."""

import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.fork_server import Asked

_ROOT = Path(__file__).resolve().parents[1]


class Forked:
    """A program that runs. `ChildProcessError` where it could not begin: the standard error says why."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r")
        self._code: int | None = None
        self._waits = threading.Lock()
        self.pid = self._told("began")

    def _told(self, word: str) -> int:
        line = self._lines.readline()
        told, _, number = line.partition(" ")
        if told != word:  # never take an exit code for the process that is killed later
            self._close()
            raise ChildProcessError(f"The program was to tell {word}, and told {line!r}")
        return int(number)

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end; give its exit code, or minus the signal. `TimeoutError` after these seconds."""
        with self._waits:  # one thread may kill it while another waits
            if self._code is None:
                # A time-out of the socket itself would let nothing be read after it.
                if not select.select([self._connection], [], [], seconds)[0]:
                    raise TimeoutError(f"The program runs after {seconds} s")
                self._code = self._told("ended")
                self._close()
        return self._code

    def _close(self) -> None:
        self._lines.close()
        self._connection.close()

    def kill(self) -> None:
        """End it and what it has started in its session, unless it has ended."""
        if self._code is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.killpg(self.pid, signal.SIGKILL)
            self.wait()


class Forks:
    """Starts programs; they are forked from a process that ends with this one.

    `environment` is what the modules find when they are imported.
    """

    def __init__(self, python: Path, modules: Sequence[str], environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._address = f"{self._folder.name}/socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self._address)
            listener.listen(64)
            number = listener.fileno()
            self._process = subprocess.Popen(
                [str(python), "-m", "tests.fork_server", str(number), *modules],
                cwd=_ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                pass_fds=[number],
                start_new_session=True,
            )

    def start(self, asked: Asked) -> Forked:
        """Start a program."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        connection.sendall(asked.line())
        return Forked(connection)

    def end(self) -> None:
        """End the server; programs that run are not ended."""
        self._process.communicate()
        self._folder.cleanup()


@contextmanager
def forks(python: Path, modules: Sequence[str], environment: Mapping[str, str]) -> Iterator[Forks]:
    """Have programs forked from a process of this Python that has imported these modules."""
    made = Forks(python, modules, environment)
    try:
        yield made
    finally:
        made.end()
