"""A command under a supervisor of its own, as a `Container`."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import localcloud
from localcloud.containers.container import ContainerError, Usage
from localcloud.containers.supervisor.specification import GIVE_SOCKET, KILL, TERMINATE, Specification

_ROOT = str(Path(localcloud.__file__).resolve().parents[1])
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from localcloud.containers.supervisor.main import main; main()"
)
_LOOPBACK = "127.0.0.1"
_SECONDS_TO_OBEY = 5.0


class SupervisedProcess:
    """A command that runs until it ends, is stopped, or this process ends, however that happens.

    - `log`: where its output is appended.
    - `port`: where its server listens: on the loopback interface of its own network, if it has one; else of
      this machine. None where nothing is served.

    Raises `ContainerError` if the log cannot be written, or no process can be made.
    """

    def __init__(
        self,
        specification: Specification,
        environment: Mapping[str, str],
        log: Path,
        *,
        port: int | None = None,
    ) -> None:
        self._port = port
        self._has_own_network = specification.network is not None
        self._orders, theirs = socket.socketpair()
        self._orders.settimeout(_SECONDS_TO_OBEY)
        try:
            with theirs, log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _BOOT, _ROOT],
                    stdin=theirs.fileno(),
                    stdout=output,
                    stderr=output,
                    env=dict(environment),
                    pass_fds=_passed(specification),
                    start_new_session=True,  # Ctrl-C in the terminal is the host's to handle.
                )
            self._orders.sendall(specification.encode())
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the environment
            self._orders.close()
            raise ContainerError(f"The container cannot be started: {error}") from error
        self._lock = threading.Lock()  # guards the orders, which are closed once the process has ended

    def connect(self, timeout: float) -> socket.socket:
        """Connect to its server."""
        assert self._port is not None
        address = (_LOOPBACK, self._port)
        if not self._has_own_network:
            return socket.create_connection(address, timeout)
        connection = self._socket_of_its_network()
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except BaseException:
            connection.close()
            raise
        return connection

    def usage(self) -> Usage | None:
        """Tell how much processor time its processes have used, and how much memory they have."""
        import psutil  # noqa: PLC0415 - a container runs without it, too

        used, memory = 0.0, 0
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self._process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):  # it has ended
                    times = process.cpu_times()
                    used += times.user + times.system
                    memory += process.memory_info().rss
        return Usage(used, memory)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end; give the exit code, or None while it runs."""
        code = _wait(self._process, timeout)
        if code is None:
            return None
        with self._lock:
            self._orders.close()
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """Send SIGTERM to the program and its process group."""
        self._order(TERMINATE)

    def kill(self) -> None:
        """Send SIGKILL to all processes."""
        self._order(KILL)

    def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM, and SIGKILL after the grace."""
        self.terminate()
        if self.wait(grace_seconds) is None:
            self.kill()
            if self.wait(_SECONDS_TO_OBEY) is None:  # Somebody has stopped what takes the orders.
                self._process.kill()
                self.wait()

    def _order(self, order: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):  # It has just ended.
            self._orders.sendall(order)

    def _socket_of_its_network(self) -> socket.socket:
        """Ask for a socket. One that comes late is used for the next request."""
        with self._lock:
            try:
                self._orders.sendall(GIVE_SOCKET)
                _, descriptors, _, _ = socket.recv_fds(self._orders, 1, 1)
            except TimeoutError:
                raise
            except OSError as error:  # It has ended.
                raise ConnectionRefusedError(str(error)) from error
        if not descriptors:
            raise ConnectionRefusedError("The container has ended.")
        return socket.socket(fileno=descriptors[0])


def _passed(specification: Specification) -> list[int]:
    network = specification.network
    joined = None if network is None else network.joined
    return [] if joined is None else [descriptor for descriptor in joined if descriptor >= 0]


def _wait(process: subprocess.Popen[bytes], timeout: float | None) -> int | None:
    """Wait for a process, without polling where the system offers that."""
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
