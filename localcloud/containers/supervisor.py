"""A small process between the local cloud and a program: ``python -I -S supervisor.py SPECIFICATION``.

It puts the program into a process group of its own and, where that is possible, into a private mount
namespace in which ``/opt/ml`` is the directory of the job. Standard input carries orders, one byte each:
``T`` sends SIGTERM to the group, ``K`` SIGKILL. When it closes, whoever started us is gone, however it
ended, and the group is killed; so nothing is orphaned.

It ends as the program ends, with code 128 + n for signal n. Whatever the program left running in its group
is killed then. Runs alone, from this file, with nothing but the standard library: it must start quickly.

SPECIFICATION is a JSON object: ``command`` (list of strings), ``directory`` (working directory), ``binds``
(object: path in the container to directory here; null for no namespace), ``farewell`` (a command to run
before the group is killed; null for none).
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000  # <sys/mount.h>
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # <sched.h>
CANNOT_RUN = 127  # What shells and Docker answer for a command that is not there.
NO_NAMESPACE = 126


def main(specification: str) -> NoReturn:
    """Run the program to its end."""
    wanted = json.loads(specification)
    if wanted["binds"] is not None:
        try:
            enter_namespace({Path(path): Path(source) for path, source in wanted["binds"].items()})
        except OSError as error:
            _say(f"cannot make a mount namespace: {error}")
            sys.exit(NO_NAMESPACE)
    program = _start(wanted["command"], wanted["directory"])
    signal.signal(signal.SIGTERM, lambda *_: _signal(program, signal.SIGKILL))
    orders = threading.Thread(target=_take_orders, args=(program, wanted["farewell"]), daemon=True)
    orders.start()
    # Not reaped yet, the program keeps its number, so that its group can be meant by it.
    os.waitid(os.P_PID, program, os.WEXITED | os.WNOWAIT)
    _signal(program, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    os._exit(code if code >= 0 else 128 - code)


def _start(command: list[str], directory: str) -> int:
    program = os.fork()
    if program == 0:
        try:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.chdir(directory)
            os.execvp(command[0], command)  # noqa: S606 - no shell is what we want
        except OSError as error:
            _say(f"cannot run {command[0]}: {error.strerror}")
            os._exit(CANNOT_RUN)
    with contextlib.suppress(OSError):  # Whoever of the two comes first; the other finds it done.
        os.setpgid(program, program)
    return program


def _take_orders(program: int, farewell: list[str] | None) -> None:
    while (order := os.read(0, 1)) == b"T":
        _signal(program, signal.SIGTERM)
    if farewell is not None and order in {b"", b"K"}:
        os.spawnvp(os.P_WAIT, farewell[0], farewell)  # noqa: S606 - as above
    _signal(program, signal.SIGKILL)


def _signal(program: int, number: signal.Signals) -> None:
    with contextlib.suppress(OSError):  # It has ended.
        os.killpg(program, number)


def enter_namespace(binds: dict[Path, Path]) -> None:
    """Enter a mount namespace of our own and bind directories in it.

    Root needs no user namespace; others get one in which they stay who they are.
    """
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if library.unshare(CLONE_NEWNS) != 0:
        _check(library.unshare(CLONE_NEWNS | CLONE_NEWUSER), "unshare")
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
    _mount(library, None, Path("/"), MS_REC | MS_PRIVATE)
    for path, source in binds.items():
        if not path.is_dir():
            _make_room(library, path)
        _mount(library, source, path, MS_BIND | MS_REC)


def _make_room(library: ctypes.CDLL, path: Path) -> None:
    """Make a mount point that does not exist, without a change that anybody else could see.

    Its nearest existing parent is covered by an empty file system, in which everything that was there is
    bound again, and the new directory made.
    """
    parent = next(folder for folder in path.parents if folder.is_dir())
    if parent == Path("/"):
        raise OSError(f"neither {path} nor the folder above it exists")
    # The old content stays reachable through a descriptor of it, wherever it is hidden.
    old = Path(f"/proc/self/fd/{os.open(parent, os.O_PATH | os.O_DIRECTORY)}")
    entries = list(parent.iterdir())
    _check(library.mount(b"tmpfs", bytes(parent), b"tmpfs", 0, b"mode=0755"), f"mount on {parent}")
    for here in entries:
        there = old / here.name
        if there.is_symlink():
            here.symlink_to(there.readlink())
            continue
        here.mkdir() if there.is_dir() else here.touch()
        _mount(library, there, here, MS_BIND | MS_REC)
    path.mkdir(parents=True)


def _mount(library: ctypes.CDLL, source: Path | None, target: Path, flags: int) -> None:
    origin = b"none" if source is None else bytes(source)
    _check(library.mount(origin, bytes(target), None, flags, None), f"mount on {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _say(message: str) -> None:
    os.write(2, f"sagestep local cloud: {message}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
