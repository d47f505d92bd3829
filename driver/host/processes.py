"""Other processes of this machine: starting one that outlives us, ending it, and who holds a port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Protocol

_LOOPBACK = "127.0.0.1"
_LISTENING = "0A"  # TCP_LISTEN in the kernel's table
# Fields of /proc/<pid>/stat, counted from the one after the name: proc(5).
_GROUP = 5 - 3
_START_TIME = 22 - 3


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
        """Ask a process to end; one that is stopped goes on, to be able to."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGCONT)

    def kill_group(self, pid: int) -> None:
        """End a process started by `start`, and all that it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def interrupt(self, pid: int) -> None:
        """Interrupt a process, as Ctrl-C does."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)

    def group(self, group: int) -> dict[int, str]:
        """Return the command lines of the processes of a group, by process id; the dead are left out."""
        if Path("/proc/self").exists():
            found = {pid: self.command_line(pid) for pid in _process_ids() if _group_of(pid) == str(group)}
            return {pid: words for pid, words in found.items() if words}  # a zombie has none
        listing = ["ps", "-A", "-o", "pid=,pgid=,state=,command="]
        rows = subprocess.run(listing, capture_output=True, text=True, check=False).stdout.splitlines()
        cells = [row.split(None, 3) for row in rows]
        return {
            int(row[0]): row[3]
            for row in cells
            if len(row) == 4 and row[1] == str(group) and not row[2].startswith("Z")
        }

    def has_ended(self, pid: int) -> bool:
        """Tell whether a process is gone, and reap it if it is a child of ours."""
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
        return _ps("command=", pid)

    def state(self, pid: int) -> str:
        """Return the letter of a process's state, as ps(1) has it: T is stopped; nothing if it is gone."""
        fields = _status_fields(pid)
        if fields is not None:
            return fields[0] if fields else ""
        return _ps("state=", pid)[:1]

    def start_time(self, pid: int) -> str:
        """Return when a process was started, which tells it from a later one with its id.

        The text can only be compared; it is empty if the process is gone. On Linux it counts from the boot,
        so that a change of the clock does not matter.
        """
        fields = _status_fields(pid)
        if fields is not None:
            return fields[_START_TIME] if fields else ""
        return _ps("lstart=", pid)

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


def _status_fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat after the name, in which anything can be; None without /proc.

    They are none if the process is gone.
    """
    if not Path("/proc/self").exists():
        return None
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _group_of(pid: int) -> str:
    fields = _status_fields(pid)
    return fields[_GROUP] if fields else ""


def _ps(column: str, pid: int) -> str:
    """Ask for one column about a process, where there is no /proc."""
    listing = ["ps", "-o", column, "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()


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


class Programs(Protocol):
    """Runs programs; `HostPrograms` is the real one."""

    def find(self, name: str) -> bool:
        """Tell whether there is such a program."""

    def run(self, command: Sequence[str]) -> int:
        """Run a program that writes to the terminal; returns its exit code."""

    def ask(self, command: Sequence[str], text: str = "") -> tuple[int, str]:
        """Run a program with some input; returns its exit code and all that it said."""


class HostPrograms:
    """The programs on PATH."""

    def find(self, name: str) -> bool:
        """Tell whether there is such a program."""
        return shutil.which(name) is not None

    def run(self, command: Sequence[str]) -> int:
        """Run a program that writes to the terminal; returns its exit code."""
        return subprocess.run(command, check=False).returncode

    def ask(self, command: Sequence[str], text: str = "") -> tuple[int, str]:
        """Run a program with some input; returns its exit code and all that it said."""
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        return done.returncode, (done.stderr or done.stdout).strip()


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHELLS = 128  # a shell adds this to the signal's number: 130 for Ctrl-C

_received: list[int] = []
"""The signals of this command, the newest last."""


@contextmanager
def signals_end_the_command() -> Iterator[None]:
    """Raise KeyboardInterrupt at each of these signals.

    Outside the main thread, where Python receives no signals, nothing is changed.
    """
    _received.clear()

    def end(number: int, _frame: FrameType | None) -> None:
        _received.append(number)
        raise KeyboardInterrupt

    with _handled_by(end):
        yield


@contextmanager
def passed_on(handle: Callable[[int], None]) -> Iterator[None]:
    """Call a handler instead, while a child process works: it ends first.

    Parameters
    ----------
    handle
        Is given 1 at the first signal, 2 at the second, and so on.
    """
    count = 0

    def receive(number: int, _frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        _received.append(number)
        handle(count)

    with _handled_by(receive):
        yield


def interrupted_code() -> int:
    """Give the exit code of a command that a signal has ended, as a shell counts: Ctrl-C unless known."""
    return _SHELLS + (_received[-1] if _received else signal.SIGINT)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, handler) for number in received}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
