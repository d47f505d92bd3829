"""Archives of models: a tar.gz, unpacked so that nothing is ever written outside its folder.

Python's own ``tarfile`` reads the archive, but writes nothing: its extraction could be led outside, also with
``filter="data"``, before 3.11.13, 3.12.11 and 3.13.4 (CVE-2024-12718, CVE-2025-4138, CVE-2025-4330,
CVE-2025-4435, CVE-2025-4517). Here no symbolic link is ever made and none is followed: each folder is opened
within the one above it (openat(2), O_NOFOLLOW).

AWS cannot unpack an archive with symbolic links either ("Why does my endpoint go into the failed state", AWS
re:Post knowledge center).
"""

import contextlib
import gzip
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from localcloud.sagemaker.files.disk import copy, require_room

_MOST_AT_ONCE = 8 * 1024 * 1024  # bytes; only headers are read at once, and those of a long name are short
_LONGEST_PATH = 4096  # as Linux has it (PATH_MAX)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ArchiveError(Exception):
    """The archive cannot be unpacked; the message says what is wrong with it, and may be empty."""


def extraction_failed(url: str) -> str:
    """Say that model data cannot be unpacked, in AWS's words (`localcloud.sagemaker.hosting.health`)."""
    return (
        f'Failed to extract model data archive for container "container_1" from URL "{url}". Please ensure '
        "that the object located at the URL is a valid tar.gz archive."
    )


def unpack(archive: IO[bytes], folder: Path, is_wanted: Callable[[], bool]) -> bool:
    """Unpack an archive into a folder, member by member; tell whether all of it was wanted.

    `folder`: it exists, and nobody else writes there.
    `is_wanted`: asked again and again; once it says no, nothing more is unpacked.

    Raises `ArchiveError`: it is no tar.gz, a member is a link to elsewhere or a device or would lie outside,
    or the disk is full.
    """
    try:
        with (
            gzip.GzipFile(fileobj=archive, mode="rb") as content,
            tarfile.TarFile(fileobj=_Bounded(content), mode="r") as opened,
            _opened(folder) as root,
        ):
            members: list[tarfile.TarInfo] = vars(opened)["members"]  # It would remember every one.
            while (member := opened.next()) is not None:
                if not is_wanted() or not _place(opened, member, root, folder, is_wanted):
                    return False
                members.clear()
            while content.read(_MOST_AT_ONCE):  # Its checksum comes last.
                if not is_wanted():
                    return False
    except ArchiveError:
        raise
    except OSError as error:
        # BadGzipFile has no number; all others tell of this machine.
        raise ArchiveError("" if error.errno is None else f"{error.strerror}.") from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError) as error:
        raise ArchiveError("") from error
    return True


class _Bounded(io.RawIOBase):
    """A stream that limits each read: a header may claim any length."""

    def __init__(self, source: gzip.GzipFile) -> None:
        super().__init__()
        self._source = source

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _MOST_AT_ONCE:
            raise ArchiveError("The header of a member is too long.")
        return self._source.read(size)

    def tell(self) -> int:
        return self._source.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._source.seek(offset, whence)


def _place(
    opened: tarfile.TarFile,
    member: tarfile.TarInfo,
    root: int,
    folder: Path,
    is_wanted: Callable[[], bool],
) -> bool:
    """Write one member."""
    parts = _parts(member.name, member.name)
    if not parts:  # the folder itself
        return True
    if member.isdir():
        with _below(root, parts, member.name):
            return True
    if not (member.isreg() or member.islnk()):
        kind = "a symbolic link" if member.issym() else "neither a file nor a folder"
        raise ArchiveError(f"Its member '{member.name}' is {kind}.")
    with _below(root, parts[:-1], member.name) as parent:
        _make_way(parent, parts[-1], member.name)
        if member.islnk():
            _link(root, _parts(member.linkname, member.name), parent, parts[-1], member.name)
            return True
        source = opened.extractfile(member)
        assert source is not None
        require_room(folder, member.size)
        mode = 0o755 if member.mode & stat.S_IXUSR else 0o644
        with os.fdopen(os.open(parts[-1], _NEW_FILE, mode, dir_fd=parent), "wb") as target:
            is_complete = copy(source, target, folder, is_wanted)
            target.flush()
            os.fchmod(target.fileno(), mode)
            with contextlib.suppress(OSError, OverflowError, ValueError):  # a time that is none
                os.utime(target.fileno(), (member.mtime, member.mtime))
        return is_complete


def _parts(path: str, member: str) -> list[str]:
    """Split a path in the archive into names, of which none leads out of its folder."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or ".." in parts or "\0" in path or len(path) > _LONGEST_PATH:
        raise ArchiveError(
            f"Its member '{member[:_LONGEST_PATH]}' would lie outside the folder of the model."
        )
    return parts


def _make_way(parent: int, name: str, member: str) -> None:
    """Remove an earlier member of the same name, as tar does."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise ArchiveError(f"Its member '{member}' is a file and a folder.")
        os.unlink(name, dir_fd=parent)


def _link(root: int, source: list[str], parent: int, name: str, member: str) -> None:
    """Make a second name for an earlier member."""
    if not source:
        raise ArchiveError(f"Its member '{member}' is a link to no file.")
    try:
        with _below(root, source[:-1], member) as folder:
            os.link(source[-1], name, src_dir_fd=folder, dst_dir_fd=parent, follow_symlinks=False)
    except OSError as error:
        raise ArchiveError(f"Its member '{member}' is a link to no file of the archive.") from error


@contextmanager
def _below(root: int, parts: list[str], member: str) -> Iterator[int]:
    """Open a folder below another one, and make it where it is missing."""
    current = os.dup(root)
    try:
        for part in parts:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=current)
            try:
                following = os.open(part, _FOLDER, dir_fd=current)
            except NotADirectoryError as error:
                raise ArchiveError(f"Its member '{member}' lies in what is no folder.") from error
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
