"""Writing files in one step; only their owner may read them unless another mode is given. Folders."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driver.host.privacy import users_mode, users_umask

PRIVATE = 0o600


def write_atomically(path: Path, content: bytes, mode: int = PRIVATE, *, durable: bool = False) -> None:
    """Replace a file in one step, making its folder where it is missing.

    A `durable` file is whole after a power failure, too; that costs a few milliseconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, content: bytes, mode: int = PRIVATE) -> bool:
    """Write a file only if its content changes, so that its modification time does; return whether it was."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write_atomically(path, content, mode)
    return True


def text_or_nothing(path: Path) -> str:
    """Read a file; nothing if it is not there or cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def write_for_user(path: Path, content: bytes) -> None:
    """Replace a file that the user named: it gets the mode that the user's other new files have."""
    with users_umask():
        write_atomically(path, content, users_mode())


def files_below(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the files of a folder, sorted, but for Python's caches; none if it is not there.

    Links to folders are followed, as Terraform's `fileset` does; one that leads back to a folder that it is
    in (`above`) is not.
    """
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    above |= {folder.resolve()}
    for path in found:
        if path.is_dir():
            if path.name != "__pycache__" and not (path.is_symlink() and path.resolve() in above):
                yield from files_below(path, above)
        elif path.is_file():
            yield path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait until no other process has a folder locked, and lock it; the lock ends with its process.

    The folder is made where it is missing. No file is written: it works on a full disk, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
