"""What Terraform had begun to create, on disk while it does: to be known after a kill or a power failure.

A resource that was cut off while it was being created may exist without being in the state.
"""

from __future__ import annotations

import os
from pathlib import Path

from driver.terraform_events import Event, Phase, ResourceEvent

_BEGUN, _ENDED = "+", "-"


class Creations:
    """The journal of one target's creations.

    Parameters
    ----------
    path
        The file; it is there only while there is something to be known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_event(self, event: Event) -> None:
        """Note that a creation began or ended, before anything else is done about it."""
        if not isinstance(event, ResourceEvent) or event.action != "create":
            return
        mark = {Phase.STARTED: _BEGUN, Phase.FINISHED: _ENDED, Phase.FAILED: _ENDED}.get(event.phase)
        if mark:
            with self._path.open("a", encoding="utf-8") as journal:
                journal.write(f"{mark}{event.address}\n")
                if mark == _BEGUN:
                    journal.flush()
                    os.fsync(journal.fileno())

    def unfinished(self) -> tuple[str, ...]:
        """Return the addresses of those that began and did not end, in the order they began."""
        if not self._path.is_file():
            return ()
        begun: dict[str, None] = {}
        for line in self._path.read_text(encoding="utf-8").splitlines():
            mark, address = line[:1], line[1:]
            if mark == _BEGUN:
                begun[address] = None
            else:
                begun.pop(address, None)
        return tuple(begun)

    def forget(self) -> None:
        """Forget all: they are in the state, or it is known what became of them."""
        self._path.unlink(missing_ok=True)
