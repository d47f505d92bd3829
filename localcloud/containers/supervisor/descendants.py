"""Finding and ending the processes below this one, those in sessions of their own too.

Run with the standard library alone, by the supervisors of containers and of functions. On Linux an orphan
becomes the child of the nearest ancestor that adopts orphans (prctl(2), PR_SET_CHILD_SUBREAPER), so that
nothing gets away by ``setsid`` or by a second fork. Elsewhere only a process group can be ended.
"""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # <sys/prctl.h>
_PATIENCE_SECONDS = 5.0
"""How long `end_all` waits for what cannot be killed: it runs as another user, or the kernel holds it."""


def adopt_orphans() -> None:
    """Make orphans among this process's descendants its children, where the system can."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, where the system can."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def children() -> set[int]:
    """Give this process's children, orphans it has adopted among them; empty where there is no ``/proc``."""
    return {int(path.name) for path in Path("/proc").glob("[0-9]*") if _parent(path) == os.getpid()}


def kill(pids: Iterable[int]) -> None:
    """Send SIGKILL to processes."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """Send SIGKILL to a process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of zombies
        os.killpg(leader, signal.SIGKILL)


def wake_at_the_end_of_a_child() -> socket.socket:
    """Give a socket that can be read whenever a child of this process has ended, in place of any earlier."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    earlier = signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)
    if earlier >= 0:
        os.close(earlier)
    return woken


def reap() -> tuple[dict[int, int], bool]:
    """Reap the children that have ended.

    Gives each one's exit code, ``-n`` for signal n, and whether there are others.
    """
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if pid == 0:
            return ended, True
        ended[pid] = os.waitstatus_to_exitcode(status)


def end_all() -> tuple[dict[int, int], bool]:
    """Kill everything below this process, generation by generation; gives what `reap` does."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    ended, is_any_left = reap()
    while is_any_left and time.monotonic() < deadline:
        kill(children())
        time.sleep(0.002)
        more, is_any_left = reap()
        ended |= more
    return ended, is_any_left


def _parent(process: Path) -> int | None:
    try:
        # The command's name, in parentheses, may hold anything; then come the state and the parent.
        return int((process / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
