"""What the processes of a container have used, read from /proc (proc(5)): on Linux only."""

import contextlib
import os
import sys
from pathlib import Path

from localcloud.containers.supervisor.orphans import descendants

_USER_TIME, _SYSTEM_TIME = 11, 12  # of the fields behind the name


def cpu_seconds_below(ancestor: int) -> float | None:
    """Tell how much processor time the processes below one have used; None where that is not known."""
    if sys.platform != "linux":
        return None
    ticks = 0
    for pid in descendants(ancestor):
        with contextlib.suppress(OSError, ValueError):
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
    return ticks / os.sysconf("SC_CLK_TCK")
