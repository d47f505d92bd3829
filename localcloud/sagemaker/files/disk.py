"""Room on disk: what a job or an endpoint writes must leave some to everybody else."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

RESERVE = 256 * 1024 * 1024
"""Bytes of a disk that are never filled: the local cloud and the driver must still be able to write."""

_PIECE = 1024 * 1024
_PIECES_BETWEEN_LOOKS = 64


class Source(Protocol):
    """What is read in pieces."""

    def read(self, size: int, /) -> bytes:
        """Give so many bytes at most; none at the end."""
        ...


def require_room(folder: Path, size: int = 0) -> None:
    """Raise the error of a full disk (ENOSPC) where so many bytes more would not leave the reserve."""
    if shutil.disk_usage(folder).free - size < RESERVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def copy(source: Source, target: IO[bytes], folder: Path, is_wanted: Callable[[], bool]) -> bool:
    """Copy piece by piece, for as long as that is wanted and there is room; tell whether all was copied.

    `is_wanted`: asked between pieces.

    Raises `OSError`: the target cannot be written, or the disk is full.
    """
    pieces = 0
    while piece := source.read(_PIECE):
        if not is_wanted():
            return False
        if pieces % _PIECES_BETWEEN_LOOKS == 0:
            require_room(folder, len(piece))
        target.write(piece)
        pieces += 1
    return True
