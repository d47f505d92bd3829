"""Free space on the disk: checked before work begins, and named in the error when it runs out.

Measured on Linux with the provider 5.100: a deployment of 71 resources takes 3 MB, half of it the state, of
which there are up to eight copies; each run adds its objects, logs and traces. The provider takes 0.7 GB
once, unless it is linked from a mirror or lies in the cache already.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from driver.model.exceptions import NoRoomError

MB = 1000 * 1000
FOR_WORK = 200 * MB  # a deployment without the provider, and what its runs write
FOR_PROVIDER = 800 * MB
FOR_STATE = 20 * MB  # Terraform writes the state many times, and its lock, plan and backup
SPARE = 20 * MB  # that a download leaves, so that the next command can write its records
# A full disk, a quota that is used up, a file larger than the process may write.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

# A row of coordinates, some 20 bytes, becomes one with an address, some 200: downloaded; and on a local
# target the cloud holds it and its input, too.
_RESULT, _RESULT_IN_LOCAL_CLOUD = 10, 25

Free = Callable[[Path], int]


def free_bytes(path: Path) -> int:
    """Return how many bytes can be written where a path is or would be."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free


def check_room(path: Path, needed: int, what: str, free: Free = free_bytes) -> None:
    """Raise `NoRoomError`, with both numbers, unless `needed` bytes are free at a path.

    `what` needs them: it begins the error's sentence.
    """
    there = free(path)
    if there < needed:
        raise NoRoomError(
            f"There is too little room in {path}.",
            f"{what} needs {needed:,} bytes ({needed / MB:,.0f} MB), {there:,} bytes are free.",
            "Make room on that disk, or name a folder on another with SAGESTEP_HOME.",
        )


def check_room_for_runs(
    path: Path, inputs: Iterable[Path], *, is_local: bool, free: Free = free_bytes
) -> None:
    """Raise `NoRoomError` unless the results of files of coordinates will fit where they are downloaded to.

    A cloud on this machine (`is_local`) stores the files and their results as well.
    """
    size = sum(file.stat().st_size for file in inputs)
    times = _RESULT_IN_LOCAL_CLOUD if is_local else _RESULT
    check_room(path, size * times + SPARE, "The run", free)


def is_full(error: BaseException) -> bool:
    """Tell whether something failed because the disk is full."""
    return isinstance(error, OSError) and error.errno in _FULL


def says_full(text: str) -> bool:
    """Tell whether a program says that the disk is full; the words are the system's."""
    said = text.lower()
    return any(
        words in said for words in ("no space left on device", "disk quota exceeded", "file too large")
    )


def full_disk(error: OSError) -> NoRoomError:
    """Name a disk that became full."""
    place = f" while {error.filename} was written" if error.filename else ""
    return NoRoomError(
        "The disk is full.",
        f"{error.strerror}{place}.",
        "Make room and run the same command again. What was complete is kept.",
    )
