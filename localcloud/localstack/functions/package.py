"""A function's deployment package: a zip file that somebody else has made, unpacked so that it harms nobody.

Nothing is written outside of the folder it is unpacked to. Symbolic links within the package are kept, as on
AWS; what would lead out of it makes the whole package one that cannot be unzipped.
"""

import shutil
import stat
import zipfile
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from zipfile import ZipFile, ZipInfo

Parts = tuple[str, ...]

_LINKS_FOLLOWED = 40
"""So many links the kernel follows in one path (path_resolution(7))."""

_LINK_BYTES, _NAME_BYTES = 4096, 255
"""The longest target of a link, and the longest name of a file: PATH_MAX and NAME_MAX of Linux."""

_MODE = 0o755


class PackageError(Exception):
    """The file is no zip file that can be unpacked; the message says why."""


def check(file: str | IO[bytes]) -> None:
    """Read a whole package, and write nothing.

    Raises `PackageError` if it cannot be unpacked, or only with files outside of its folder.
    """
    _read(file, None)


def unpack(file: str | IO[bytes], folder: Path) -> None:
    """Unpack a package into an empty folder.

    Raises `PackageError` if it cannot be unpacked, or only with files outside of the folder.
    """
    _read(file, folder)


def _read(file: str | IO[bytes], folder: Path | None) -> None:
    try:
        with ZipFile(file) as archive:
            members = {_parts(member): member for member in archive.infolist()}
            members.pop((), None)
            links = {parts: _target(archive, member) for parts, member in members.items() if _is_link(member)}
            _refuse_what_leads_out(members, links)
            if folder is None:
                # Encrypted and damaged members are found only by reading them.
                damaged = archive.testzip()
                if damaged is not None:
                    raise PackageError(f"{damaged} is damaged")
            else:
                _write(archive, members, links, folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise PackageError(str(error)) from error


def _parts(member: ZipInfo) -> Parts:
    if member.filename.startswith("/"):
        raise PackageError(f"{member.filename} is an absolute path")
    return tuple(part for part in member.filename.split("/") if part not in {"", "."})


def _kind(member: ZipInfo) -> int:
    """Give the type of file that a system like Unix has written down; 0 for none."""
    return stat.S_IFMT(member.external_attr >> 16)


def _is_link(member: ZipInfo) -> bool:
    return stat.S_ISLNK(_kind(member))


def _target(archive: ZipFile, member: ZipInfo) -> str:
    if member.file_size > _LINK_BYTES:
        raise PackageError(f"the target of the link {member.filename} is too long")
    return archive.read(member).decode()


def _refuse_what_leads_out(members: Mapping[Parts, ZipInfo], links: Mapping[Parts, str]) -> None:
    for parts, member in members.items():
        if ".." in parts:
            raise PackageError(f"{member.filename} leads out of the package")
        if any(len(part.encode()) > _NAME_BYTES for part in parts):
            raise PackageError(f"{member.filename} has a name that is too long")
        if _kind(member) not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}:
            raise PackageError(f"{member.filename} is neither a file nor a folder nor a link")
        for length in range(1, len(parts)):
            above = members.get(parts[:length])
            if above is not None and not above.is_dir():
                raise PackageError(f"{member.filename} lies below {above.filename}, which is no folder")
    for parts in links:
        if not _stays_inside(parts, links):
            raise PackageError(f"the link {members[parts].filename} leads out of the package")


def _stays_inside(path: Parts, links: Mapping[Parts, str]) -> bool:
    """Follow a path as the kernel does, through all links."""
    walked: list[str] = []
    ahead = deque(path)
    followed = 0
    while ahead:
        part = ahead.popleft()
        if part == "..":
            if not walked:
                return False
            walked.pop()
        elif part not in {"", "."}:
            walked.append(part)
            target = links.get(tuple(walked))
            if target is not None:
                followed += 1
                if target.startswith("/") or followed > _LINKS_FOLLOWED:
                    return False
                walked.pop()
                ahead.extendleft(reversed(target.split("/")))
    return True


def _write(
    archive: ZipFile, members: Mapping[Parts, ZipInfo], links: Mapping[Parts, str], folder: Path
) -> None:
    for parts, member in members.items():
        place = folder.joinpath(*parts)
        if member.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif parts not in links:
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, place.open("xb") as target:
                shutil.copyfileobj(source, target)
            place.chmod(_MODE)
    # Last, so that nothing is written through one: not even where the file system ignores upper case.
    for parts, target_of_link in links.items():
        place = folder.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target_of_link)
