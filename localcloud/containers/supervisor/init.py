"""The first process of a container: starts the program, takes orders, and ends with the program.

In a process namespace the kernel ends all other processes of the container with this one. Elsewhere it ends
them itself, as far as they can be found.
"""

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from localcloud.containers.supervisor import descendants, namespaces
from localcloud.containers.supervisor.specification import GIVE_SOCKET, TERMINATE, Specification

CANNOT_RUN = 127  # What shells and Docker answer for a command that is not there.
NO_NAMESPACE = 126
_ORDERS = 0  # standard input
_UMASK = 0o022  # as in a container, whatever the local cloud's own is


class Init:
    """The first process. `lifeline`: a pipe that ends with the supervisor."""

    def __init__(self, wanted: Specification, lifeline: int) -> None:
        self._wanted = wanted
        self._lifeline = lifeline
        self._program = 0
        self._ending = threading.RLock()  # A signal may come while its own thread holds it.

    def run(self) -> None:
        """Run the program to its end."""
        if self._wanted.has_own_processes:
            try:
                namespaces.settle_as_first_process()
            except OSError as error:
                say(f"cannot make a process namespace: {error}")
                os._exit(NO_NAMESPACE)
        else:
            descendants.adopt_orphans()
        self._program = _start(self._wanted.command, self._wanted.directory)
        signal.signal(signal.SIGTERM, lambda *_: self._end(128 + signal.SIGTERM))
        for task in (self._take_orders, self._await_the_supervisors_end):
            threading.Thread(target=task, daemon=True).start()
        try:
            code = self._await_the_programs_end()
        except ChildProcessError:  # another thread ends everything, and has reaped the program first
            threading.Event().wait()
        else:
            self._end(code)

    def _await_the_programs_end(self) -> int:
        """Wait for the program, reap adopted processes, and return the program's exit code."""
        if sys.platform != "linux":
            code = os.waitstatus_to_exitcode(os.waitpid(self._program, 0)[1])
            return code if code >= 0 else 128 - code
        while True:
            # Not reaped yet, the program keeps its number, so that its group can be meant by it.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            assert ended is not None
            if ended.si_pid == self._program:
                return ended.si_status if ended.si_code == os.CLD_EXITED else 128 + ended.si_status
            os.waitpid(ended.si_pid, 0)

    def _take_orders(self) -> None:
        while order := os.read(_ORDERS, 1):
            if order == TERMINATE:
                self._signal(signal.SIGTERM)
            elif order == GIVE_SOCKET:
                _give_socket()
            else:
                break
        run_last_command(self._wanted)
        self._end(128 + signal.SIGKILL)

    def _await_the_supervisors_end(self) -> None:
        os.read(self._lifeline, 1)
        run_last_command(self._wanted)
        self._end(128 + signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(OSError):  # It has ended.
            os.killpg(self._program, number)

    def _end(self, code: int) -> None:
        """End this process and all others of the container."""
        with self._ending:
            if not self._wanted.has_own_processes:
                self._signal(signal.SIGKILL)
                descendants.end_all()
            os._exit(code)


def say(message: str) -> None:
    """Write a line of the local cloud's own into the container's log."""
    os.write(2, f"sagestep local cloud: {message}\n".encode())


def run_last_command(wanted: Specification) -> None:
    """Run the command that comes before the end."""
    if wanted.last_command is not None:
        with contextlib.suppress(ChildProcessError):  # Another thread has heard of its end first.
            os.spawnvp(os.P_WAIT, wanted.last_command[0], list(wanted.last_command))  # noqa: S606 - no shell


def _start(command: Sequence[str], directory: str) -> int:
    program = os.fork()
    if program == 0:
        try:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.umask(_UMASK)
            os.chdir(directory)
            os.execvp(command[0], list(command))  # noqa: S606 - no shell is what we want
        except OSError as error:
            say(f"cannot run {command[0]}: {error.strerror}")
            os._exit(CANNOT_RUN)
    with contextlib.suppress(OSError):  # the child does the same; the second of the two fails
        os.setpgid(program, program)
    return program


def _give_socket() -> None:
    """Send a socket of this network to the local cloud."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as given,
        socket.socket(fileno=os.dup(_ORDERS)) as orders,
        contextlib.suppress(OSError),  # the local cloud has ended
    ):
        socket.send_fds(orders, [GIVE_SOCKET], [given.fileno()])
