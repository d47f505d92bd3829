"""The files of one target under `.sagestep/<target>/`, and the lock on them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from driver.choices import TargetName
from driver.creations import Creations
from driver.exceptions import BusyError, NotDeployedError
from driver.files import write_atomically
from driver.models import Deployment, Outputs
from driver.state_lock import state_lock_owner
from driver.terraform_state import ManagedResource, read_managed_resources


class Workspace:
    """One target's folder.

    Parameters
    ----------
    directory
        The folder; it need not exist.
    environment
        The environment it belongs to; empty if it has no name.
    end_leftovers
        Ends what killed commands have left running; called by whoever gets the lock.
    """

    def __init__(
        self, directory: Path, environment: str = "", end_leftovers: Callable[[], None] = lambda: None
    ) -> None:
        self.directory = directory
        self._environment = environment
        self._end_leftovers = end_leftovers
        self.state_path = directory / "terraform.tfstate"
        self.data_directory = directory / "terraform-data"
        self.variables_path = directory / "terraform.tfvars.json"
        self.processes_directory = directory / "terraform-processes"
        self.runs_directory = directory / "runs"
        self.reports_directory = directory / "reports"
        self.creations = Creations(directory / "creations.log")
        self._deployment_path = directory / "deployment.json"
        self._outputs_path = directory / "outputs.json"
        self._kept_path = directory / "kept.json"

    @contextmanager
    def lock(self, command: str) -> Iterator[None]:
        """Keep every other command from changing the target.

        The lock is the kernel's and goes with the process that holds it, however that ends. Terraform's own
        lock on the state would come later, after the local cloud had been touched.

        Raises
        ------
        BusyError
            If another command holds it, or Terraform works on the state still: its command was killed.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        # Beside the folder: a lock cannot be removed together with what it protects.
        with self.directory.with_suffix(".lock").open("a+") as holder:
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
            holder.write(f"`{command}`, process {os.getpid()}")
            holder.flush()
            try:
                self._end_leftovers()
                self._check_that_terraform_rests(command)
                yield
            finally:
                holder.truncate(0)

    def _check_that_terraform_rests(self, command: str) -> None:
        owner = state_lock_owner(self.state_path)
        if owner is not None:
            raise BusyError(
                f"`{command}` cannot start.",
                f"Terraform, process {owner}, works on the state still; the command that started it is gone.",
                f"Wait for it to end, or let `kill -INT {owner}` end it cleanly; then try again.",
            )

    def deployment(self) -> Deployment | None:
        """Return what was last asked of Terraform, if anything is or may be deployed."""
        if not self._deployment_path.is_file():
            return None
        values = json.loads(self._deployment_path.read_text())
        return Deployment(**(values | {"target": TargetName(values["target"])}))

    def keep_deployment(self, deployment: Deployment) -> None:
        """Remember what is about to be asked of Terraform."""
        self._write(self._deployment_path, asdict(deployment))

    def outputs(self) -> Outputs:
        """Return the outputs of the last apply that went through.

        Raises
        ------
        NotDeployedError
            If there are none, if they are those of another version of this project, or if some of what they
            tell of was destroyed.
        """
        kept = self.kept()
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

    def all_outputs(self) -> dict[str, object]:
        """Return all outputs of the last apply that went through, or none."""
        if not self._outputs_path.is_file():
            return {}
        return dict(json.loads(self._outputs_path.read_text()))

    def keep_outputs(self, values: Mapping[str, object]) -> None:
        """Remember the outputs of an apply of everything."""
        self._write(self._outputs_path, values)
        self._kept_path.unlink(missing_ok=True)

    def earlier_outputs(self) -> Outputs | None:
        """Return the outputs of the last apply, though some of what they tell of may be gone since."""
        try:
            return Outputs.read(self.all_outputs())
        except KeyError:
            return None

    def keep_only(self, groups: Sequence[str]) -> None:
        """Remember what is going to be left, before the rest is destroyed."""
        self._write(self._kept_path, {"kept": list(groups)})

    def kept(self) -> list[str] | None:
        """Name what was to be left when the rest was destroyed; None if nothing was since the last apply."""
        if not self._kept_path.is_file():
            return None
        return [str(name) for name in json.loads(self._kept_path.read_text())["kept"]]

    def resources(self) -> list[ManagedResource]:
        """List what Terraform's state manages."""
        return read_managed_resources(self.state_path.read_text()) if self.state_path.is_file() else []

    def runs(self) -> list[Path]:
        """List the downloaded result files, the newest first."""
        # One that begins with a dot is a download that is not complete.
        files = [path for path in self.runs_directory.glob("*/[!.]*") if path.is_file()]
        return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)

    def reports(self) -> list[Path]:
        """List the reports."""
        return sorted(self.reports_directory.glob("*.html"))

    @property
    def target_flag(self) -> str:
        """What a command line needs to mean this target in this environment."""
        name = self.directory.name
        environment = f" --env {self._environment}" if self._environment else ""
        return environment if name == TargetName.LOCAL else f" --target {name}{environment}"

    def forget_state(self) -> None:
        """Remove what describes resources that are no more."""
        for path in (
            self.state_path,
            self.state_path.with_suffix(".tfstate.backup"),
            self._outputs_path,
            self._kept_path,
            self._deployment_path,
            self.variables_path,
        ):
            path.unlink(missing_ok=True)

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

    @staticmethod
    def _write(path: Path, values: Mapping[str, object]) -> None:
        write_atomically(path, (json.dumps(values, indent=2) + "\n").encode())
