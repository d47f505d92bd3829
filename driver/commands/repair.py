"""What `invoke up` and `invoke down` do first: repair the files that cannot be read.

Nothing is removed: a broken file stays beside its place, with the end `.broken-` and the time. A state is
replaced by its newest good copy only, and by no other deployment's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from driver.deployments.workspace import Workspace
from driver.host.console import Console
from driver.host.files import write_atomically
from driver.host.kept_files import set_aside
from driver.host.wording import counted
from driver.model.exceptions import BrokenFileError, SagestepError
from driver.terraform.state import StateHead, check_complete, read_head, read_outputs
from driver.terraform.state_copies import StateCopy
from driver.terraform.state_store import StateStore
from driver.terraform.target_records import BACKEND, DEPLOYMENT, KEPT, OUTPUTS


@dataclass(frozen=True, slots=True)
class Repaired:
    """What could be repaired.

    `is_state_lost` is whether there was a state and no good copy of it. `unknown` names what Terraform had
    begun to create since the copy that was taken in: it may exist, and no state knows of it.
    """

    is_state_lost: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """Repairs the files of one target.

    `is_disposable`: the target forgets everything when it is stopped, so that a lost state loses nothing.
    """

    workspace: Workspace
    console: Console
    store: StateStore
    is_disposable: bool
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self) -> Repaired:
        """Repair what can be repaired, and say each time what was done."""
        self._repair_record(BACKEND, "the driver takes the place that the settings name")
        self._repair_record(DEPLOYMENT, "where the resources are is not known")
        repaired = self._repair_state() if self._is_seen() else Repaired(is_state_lost=True)
        self._repair_record(KEPT, "what was kept is not known")
        self._repair_record(OUTPUTS, "`invoke up` writes it again", self._outputs)
        self._repair_creations()
        return repaired

    def _is_seen(self) -> bool:
        """Look at a state in S3; one that went with a disposable target cannot be seen any more."""
        try:
            self.store.refresh()
        except SagestepError:
            if not self.is_disposable:
                raise
            return False
        return True

    def _repair_record(self, name: str, otherwise: str, anew: Callable[[], dict[str, object]] = dict) -> None:
        records = self.workspace.records
        try:
            records.check(name)
        except BrokenFileError as error:
            aside = set_aside(records.path(name), self.now())
            copy = self._copy_of(name)
            if copy is not None:
                write_atomically(records.path(name), copy, durable=True)
                otherwise = "the driver uses its copy"
            elif name == KEPT:
                records.keep_only([])
            elif values := anew():
                records.keep_outputs(values)
                otherwise = "it is written again, from the state"
            self._tell(error, aside, otherwise)

    def _copy_of(self, name: str) -> bytes | None:
        try:
            return self.workspace.records.copy_of(name)
        except BrokenFileError:
            return None

    def _outputs(self) -> dict[str, object]:
        """Return the outputs that the state holds."""
        try:
            return read_outputs(self.workspace.state_text())
        except (BrokenFileError, ValueError):
            return {}

    def _repair_state(self) -> Repaired:
        try:
            text = self.workspace.state_text()
        except BrokenFileError as error:
            return self._replace(error)
        newer = self.workspace.copies.newer_than(_head(text))
        if newer:
            self.console.warn(
                f"Terraform's state has serial {_head(text).serial} and is not the newest. The driver uses "
                f"{_described(newer, self.now())}."
            )
            self._take_in(newer)
        return Repaired()

    def _replace(self, error: BrokenFileError) -> Repaired:
        """Put a broken state aside and its newest copy in its place."""
        path = self.workspace.state_path
        damaged = self._what_is_left(path)
        copy = self.workspace.copies.newest(damaged)
        goes = (copy or self.is_disposable) and (path.exists() or path.is_symlink())
        aside = set_aside(path, self.now()) if goes else None
        if copy is None:
            self._tell(error, aside, "there is no good copy of it")
            return Repaired(is_state_lost=True)
        self._tell(error, aside, f"the driver uses {_described(copy, self.now())}")
        self._take_in(copy)
        if damaged.serial is not None and damaged.serial <= copy.serial:
            return Repaired()
        begun = self._begun()
        return Repaired(unknown=tuple(address for address in begun if address not in copy.resources))

    def _take_in(self, copy: StateCopy) -> None:
        if self.workspace.backend():
            self.store.push(copy.path)
        elif copy.path == self.workspace.copies.errored_path:
            copy.path.replace(self.workspace.state_path)  # takes no room on a disk that is full
        else:
            write_atomically(self.workspace.state_path, copy.text.encode(), durable=True)
        self.workspace.copies.forget_errored()

    def _what_is_left(self, path: Path) -> StateHead:
        try:
            return read_head(path.read_bytes()[:1000].decode(errors="replace"))
        except OSError:
            return StateHead()

    def _begun(self) -> tuple[str, ...]:
        try:
            return self.workspace.creations.begun()
        except BrokenFileError:
            return ()

    def _repair_creations(self) -> None:
        creations = self.workspace.creations
        try:
            creations.begun()
        except BrokenFileError as error:
            aside = set_aside(creations.path, self.now())
            self._tell(error, aside, "whether a creation was interrupted is not known")

    def lost(self) -> BrokenFileError:
        """Say that the state is lost, where that is for whoever deployed to repair."""
        workspace = self.workspace
        return BrokenFileError(
            "Terraform's state is lost.",
            f"{workspace.state_path} cannot be read, and there is no good copy of it beside it.",
            "Put a good copy in its place. If there is none: delete in the AWS console what the deployment "
            f"made, then remove {workspace.state_path}.",
        )

    def _tell(self, error: BrokenFileError, aside: Path | None, otherwise: str) -> None:
        kept = f" It is kept as {aside.name};" if aside else ""
        what = f"{error.what} {error.why}{kept}"
        self.console.warn(
            f"{what} {otherwise}." if aside else f"{what} {otherwise[:1].upper()}{otherwise[1:]}."
        )


def _head(text: str) -> StateHead:
    try:
        return check_complete(text)
    except ValueError:
        return read_head(text)


def _described(copy: StateCopy, now: datetime) -> str:
    """Write which copy it is: its name, serial number, age and size."""
    age = now - copy.written
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        ago = "less than a minute"
    elif minutes < 120:
        ago = counted(minutes, "minute")
    else:
        ago = counted(minutes // 60, "hour") if minutes < 48 * 60 else counted(minutes // (24 * 60), "day")
    return f"{copy.name}, serial {copy.serial}, {ago} old, {counted(len(copy.resources), 'resource')}"
