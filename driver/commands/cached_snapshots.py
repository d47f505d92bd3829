"""Snapshots in the user's cache, by which a test session starts from what an earlier one has deployed."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from driver.commands.context import Command
from driver.commands.snapshot_transfer import LoadSnapshot, SaveSnapshot
from driver.commands.up import Up
from driver.deployments.snapshots import SUFFIX
from driver.host.environments import environments_folder
from driver.host.program_reads import READS, read_by_program
from driver.model.choices import TargetName
from driver.model.exceptions import SagestepError
from driver.model.values import Deployment
from driver.terraform.inputs import reads_elsewhere

_KEPT = 5
_BYTES = 500_000_000  # of all together


class CachedSnapshots(Command):
    """Knows a deployment by the fingerprint of all that makes it.

    That is what Terraform would read, the settings, and the source of the driver. The local cloud refuses
    what another version of it has saved.
    """

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return environments_folder(self.context.environ).parent / "snapshots"

    @cached_property
    def path(self) -> Path:
        """The snapshot of what `up` would deploy, whether or not it is there."""
        context, settings = self.context, self.settings
        context.build_packages()
        variables = settings.variables()
        asked = Deployment(TargetName.LOCAL, context.region, "000000000000", variables=variables)
        digest = hashlib.sha256(context.terraform.portable_fingerprint(asked).encode())
        policy = settings.deployer_policy
        digest.update(f"{settings.iam} {policy and policy.read_bytes()!r}".encode())
        sources = Path(__file__).resolve().parents[1]
        for path in sorted(sources.rglob("*.py")):
            digest.update(f"{path.relative_to(sources)} ".encode() + path.read_bytes())
        return self.folder / f"{digest.hexdigest()[:32]}{SUFFIX}"

    def start(self) -> bool:
        """Start the local cloud with the snapshot, if there is one that can be used; tell whether it was."""
        if not self.path.is_file():
            return False
        try:
            LoadSnapshot(self.context)(self.path, replaces=True)
        except (SagestepError, OSError) as error:  # such as a full disk
            said = f"{error.what} {error.why}" if isinstance(error, SagestepError) else f"{error}."
            self.console.warn(f"{said} It is deployed anew.")
            self.path.unlink(missing_ok=True)
            self.context.local_cloud.stop()
            self.workspace.forget_state()
            return False
        with suppress(OSError):  # another session may have deleted it meanwhile
            os.utime(self.path)
        Up(self.context).make_environments()
        return True

    def keep(self) -> None:
        """Save what is deployed, if the fingerprint sums up all that it was made of.

        That this is not possible, such as with a full disk, is no failure.
        """
        own, made = self.settings.project.own_terraform, self.context.definitions_directory
        if reads_elsewhere(own) or any(map(read_by_program, made.glob(f"*{READS}"))):
            return
        with suppress(OSError, SagestepError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            SaveSnapshot(self.context)(self.path.name.removesuffix(SUFFIX), self.path)
            self.limit()

    def limit(self) -> None:
        """Delete those that were used the longest time ago."""
        found = [(path.stat(), path) for path in self.folder.glob(f"*{SUFFIX}")]
        size = 0
        for number, (status, path) in enumerate(sorted(found, key=lambda one: -one[0].st_mtime)):
            size += status.st_size
            if number >= _KEPT or (number and size > _BYTES):
                path.unlink(missing_ok=True)
