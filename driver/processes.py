"""Other processes of this machine: starting one that outlives us, ending it, and who holds a port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_LOOPBACK = "127.0.0.1"
_LISTENING = "0A"  # TCP_LISTEN in the kernel's table


class HostProcesses:
    """The processes and loopback ports of this machine."""

    def start(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path
    ) -> int:
        """Start a process in a session of its own, which outlives this one.

        Parameters
        ----------
        command
            The program and its arguments.
        directory
            Where it runs.
        environment
            Its whole environment.
        log
            The file that takes both its output streams; it is begun anew.

        Returns
        -------
        int
            The process id, which is also its group's.
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
        """Ask a process to end."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    def kill_group(self, pid: int) -> None:
        """End a process started by `start`, and all that it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def has_ended(self, pid: int) -> bool:
        """Tell whether a process is gone, and bury it if it is a dead child of ours."""
        try:
            return os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            return not self.command_line(pid)

    def command_line(self, pid: int) -> str:
        """Return the words a process was started with; nothing if it is gone."""
        if Path("/proc/self").exists():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                return ""
            return words.replace(b"\0", b" ").decode(errors="replace").strip()
        listing = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()

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
        """Name the process that listens on a TCP port, as far as the system lets us see it.

        Returns
        -------
        str
            Its program and process id; nothing where that cannot be found out.
        """
        sockets = _listening_sockets(port)
        for pid in _process_ids() if sockets else ():
            if sockets & _open_files(pid):
                program = Path(self.command_line(pid).split(" ")[0]).name
                return f"{program} (process {pid})"
        return ""


def _listening_sockets(port: int) -> set[str]:
    """Find the sockets that listen on a port, named as in /proc/<pid>/fd."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for row in Path(table).read_text().splitlines()[1:]:
                cells = row.split()
                if cells[3] == _LISTENING and int(cells[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{cells[9]}]")
    return sockets


def _process_ids() -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def _open_files(pid: int) -> set[str]:
    """List what a process has open; nothing if it is gone or another user's."""
    links = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                links.add(str(descriptor.readlink()))
    return links
