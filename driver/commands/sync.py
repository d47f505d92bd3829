"""`invoke sync`: what has changed in the source becomes a part of the deployment, in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from driver.commands.context import Command
from driver.commands.up import Up
from driver.host.files import files_below
from driver.model.exceptions import SagestepError

_PAUSE = 0.3  # seconds between two looks at the files


@dataclass(frozen=True)
class Sync(Command):
    """Applies the source without asking AWS how each resource is: Terraform trusts its state.

    On the local cloud, code that changed alone is uploaded without Terraform. What was changed outside
    Terraform is not seen; `invoke up --refresh` sees it.
    """

    sleep: Callable[[float], None] = time.sleep

    def __call__(self, *, assume_yes: bool, watch: bool) -> None:
        """Apply once; with `watch` again whenever a file changes, until Ctrl-C.

        Raises
        ------
        NotDeployedError
            If nothing is deployed.
        """
        self.context.find_deployment()  # else it raises
        seen = self._files()
        self._sync(assume_yes=assume_yes)
        if not watch:
            return
        self.console.news("watching resources, lambda_src and terraform; Ctrl-C ends it")
        while True:
            self.sleep(_PAUSE)
            files = self._files()
            if files == seen:
                continue
            seen = files
            try:
                self._sync(assume_yes=True)
            except SagestepError as error:  # the next change may cure it
                self.console.error(error)

    def _sync(self, *, assume_yes: bool) -> None:
        started = time.monotonic()
        Up(self.context)(assume_yes=assume_yes, is_quick=True)
        self.console.news(f"  took {time.monotonic() - started:.1f} s")

    def _files(self) -> dict[Path, tuple[int, int]]:
        """Give each file of the source with the time of its last change and its size."""
        project = self.settings.project
        folders = (project.resources, project.functions, project.own_terraform)
        found: dict[Path, tuple[int, int]] = {}
        for path in (path for folder in folders if folder for path in files_below(folder)):
            with suppress(FileNotFoundError):  # such as one that an editor has for a moment
                status = path.stat()
                found[path] = (status.st_mtime_ns, status.st_size)
        return found
