"""A command under a supervisor of its own, as a `Container`."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcloud.containers.container import ContainerError

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class SupervisedProcess:
    """A command that runs until it ends, is stopped, or this process ends, however that happens.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        Its whole environment.
    directory
        Its working directory.
    log
        Where its output is appended.
    binds
        Directories by their path in a private mount namespace; None for no namespace.
    farewell
        A command that the supervisor runs before it kills; None for none.

    Raises
    ------
    ContainerError
        The log cannot be written, or no process can be made.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        log: Path,
        *,
        binds: Mapping[str, Path] | None = None,
        farewell: Sequence[str] | None = None,
    ) -> None:
        specification = {
            "command": list(command),
            "directory": str(directory),
            "binds": None if binds is None else {path: str(source) for path, source in binds.items()},
            "farewell": None if farewell is None else list(farewell),
        }
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_SUPERVISOR), json.dumps(specification)],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    env=dict(environment),
                    bufsize=0,
                    start_new_session=True,  # Ctrl-C in the terminal is the host's to handle.
                )
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the environment
            raise ContainerError(f"The container cannot be started: {error}") from error
        self._lock = threading.Lock()  # guards the orders: whoever has ended the process closes the pipe

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end; give the exit code, or None while it runs."""
        code = _wait(self._process, timeout)
        if code is not None:
            with self._lock:
                assert self._process.stdin is not None
                self._process.stdin.close()
        return code

    def terminate(self) -> None:
        """Send SIGTERM to all processes."""
        self._order(b"T")

    def kill(self) -> None:
        """Send SIGKILL to all processes."""
        self._order(b"K")

    def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM, and SIGKILL after the grace."""
        self.terminate()
        if self.wait(grace_seconds) is None:
            self.kill()
            self.wait()

    def _order(self, order: bytes) -> None:
        with self._lock:
            assert self._process.stdin is not None
            if self._process.stdin.closed:
                return
            with contextlib.suppress(BrokenPipeError):  # It has just ended.
                self._process.stdin.write(order)


def _wait(process: subprocess.Popen[bytes], timeout: float | None) -> int | None:
    """Wait for a process without asking again and again, where the system offers that."""
    if sys.platform != "linux":
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:  # Another thread has seen it end.
        return process.wait()
    try:
        end = select.poll()
        end.register(descriptor, select.POLLIN)
        end.poll(None if timeout is None else max(0.0, timeout) * 1000)
    finally:
        os.close(descriptor)
    return process.poll()
