"""The end of all processes of a container where no process namespace ends them.

On Linux, a process that lost its parent becomes a child of the nearest subreaper above it, so that everything
that a program has started, also by setsid or a second fork, is found below its supervisor. Elsewhere only the
program's process group is known.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # <sys/prctl.h>
_ROUNDS = 100  # of looking for what has been forked meanwhile
_PAUSE = 0.005


def adopt_orphans() -> None:
    """Become the one whose children those below us become that lose their parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_descendants() -> None:
    """Kill everything below this process, until nothing is left."""
    if sys.platform != "linux":
        return
    for _ in range(_ROUNDS):
        found = list(descendants(os.getpid()))
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not found:
            return
        time.sleep(_PAUSE)


def descendants(ancestor: int) -> Iterator[int]:
    """Give the processes below one, but not those that have ended (proc(5), /proc/PID/stat)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                state, parent = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:2]
                if state not in {"Z", "X"}:
                    children.setdefault(int(parent), []).append(int(entry.name))
    below = [ancestor]
    while below:
        found = children.get(below.pop(), [])
        yield from found
        below += found
