"""What is kept of the state around a command of Terraform's that changes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from driver.model.exceptions import BrokenFileError, SagestepError
from driver.terraform.events import Diagnostic, Event, StateDump
from driver.terraform.files import TerraformFiles
from driver.terraform.state_store import StateStore


class StateKeeper:
    """Keeps a backup after a command that went through, and what Terraform could not write after others."""

    def __init__(
        self, workspace: TerraformFiles, store: StateStore | None, tell: Callable[[Event], None]
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._tell = tell
        self._dump: StateDump | None = None

    def on_event(self, event: Event) -> None:
        """Pass on what Terraform says, but for the state: that is no message."""
        if isinstance(event, StateDump):
            self._dump = event
        else:
            self._tell(event)

    def after_success(self) -> None:
        """Keep a backup; a disk that is full does not undo what was done."""
        if self._store:
            self._store.refresh()
        try:
            text = self._workspace.state_text()
            self._workspace.copies.keep(text)
            self._workspace.copies.forget_errored()
        except (OSError, BrokenFileError) as error:
            self._tell(Diagnostic("warning", "There is no backup of this state", str(error)))

    def after_failure(self) -> None:
        """Save what Terraform could write nowhere, and look at what it did write."""
        if self._dump:
            self._save(self._dump)
        if self._store:
            with suppress(SagestepError, OSError):  # the command's own error is the one to be told
                self._store.refresh()

    def _save(self, dump: StateDump) -> None:
        try:
            path: Path = self._workspace.copies.save_dump(dump.text)
        except OSError as error:
            self._tell(Diagnostic("error", "The state could be saved nowhere", str(error)))
            return
        self._tell(Diagnostic("warning", "Terraform could not write its state", f"it is kept in {path}"))
