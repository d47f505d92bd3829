"""`invoke down --older-than`: deletes paused local clouds of this project that nobody has used for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from driver.commands.ages import days_in, describe_age
from driver.commands.context import Command, Context
from driver.host.wording import counted, describe_bytes
from driver.model.choices import TargetName
from driver.model.exceptions import BusyError, WrongUseError


@dataclass(frozen=True)
class PausedCloud:
    """The local cloud of one environment, which does not run; `last_used`: in seconds since 1970."""

    context: Context
    last_used: float
    size: int

    @property
    def days(self) -> float:
        """Since it was used last."""
        return (time.time() - self.last_used) / (24 * 60 * 60)


class DownOld(Command):
    """Deletes them, of all environments; one that runs is never deleted, and nothing on AWS."""

    def __call__(self, older_than: str, *, keep: str = "", assume_yes: bool) -> None:
        """List those that are older, ask, delete; downloads and reports are kept."""
        if self.settings.target is not TargetName.LOCAL:
            raise WrongUseError(
                "Only paused local clouds are deleted by their age.",
                f"The target is {self.settings.target}.",
                "Leave out --older-than, or `--target`.",
            )
        if keep:
            raise WrongUseError(
                "--keep and --older-than exclude each other.",
                "What is deleted by its age is deleted as a whole.",
                "Leave one of them out.",
            )
        days = days_in(older_than)
        found = [one for one in self._paused() if one.days > days]
        if not found:
            self.console.done(f"no paused local cloud was last used more than {older_than} ago")
            return
        self.console.table(["environment", "last used", "size", "holds"], [_row(one) for one in found])
        if not assume_yes:
            self.console.confirm(f"Delete {counted(len(found), 'local cloud')}, all data, all executions?")
        freed = [one.size for one in found if self._delete(one)]
        self.console.done(
            f"deleted {counted(len(freed), 'local cloud')}, {describe_bytes(sum(freed))}; downloads are kept"
        )

    def _paused(self) -> Iterator[PausedCloud]:
        """Find those of all environments; one whose state lies in S3 is left to `invoke down --env`."""
        folders = sorted((self.settings.home / "environments").glob(f"*/{TargetName.LOCAL}"))
        for name in ["", *(folder.parent.name for folder in folders)]:
            context = replace(self.context, settings=replace(self.settings, environment=name))
            cloud = context.local_cloud
            if cloud.is_paused and context.workspace.backend() is None:
                yield PausedCloud(context, cloud.last_used(), cloud.saved_bytes())

    def _delete(self, one: PausedCloud) -> bool:
        """Delete one, unless somebody has used it since it was listed, or uses it now."""
        name = one.context.settings.environment or "(default)"
        try:
            with one.context.workspace.lock("invoke down"):
                if one.context.local_cloud.delete_paused(one.last_used):
                    one.context.workspace.clear()
                    return True
        except BusyError as busy:
            self.console.warn(f"The local cloud of {name} is kept. {busy.why}")
            return False
        self.console.warn(f"The local cloud of {name} is kept: it was used since it was listed.")
        return False


def _row(one: PausedCloud) -> list[str]:
    context = one.context
    held = counted(len(context.workspace.resources()), "resource")
    name = context.settings.environment or "(default)"
    return [name, f"{describe_age(one.days)} ago", describe_bytes(one.size), held]
