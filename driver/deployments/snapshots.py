"""The snapshots of a project: where they lie, which there are, and which were made here.

To load a snapshot runs code that is in it, as Python's pickle does. So who has written it counts, and its
hash is recorded when it is written here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from driver.deployments.snapshot_archive import Snapshot, archive_hash, read_snapshot
from driver.host.files import locked, write_atomically
from driver.model.exceptions import BrokenFileError, WrongUseError

SUFFIX = ".snapshot.zip"
FOLDER = "snapshots"
"""The folder of snapshots in the project's `.sagestep`."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the folder of snapshots; no `snapshot`: it cannot be read."""

    name: str
    path: Path
    size: int
    snapshot: Snapshot | None


class Snapshots:
    """The folder of snapshots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = folder / "made-here.json"

    def path(self, name: str) -> Path:
        """Return where a snapshot lies or would lie. Raises `WrongUseError` if that cannot be its name."""
        if not _NAME.fullmatch(name):
            raise WrongUseError(
                f"A snapshot cannot be named {name!r}.",
                "A name has letters, digits, dots, hyphens and underscores, 64 at most.",
                "Choose another name, such as `before-retraining`.",
            )
        return self.folder / f"{name}{SUFFIX}"

    def find(self, name_or_file: str) -> Path:
        """Return the archive of that name, or that file; `BrokenFileError` if there is none."""
        is_file = "/" in name_or_file or name_or_file.endswith(".zip")
        path = Path(name_or_file).expanduser() if is_file else self.path(name_or_file)
        if not path.is_file():
            raise BrokenFileError(
                f"There is no snapshot {name_or_file}.",
                f"There is no file {path}.",
                "`invoke snapshot list` names those there are; a file has a path, such as ./copy.zip.",
            )
        return path

    def kept(self) -> Sequence[Kept]:
        """List all, the newest first; those that cannot be read come last."""
        found = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            snapshot = None
            with suppress(BrokenFileError):
                snapshot = read_snapshot(path)
            found.append(Kept(path.name.removesuffix(SUFFIX), path, path.stat().st_size, snapshot))
        return sorted(found, key=lambda one: one.snapshot.created if one.snapshot else "", reverse=True)

    def note(self, path: Path) -> str:
        """Record that an archive was written here; returns its hash."""
        digest = archive_hash(path)
        with locked(self.folder):
            write_atomically(self._made, json.dumps(sorted({*self._hashes(), digest})).encode())
        return digest

    def is_made_here(self, digest: str) -> bool:
        """Tell whether an archive of that hash was written here."""
        return digest in self._hashes()

    def delete(self, kept: Kept) -> None:
        """Delete one, and what is recorded of it."""
        digest = archive_hash(kept.path)
        kept.path.unlink(missing_ok=True)
        with locked(self.folder):
            write_atomically(self._made, json.dumps(sorted(self._hashes() - {digest})).encode())

    def _hashes(self) -> set[str]:
        with suppress(OSError, ValueError):
            found = json.loads(self._made.read_bytes())
            if isinstance(found, list):
                return {str(one) for one in found}
        return set()
