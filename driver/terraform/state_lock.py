"""Who holds Terraform's lock on a state file.

Terraform's local backend locks the state with fcntl(2), so that the lock goes with the process that has it,
however that ends; the file `.terraform.tfstate.lock.info` that it leaves means nothing. A Terraform whose
`invoke` was killed may still be at work, though, and the kernel knows its process.
"""

from __future__ import annotations

import fcntl
import struct
import sys
from pathlib import Path

# struct flock of <fcntl.h>, in the order in which each system has it: start, length, process, type, whence.
_IS_LINUX = sys.platform.startswith("linux")
_LAYOUT = "hhqqi4x" if _IS_LINUX else "qqihh"


def state_lock_owner(state_path: Path) -> int | None:
    """Return the process that has a state file locked; None if no other has."""
    try:
        with state_path.open("rb") as state:
            answer = struct.unpack(_LAYOUT, fcntl.fcntl(state, fcntl.F_GETLK, _question()))
    except OSError:
        return None  # there is none, or nobody can tell; reading the state says why
    kind, process = (answer[0], answer[4]) if _IS_LINUX else (answer[3], answer[2])
    return None if kind == fcntl.F_UNLCK else int(process)


def _question() -> bytes:
    """Ask for whatever would stand in the way of writing anywhere in the file."""
    if _IS_LINUX:
        return struct.pack(_LAYOUT, fcntl.F_WRLCK, 0, 0, 0, 0)
    return struct.pack(_LAYOUT, 0, 0, 0, fcntl.F_WRLCK, 0)
