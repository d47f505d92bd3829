"""The files of one target under `.sagestep/<target>/`, and the lock on them."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from driver.model.exceptions import BusyError, NotDeployedError
from driver.model.values import Deployment, Outputs
from driver.terraform.files import TerraformFiles
from driver.terraform.state_lock import state_lock_owner
from driver.terraform.target_records import APPLIED, DEPLOYMENT, KEPT, OUTPUTS


class Workspace(TerraformFiles):
    """The folder of one target; it need not exist.

    `end_orphans` ends what killed commands have left running; it is called with the lock held.
    """

    def __init__(
        self, directory: Path, environment: str = "", end_orphans: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(directory, environment)
        self._end_orphans = end_orphans
        self.processes_directory = directory / "terraform-processes"
        self.runs_directory = directory / "runs"
        self.reports_directory = directory / "reports"

    def lock(self, command: str) -> AbstractContextManager[None]:
        """Keep every other command from changing the target.

        Raises
        ------
        BusyError
            If another command holds the lock, or Terraform works on the state still: its command was killed.
        """
        return _locked(self.directory, self.state_path, command, self._end_orphans)

    def deployment(self) -> Deployment | None:
        """Return what was last asked of Terraform, if anything is or may be deployed."""
        return self.records.deployment()

    def keep_deployment(self, deployment: Deployment) -> None:
        """Remember what is about to be asked of Terraform."""
        self.records.keep_deployment(deployment)

    def outputs(self) -> Outputs:
        """Return the outputs of the last apply that went through.

        Raises
        ------
        NotDeployedError
            If there are none, if they are those of another version of this project, or if some of what they
            tell of was destroyed or was never loaded.
        """
        self.check_loaded()
        kept = self.kept()
        if kept is not None and (other := _other_holder(self.directory)):
            raise NotDeployedError(
                f"Target {self.directory.name} is deployed only in part.",
                f"{other}, is changing it.",
                "Wait for it to end, then try again.",
            )
        if kept is not None:
            raise NotDeployedError(
                f"Target {self.directory.name} is deployed only in part.",
                f"The last `invoke down` was to keep only {', '.join(kept)}."
                if kept
                else "The last `invoke down` did not come to its end.",
                f"`invoke up{self.target_flag}` takes that back in and adds the rest.",
            )
        values = self.all_outputs()
        try:
            return Outputs.read(values)
        except KeyError as error:
            raise NotDeployedError(
                f"Target {self.directory.name} is not deployed.",
                f"Another version's deployment has no output {error}."
                if values
                else "No deployment was finished.",
                f"Run `invoke up{self.target_flag}`.",
            ) from error

    def check_loaded(self) -> None:
        """Raise `NotDeployedError` if the load of a snapshot was begun and did not come to its end."""
        if (snapshot := self.records.loading()) is not None:
            flag = self.target_flag
            raise NotDeployedError(
                f"Target {self.directory.name} is loaded only in part.",
                f"The load of snapshot {snapshot} did not come to its end.",
                f"`invoke snapshot load {snapshot}{flag}` loads it again; `invoke down{flag}` deletes all.",
            )

    def all_outputs(self) -> dict[str, object]:
        """Return all outputs of the last apply that went through, or none."""
        return self.records.outputs()

    def keep_outputs(self, values: Mapping[str, object]) -> None:
        """Remember the outputs of an apply of everything."""
        self.records.keep_outputs(values)
        self.records.forget(KEPT)

    def earlier_outputs(self) -> Outputs | None:
        """Return the outputs of the last apply, though some of what they tell of may be gone since."""
        try:
            return Outputs.read(self.all_outputs())
        except KeyError:
            return None

    def keep_only(self, groups: Sequence[str]) -> None:
        """Remember what is going to be left, before the rest is destroyed."""
        self.records.keep_only(groups)

    def kept(self) -> list[str] | None:
        """Name what was to be left when the rest was destroyed; None if nothing was since the last apply."""
        return self.records.kept()

    def runs(self) -> list[Path]:
        """List the downloaded result files, the newest first."""
        # One that begins with a dot is a download that is not complete.
        files = [path for path in self.runs_directory.glob("*/[!.]*") if path.is_file()]
        return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)

    def reports(self) -> list[Path]:
        """List the reports."""
        return sorted(self.reports_directory.glob("*.html"))

    def forget_state(self) -> None:
        """Remove what describes resources that are no more."""
        self.copies.forget()
        for path in (self.state_path, self.remote_copy_path, self.variables_path):
            path.unlink(missing_ok=True)
        self.records.forget(OUTPUTS, KEPT, DEPLOYMENT, APPLIED)

    def clear(self) -> None:
        """Remove everything but the downloads and the reports."""
        kept = {self.runs_directory, self.reports_directory}
        for path in self.directory.iterdir():
            if path.is_dir() and path not in kept:
                shutil.rmtree(path)
            elif not path.is_dir():
                path.unlink()
        if not any(self.directory.iterdir()):
            self.directory.rmdir()


def _other_holder(directory: Path) -> str:
    """Name the other command that is changing a target, with its process; nothing if there is none."""
    path = directory.with_suffix(".lock")
    holder = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    process = re.search(r"process (\d+)", holder)
    if process is None or int(process[1]) == os.getpid():
        return ""
    try:
        os.kill(int(process[1]), 0)
    except ProcessLookupError:
        return ""
    except PermissionError:  # another user's
        pass
    return holder


@contextmanager
def _locked(
    directory: Path, state_path: Path, command: str, end_orphans: Callable[[], None]
) -> Iterator[None]:
    """Keep every other command from changing a target.

    The lock is the kernel's: it ends with the process that holds it, however that ends. Terraform's own lock
    on the state comes later, when the local cloud was changed already.

    Raises
    ------
    BusyError
        If another command holds it, or Terraform of a killed command still works on the state.
    """
    directory.mkdir(parents=True, exist_ok=True)
    # Beside the folder: a lock cannot be removed together with what it protects.
    with directory.with_suffix(".lock").open("a+", encoding="utf-8", errors="replace") as holder:
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder.seek(0)
            raise BusyError(
                f"`{command}` cannot start.",
                f"Another command is changing the same target: {holder.read() or 'it just began'}.",
                "Wait for it to end, then try again.",
            ) from error
        holder.truncate(0)
        # The note is for others to read. The lock holds without it, on a full disk too.
        with suppress(OSError):
            os.write(holder.fileno(), f"`{command}`, process {os.getpid()}".encode())
        try:
            end_orphans()
            _check_that_terraform_rests(state_path, command)
            yield
        finally:
            holder.truncate(0)


def _check_that_terraform_rests(state_path: Path, command: str) -> None:
    owner = state_lock_owner(state_path)
    if owner is not None:
        raise BusyError(
            f"`{command}` cannot start.",
            f"Terraform, process {owner}, works on the state still; the command that started it is gone.",
            f"Wait for it to end, or let `kill -INT {owner}` end it cleanly; then try again.",
        )
