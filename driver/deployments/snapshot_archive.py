"""The file of a snapshot: a ZIP archive with a manifest that has the hash of every file in it.

The manifest is the first file. Everything is checked before anything is unpacked; names that lead out of a
folder, and files that the manifest does not name, are refused. The hashes tell damage, not who has written
the archive: that is for `driver.deployments.snapshots`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from driver.host.disk_space import SPARE, Free, check_room, free_bytes
from driver.model.choices import IamMode
from driver.model.exceptions import BrokenFileError

FORMAT = 1
_MANIFEST = "snapshot.json"
_UNFINISHED = ".new"
_LARGEST_MANIFEST = 50_000_000  # bytes: some hundred for each file
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot says of itself.

    - `created`: ISO 8601, UTC; `sagestep`: the version that has saved it.
    - `resources`: how many Terraform's state manages.
    - `variables`, `region`, `iam`: what the deployment was asked with.
    - `fingerprint`: of all that Terraform has read, on any machine; empty where the source has changed since.
    """

    name: str
    created: str
    sagestep: str
    region: str
    variables: Mapping[str, object]
    iam: str
    resources: int
    fingerprint: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def age_in_days(self, now: datetime) -> float:
        """Return how old it is."""
        return max(0.0, (now - datetime.fromisoformat(self.created)).total_seconds() / _DAY)


def write_archive(path: Path, snapshot: Snapshot, folder: Path) -> None:
    """Write all files of a folder as an archive: whole, for its owner alone, or not at all."""
    files = {
        file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()
    }
    values = asdict(snapshot) | {
        "format": FORMAT,
        "files": {name: _hash(file) for name, file in files.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_old(path.parent.glob(f".*{_UNFINISHED}"))
    # Not the process id: containers that share a cache may have the same.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_UNFINISHED}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(_MANIFEST, json.dumps(values, indent=1))
                for name, file in files.items():
                    archive.write(file, name)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_old(found: Iterable[Path]) -> None:
    """Remove what a process that was killed left behind: files and folders that are a day old."""
    for path in found:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < _DAY:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def archive_hash(path: Path) -> str:
    """Return the SHA-256 of an archive."""
    return _hash(path)


def read_snapshot(path: Path) -> Snapshot:
    """Read what a snapshot says of itself. Raises `BrokenFileError` if that cannot be read."""
    with _opened(path) as archive:
        return _read_manifest(path, archive)


def unpack_archive(path: Path, folder: Path, free: Free = free_bytes) -> Snapshot:
    """Check every file of an archive, then unpack it into a new folder.

    Raises `BrokenFileError` if it was cut or changed, `NoRoomError` if there is no room for all files:
    nothing is unpacked then.
    """
    with _opened(path) as archive:
        snapshot = _read_manifest(path, archive)
        names = [info.filename for info in archive.infolist()]
        if sorted(names) != sorted([_MANIFEST, *snapshot.files]):
            raise _broken(path, "It has other files than its manifest names.")
        for name in snapshot.files:
            if not _is_inside(name):
                raise _broken(path, f"Its file {name!r} lies outside of it.")
            if any(str(folder) in snapshot.files for folder in PurePosixPath(name).parents):
                raise _broken(path, f"Its file {name!r} lies in another file.")
        size = sum(info.file_size for info in archive.infolist())
        check_room(folder, size + SPARE, f"The snapshot {path}", free)
        for name, wanted in snapshot.files.items():
            digest = hashlib.sha256()
            with archive.open(name) as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() != wanted:
                raise _broken(path, f"Its file {name} was cut or changed.")
        for name in snapshot.files:
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with archive.open(name) as stream, target.open("wb") as copy:
                target.chmod(0o600)
                while block := stream.read(1 << 20):
                    copy.write(block)
        return snapshot


def _is_inside(name: str) -> bool:
    pure = PurePosixPath(name)
    is_plain = str(pure) == name and name != "." and "\\" not in name
    return is_plain and not pure.is_absolute() and ".." not in pure.parts


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; what is wrong with it while it is read is said of the archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _broken(path, f"It was cut or changed, or is no snapshot ({error}).") from error
    except FileNotFoundError as error:
        raise BrokenFileError(
            f"There is no snapshot {path}.", "", "`invoke snapshot list` tells which there are."
        ) from error


def _read_manifest(path: Path, archive: zipfile.ZipFile) -> Snapshot:
    with suppress(KeyError, ValueError, TypeError, AttributeError):
        if archive.getinfo(_MANIFEST).file_size < _LARGEST_MANIFEST:
            return _snapshot(path, json.loads(archive.read(_MANIFEST)))
    raise _broken(path, f"It has no {_MANIFEST} that can be read: it is no snapshot.")


def _snapshot(path: Path, values: dict[str, Any]) -> Snapshot:
    if values.pop("format") != FORMAT:
        raise _broken(path, "Another version of sagestep has written it.")
    snapshot = Snapshot(**values)
    texts = (snapshot.name, snapshot.created, snapshot.sagestep, snapshot.region, snapshot.iam)
    maps = (snapshot.variables, snapshot.files)
    if not all(isinstance(text, str) for text in (*texts, snapshot.fingerprint, *snapshot.files.values())):
        raise ValueError("has something else than a text")
    if not all(isinstance(one, dict) for one in maps) or not isinstance(snapshot.resources, int):
        raise ValueError("has something else than an object")
    if datetime.fromisoformat(snapshot.created).tzinfo is None:
        raise ValueError("has a time without a time zone")
    IamMode(snapshot.iam)
    return snapshot


def _broken(path: Path, why: str) -> BrokenFileError:
    return BrokenFileError(
        f"The snapshot {path} cannot be used.",
        why,
        "Nothing was changed. Copy it again, or save another with `invoke snapshot save NAME`.",
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
