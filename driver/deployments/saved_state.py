"""The state that a local cloud has saved: its size, why it was refused, and why it is not up to date."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

_REFUSED = re.compile(r"the saved state in (?P<folder>.+) cannot be (?:loaded|read): (?P<why>.+)")


class SavedState:
    """What a local cloud has saved in its folder; it is the cloud's to read and to write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def exists(self) -> bool:
        """Tell whether something was saved."""
        return (self._folder / "manifest.json").is_file()

    def why_not_current(self) -> str:
        """Tell what is not saved of a cloud that has ended; empty: its last save has saved everything.

        The cloud makes the file `open` when it begins, and removes it when that is done.
        """
        if not (self._folder / "open").exists():
            return ""
        last = ""
        with suppress(OSError):
            last = f" since {datetime.fromtimestamp(self.saved_at(), UTC).astimezone():%H:%M:%S}"
        return f"It could not save what has changed{last}, before it ended."

    def saved_at(self) -> float:
        """Return when it was saved last, in seconds since 1970; `OSError` if nothing is."""
        return (self._folder / "manifest.json").stat().st_mtime

    def size(self) -> int:
        """Return the bytes of all its files."""
        size = 0
        for path in self._folder.rglob("*"):
            with suppress(OSError):  # the cloud may remove it meanwhile
                size += path.stat().st_size if path.is_file() else 0
        return size

    def remove(self) -> None:
        """Remove it."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder)


CURE = (
    "What was saved before stays as it is. The local cloud's log, cloud.log, tells more. If the disk is "
    "full, make room; else keep the local cloud running: a kill or a reboot would lose what is not saved."
)
"""What to do while a local cloud cannot save its state."""

STOPPED_CURE = (
    "The local cloud's log, cloud.log, tells why. If the disk is full, make room. Any task that needs the "
    "local cloud starts it again with what was saved before."
)
"""What to do once a local cloud has stopped that could not save its state."""


def why_not_saved(info: Mapping[str, object] | None) -> str:
    """Read in what a local cloud tells of itself why it does not save what it holds; empty: it does."""
    saved = (info or {}).get("saved")
    problem = saved.get("problem") if isinstance(saved, Mapping) else None
    return f"The local cloud cannot save all that it holds: {problem}." if problem else ""


def why_refused(log: Sequence[str]) -> str | None:
    """Find in the log of a cloud that did not start why it refused its state; None: for another reason."""
    found = [match for line in log if (match := _REFUSED.search(line))]
    return f"Its state in {found[-1]['folder']} cannot be loaded: {found[-1]['why']}." if found else None
