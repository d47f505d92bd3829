"""Other processes of this machine, and who listens on a loopback port.

`psutil` reads them, on Linux and macOS alike. A question about a process that has ended, or that the system
hides from us, is answered by an empty text.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_LOOPBACK = "127.0.0.1"


class HostProcesses:
    """The processes and loopback ports of this machine."""

    def start(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path
    ) -> int:
        """Start a process that outlives this one, in a session and process group of its own.

        `environment` is its whole environment; `log` is emptied and takes both its output streams. Returns
        the process id, which is also the group's.
        """
        with log.open("wb") as stream:
            child = subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child.returncode = 0  # it is not waited for: without this Popen complains that it still runs
        return child.pid

    def terminate(self, pid: int) -> None:
        """Send SIGTERM, and SIGCONT so that a stopped process receives it."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)

    def kill_group(self, pid: int) -> None:
        """Send SIGKILL to a process that `start` began, and to its whole group."""
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def interrupt(self, pid: int) -> None:
        """Send SIGINT, as Ctrl-C does."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)

    def group(self, group: int) -> dict[int, str]:
        """Return the command lines of the processes of a group, by process id; zombies are left out."""
        members = [pid for pid in psutil.pids() if _group_of(pid) == group]
        return {pid: words for pid in members if (words := self.command_line(pid))}

    def has_ended(self, pid: int) -> bool:
        """Tell whether a process is gone or a zombie; a child of ours is reaped."""
        try:
            return os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            return self.state(pid) in {"", psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}

    def command_line(self, pid: int) -> str:
        """Return the words a process was started with; none of a zombie."""
        return _asked(pid, lambda process: " ".join(process.cmdline()).strip())

    def state(self, pid: int) -> str:
        """Return a process's state in psutil's words (`psutil.STATUS_STOPPED` and its like)."""
        return _asked(pid, lambda process: process.status())

    def start_time(self, pid: int) -> str:
        """Return a text that tells a process from a later one with the same id; it can only be compared.

        On Linux it counts clock ticks from the boot, so that a change of the clock does not change it.
        """
        return _asked(pid, _start_time)

    def is_port_free(self, port: int) -> bool:
        """Tell whether a server could listen on a loopback port now."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed connection is no server
            try:
                probe.bind((_LOOPBACK, port))
            except OSError:
                return False
        return True

    def port_holder(self, port: int) -> str:
        """Name the program that listens on a TCP port, with its process id; "" where the system hides it."""
        for pid in psutil.pids():
            if _asked(pid, lambda process: "yes" if _listens(process, port) else ""):
                program = Path(self.command_line(pid).split(" ")[0]).name
                return f"{program} (process {pid})"
        return ""


def _asked(pid: int, question: Callable[[psutil.Process], str]) -> str:
    try:
        return question(psutil.Process(pid))
    except psutil.Error:  # it is gone, or another user's
        return ""


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _start_time(process: psutil.Process) -> str:
    if sys.platform != "linux":
        return str(process.create_time())
    # psutil adds the time of the boot, which changes with the clock.
    boot, started = 0.0, 0.0
    while boot != (boot := psutil.boot_time()):
        started = process.create_time() - boot
    return str(round(started * os.sysconf("SC_CLK_TCK")))


def _listens(process: psutil.Process, port: int) -> bool:
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in process.net_connections("tcp")
    )
