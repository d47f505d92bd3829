"""Programs without the time that their imports take: each is forked from a process that has these modules."""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.fork_server import Asked

_ROOT = Path(__file__).resolve().parents[1]


class Forked:
    """A program that runs."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r")
        self.pid = int(self._lines.readline())
        self._code: int | None = None

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end; give its exit code, or minus the signal. `TimeoutError` after these seconds."""
        if self._code is None:
            self._connection.settimeout(seconds)
            self._code = int(self._lines.readline())
            self._lines.close()
            self._connection.close()
        return self._code

    def kill(self) -> None:
        """End it and what it has started in its session, unless it has ended."""
        if self._code is None:
            with suppress(ProcessLookupError):
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
