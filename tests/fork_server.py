"""Imports modules once, and forks a process for each program that it is asked for: it begins with them.

    python -m tests.fork_server DESCRIPTOR MODULE...

DESCRIPTOR is a Unix socket that listens. A connection sends one `Asked` as a line of JSON, and is told
``began`` and the process id of the program, then ``ended`` and its exit code. A program whose connection is
closed is ended. Only the standard library is used: other environments run this.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import IO


@dataclass(frozen=True)
class Asked:
    """A program: a module with its arguments, and what it finds.

    `terminal`: the device that it reads and writes; else `output`, a file, has what it writes.
    """

    module: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    terminal: str = ""
    output: str = os.devnull

    def line(self) -> bytes:
        """Write it."""
        return json.dumps(asdict(self)).encode() + b"\n"


def main(descriptor: int, modules: list[str]) -> None:
    """Serve until the standard input ends, and with it whoever asks; a program's process runs it here."""
    for module in modules:
        importlib.import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who keeps a program is not waited for
    with socket.socket(fileno=descriptor) as listener:
        while True:
            readable, _, _ = select.select([listener.fileno(), 0], [], [])
            if 0 in readable:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection, connection.makefile("rb") as lines:
        asked = Asked(**json.loads(lines.readline()))
        if child := os.fork():
            _keep(child, connection)
        _settle(asked)
        connection.sendall(f"began {os.getpid()}\n".encode())
    sys.argv = [asked.module, *asked.arguments]
    sys.modules.pop(asked.module, None)  # one that is imported is run anew
    runpy.run_module(asked.module, run_name="__main__", alter_sys=True)


def _keep(child: int, connection: socket.socket) -> None:
    has_ended = threading.Event()

    def end_with_who_asked() -> None:
        with suppress(ConnectionResetError):
            connection.recv(1)  # nothing is sent: it returns once who asked is gone, killed perhaps
        if not has_ended.is_set():
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)

    threading.Thread(target=end_with_who_asked, daemon=True).start()
    _, status = os.waitpid(child, 0)
    has_ended.set()
    with suppress(BrokenPipeError):  # nobody waits for it any more
        connection.sendall(f"ended {os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _settle(asked: Asked) -> None:
    """Be as a process that a shell has started in that folder, in a session of its own."""
    os.setsid()
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    sys.path[0] = asked.folder
    flags = os.O_RDWR if asked.terminal else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    output = os.open(asked.terminal or asked.output, flags)
    for number in (1, 2):
        os.dup2(output, number)
    os.dup2(output if asked.terminal else os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w")


def _text(number: int, mode: str) -> IO[str]:
    is_seen_at_once = number == 2 or os.isatty(number)
    errors = "backslashreplace" if number == 2 else "strict"
    return open(
        number, mode, buffering=1 if is_seen_at_once else -1, encoding="utf-8", errors=errors, closefd=False
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
