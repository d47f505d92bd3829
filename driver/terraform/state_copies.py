"""The copies of a target's Terraform state: the driver's own backups, and what Terraform leaves.

- `state-backups/`: the driver's, one after each command that changed the state and went through; a few are
  kept.
- `terraform.tfstate.backup`: Terraform's, the state before its last command.
- `errored.tfstate`: Terraform's, in its working folder, when it could not write the state: the newest there
  is. Where that cannot be written either, Terraform prints it, and the driver saves it (`save_dump`).

Copies of one lineage are versions of one state, and the serial number counts them: the highest is the newest.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from driver.host.files import text_or_nothing, write_atomically
from driver.terraform.state import StateHead, check_complete, read_head, read_whole

KEPT = 5  # backups: some 200 kB each
_SUFFIX = ".tfstate"


@dataclass(frozen=True, slots=True)
class StateCopy:
    """A whole state in a file.

    `name` is what the user is told; `resources` are the addresses that it manages, `written` is when.
    """

    path: Path
    name: str
    serial: int
    lineage: str
    resources: tuple[str, ...]
    written: datetime
    text: str


def newest_of(copies: Iterable[StateCopy], lineage: str | None) -> StateCopy | None:
    """Choose the newest copy of a state; the first of several that are the same.

    `copies` come in the order in which they are trusted. Where the `lineage` is not known, it is that of the
    copy that was written last.
    """
    found = list(copies)
    if lineage is None and found:
        lineage = max(found, key=lambda copy: copy.written).lineage
    return max(
        (copy for copy in found if copy.lineage == lineage), key=lambda copy: copy.serial, default=None
    )


class StateCopies:
    """The copies of one target."""

    def __init__(self, state_path: Path, backup_directory: Path, errored_path: Path) -> None:
        self.directory = backup_directory
        self.errored_path = errored_path
        self._state_path = state_path
        self._terraforms_backup = state_path.with_name(f"{state_path.name}.backup")

    def keep(self, text: str) -> None:
        """Keep a state that was just written, unless it is kept already or is not complete."""
        try:
            head = check_complete(text)
        except ValueError:
            return
        kept = self._kept()
        if kept and text_or_nothing(kept[-1]) == text:
            return
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S.%f}Z-serial-{head.serial}{_SUFFIX}"
        write_atomically(self.directory / name, text.encode(), durable=True)
        for older in kept[: -(KEPT - 1)]:
            older.unlink(missing_ok=True)

    @property
    def number(self) -> int:
        """How many the driver keeps."""
        return len(self._kept())

    def newest(self, damaged: StateHead) -> StateCopy | None:
        """Find the newest good copy of a state that cannot be used."""
        return newest_of(self._all(), damaged.lineage)

    def newer_than(self, head: StateHead) -> StateCopy | None:
        """Find what Terraform could not write into a state that can be read; None if that has it all."""
        serial, lineage = head.serial, head.lineage
        if serial is None or not lineage:
            return None
        return newest_of(self._all(lambda text: (read_head(text).serial or 0) > serial), lineage)

    def save_dump(self, text: str) -> Path:
        """Save a state that Terraform could write nowhere.

        Room is made for it, if need be: by what it replaces, and by older backups. If that does not do, it
        goes to the folder of temporary files.

        Raises `OSError` if there is no room anywhere.
        """
        content = text.encode()
        expendable = [*self._cut_off(), *self._kept()[:-1]]
        for path in (None, *expendable):
            if path is not None:
                path.unlink(missing_ok=True)
            try:
                write_atomically(self.errored_path, content, durable=True)
            except OSError:
                continue
            return self.errored_path
        self._spare_path.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(self._spare_path, content, durable=True)
        return self._spare_path

    def forget_errored(self) -> None:
        """Remove what Terraform could not write, once it is written."""
        for path in (self.errored_path, *self._spare()):
            path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove all: what they describe is no more."""
        for path in (self._terraforms_backup, *self._kept()):
            path.unlink(missing_ok=True)
        self.forget_errored()

    def _all(self, is_wanted: Callable[[str], bool] = lambda _: True) -> Iterator[StateCopy]:
        """Yield the readable copies, the most trusted first, of those whose texts are wanted."""
        for name, path in (
            ("what Terraform could not write, errored.tfstate", self.errored_path),
            *(("what Terraform could not write", path) for path in self._spare()),
            *(("a backup of the driver's", path) for path in reversed(self._kept())),
            ("Terraform's backup", self._terraforms_backup),
        ):
            text = text_or_nothing(path)
            if not is_wanted(text):
                continue
            try:
                head, resources = read_whole(text)
            except ValueError:
                continue
            yield StateCopy(
                path,
                name,
                head.serial or 0,
                head.lineage or "",
                tuple(resource.address for resource in resources),
                datetime.fromtimestamp(path.stat().st_mtime, UTC),
                text,
            )

    def _cut_off(self) -> list[Path]:
        """Name the state if Terraform was cut off while it wrote it."""
        try:
            check_complete(text_or_nothing(self._state_path))
        except ValueError:
            return [self._state_path] if self._state_path.is_file() else []
        return []

    def _kept(self) -> list[Path]:
        """List the driver's own, the oldest first."""
        return sorted(path for path in self.directory.glob(f"*{_SUFFIX}") if path.is_file())

    @property
    def _spare_path(self) -> Path:
        name = sha256(str(self.errored_path.absolute()).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"sagestep-{os.getuid()}" / f"errored-{name}{_SUFFIX}"

    def _spare(self) -> list[Path]:
        """Find the copies in the folder of temporary files, where other users can write."""
        path = self._spare_path
        is_ours = all(
            found.exists() and not found.is_symlink() and found.stat().st_uid == os.getuid()
            for found in (path.parent, path)
        )
        return [path] if is_ours else []
