"""What Terraform keeps of one target, and where: its state, variables and data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driver.host.kept_files import broken, read_text
from driver.model.choices import TargetName
from driver.model.exceptions import BrokenFileError
from driver.settings.backend import STATE_NAME, Backend
from driver.terraform.creations import Creations
from driver.terraform.state import ManagedResource, read_head, read_managed_resources
from driver.terraform.state_copies import StateCopies
from driver.terraform.target_records import TargetRecords

_STATE = "Terraform's state"


class TerraformFiles:
    """The files of one target that Terraform's commands need."""

    def __init__(
        self, directory: Path, environment: str = "", end_orphans: Callable[[], None] = lambda: None
    ) -> None:
        self.directory = directory
        self._environment = environment
        self.state_path = directory / STATE_NAME
        self.data_directory = directory / "terraform-data"
        self.configuration_directory = directory / "configuration"
        self.variables_path = directory / "terraform.tfvars.json"
        self.remote_copy_path = directory / "remote.tfstate"  # what was last seen of a state in S3
        backups = directory / "state-backups"
        mend = f"`invoke up{self.target_flag}` or `invoke down{self.target_flag}` mends it"
        self.records = TargetRecords(directory, backups, f"{mend}, and says how.")
        self.copies = StateCopies(
            self.state_path, backups, self.configuration_directory / "terraform/errored.tfstate"
        )
        self.creations = Creations(directory / "creations.log", f"{mend}, and says how.")

    def backend(self) -> Backend | None:
        """Return where in S3 the state lies; None if it lies on this machine."""
        return self.records.backend()

    def state_text(self) -> str:
        """Return Terraform's state, or what was last seen of one in S3; nothing if there is none.

        Raises `BrokenFileError` if it is there and cannot be read, or if it is empty though there is a copy
        that is not.
        """
        path = self._state_source
        text = read_text(path, _STATE, lambda: self._state_cure("")) or ""
        try:
            read_managed_resources(text)
        except ValueError as error:
            raise self._broken_state(str(error), text) from error
        copy = self.copies.newest(read_head(text)) if path == self.state_path and not text.strip() else None
        if copy and copy.resources:
            raise self._broken_state("is empty" if path.is_file() else "is not there", text)
        return text

    def resources(self) -> list[ManagedResource]:
        """List what Terraform's state manages; it raises what `state_text` does."""
        return read_managed_resources(self.state_text())

    @property
    def _state_source(self) -> Path:
        return self.remote_copy_path if self.backend() else self.state_path

    def _broken_state(self, reason: str, text: str) -> BrokenFileError:
        return broken(self._state_source, _STATE, reason, self._state_cure(text))

    def _state_cure(self, text: str) -> str:
        copy = self.copies.newest(read_head(text))
        up, down = f"`invoke up{self.target_flag}`", f"`invoke down{self.target_flag}`"
        if copy is None:
            return f"There is no good copy of it; {up} and {down} say what can be done."
        return f"{up} and {down} take in the newest copy: {copy.name}, serial {copy.serial}."

    @property
    def target_flag(self) -> str:
        """What a command line needs to mean this target in this environment."""
        name = self.directory.name
        environment = f" --env {self._environment}" if self._environment else ""
        return environment if name == TargetName.LOCAL else f" --target {name}{environment}"
