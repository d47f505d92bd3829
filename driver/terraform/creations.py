"""What Terraform had begun to create, on disk while it does: to be known after a kill or a power failure.

A resource that was cut off while it was being created may exist without being in the state.
"""

from __future__ import annotations

import os
from pathlib import Path

from driver.host.kept_files import broken, read_text
from driver.terraform.events import Event, Phase, ResourceEvent

_BEGUN, _ENDED = "+", "-"


class Creations:
    """The journal of one target's creations."""

    def __init__(self, path: Path, cure: str = "") -> None:
        self.path = path
        self._cure = cure

    def on_event(self, event: Event) -> None:
        """Record that a creation began or ended. This runs before any other reaction to the event."""
        if not isinstance(event, ResourceEvent) or event.action != "create":
            return
        mark = {Phase.STARTED: _BEGUN, Phase.FINISHED: _ENDED, Phase.FAILED: _ENDED}.get(event.phase)
        if mark:
            with self.path.open("a", encoding="utf-8") as journal:
                journal.write(f"{mark}{event.address}\n")
                if mark == _BEGUN:
                    journal.flush()
                    os.fsync(journal.fileno())

    def unfinished(self) -> tuple[str, ...]:
        """Return the addresses of those that began and did not end, in the order they began.

        Raises `BrokenFileError` if the file cannot be read.
        """
        begun: dict[str, None] = {}
        for mark, address in self._lines():
            if mark == _BEGUN:
                begun[address] = None
            else:
                begun.pop(address, None)
        return tuple(begun)

    def begun(self) -> tuple[str, ...]:
        """Return the addresses of all that began, whether or not they ended, in that order."""
        return tuple(dict.fromkeys(address for mark, address in self._lines() if mark == _BEGUN))

    def _lines(self) -> list[tuple[str, str]]:
        what = "The journal of what Terraform was creating"
        text = read_text(self.path, what, self._cure) or ""
        whole, _, cut_off = text.rpartition("\n")
        lines = [(line[:1], line[1:]) for line in whole.splitlines()]
        known = {_BEGUN, _ENDED}
        is_other = cut_off[:1] not in {*known, ""}
        if is_other or any(mark not in known or not address for mark, address in lines):
            raise broken(self.path, what, "holds something else than it should", self._cure)
        # A last line without its end was cut off: a creation that began is told of by its beginning alone.
        return [*lines, (_BEGUN, cut_off[1:])] if cut_off[:1] == _BEGUN and cut_off[1:] else lines

    def forget(self) -> None:
        """Empty the journal: the resources are in the state, or their fate is known."""
        self.path.unlink(missing_ok=True)
