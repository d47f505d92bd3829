"""Other users of the machine must not read what is under `.sagestep`: the state, task tokens, results, logs.

Whatever a command writes there, and whatever it starts that writes there (Terraform, its providers, the local
cloud), makes folders of mode 0700 and files of mode 0600. A file that the user names with `--output` has the
mode that the user's umask gives.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OURS = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What the driver makes in its folder. Only these are tightened: the folder may be one that the user made.
_ENTRIES = {
    *("local", "localstack", "aws", "environments", "packages", "provider-cache", "bin", "terraform.tfrc"),
    *("local.lock", "localstack.lock", "aws.lock"),
}
_users_umask: int | None = None


@contextmanager
def private_files() -> Iterator[None]:
    """Let this process, and all processes it starts meanwhile, make files that only their owner may read."""
    global _users_umask  # noqa: PLW0603 - the umask is the process's, there is only one
    outer, before = _users_umask, os.umask(_OURS)
    _users_umask = before if outer is None else outer
    try:
        yield
    finally:
        os.umask(before)
        _users_umask = outer


def users_mode() -> int:
    """Return the mode that the user's umask gives a new file."""
    return 0o666 & ~_current()


@contextmanager
def users_umask() -> Iterator[None]:
    """Make files and folders with the user's umask meanwhile."""
    before = os.umask(_current())
    try:
        yield
    finally:
        os.umask(before)


def tighten(home: Path) -> None:
    """Take other users' permissions from files that an earlier version made in the driver's folder.

    The folder itself loses them, too, if it holds only what the driver made. A folder that is closed already
    is not looked into.
    """
    try:
        entries = list(home.iterdir())
    except OSError:
        return  # there is none yet; or the command says itself that it cannot be read
    for entry in entries:
        if entry.name in _ENTRIES:
            _close(entry)
    if entries and all(entry.name in _ENTRIES for entry in entries):
        with suppress(OSError):
            _take_away(home)


def _close(path: Path) -> None:
    """Close a file, or a folder with all in it."""
    with suppress(OSError):
        if not _is_open(path):
            return
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                with suppress(OSError):
                    _take_away(Path(folder) / name)
        _take_away(path)


def _is_open(path: Path) -> bool:
    """Tell whether something is ours and open to others; a link is neither."""
    found = path.lstat()
    return not stat.S_ISLNK(found.st_mode) and found.st_uid == os.getuid() and bool(found.st_mode & _OTHERS)


def _take_away(path: Path) -> None:
    if _is_open(path):
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)


def _current() -> int:
    if _users_umask is not None:
        return _users_umask
    umask = os.umask(_OURS)
    os.umask(umask)
    return umask
