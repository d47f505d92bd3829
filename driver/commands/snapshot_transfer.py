"""Saves a deployment of the local cloud as one file, and takes one from such a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from driver.commands.context import Command
from driver.commands.short_way import ShortWay
from driver.deployments.portable_cloud import PortableCloud
from driver.deployments.portable_files import Places, check_portable, take_portable, write_portable
from driver.deployments.saved_state import CURE
from driver.deployments.snapshot_archive import Snapshot, remove_old, unpack_archive, write_archive
from driver.deployments.snapshots import FOLDER, SUFFIX
from driver.host.wording import counted
from driver.model.choices import IamMode, TargetName
from driver.model.exceptions import LocalCloudError, NotDeployedError, WrongUseError
from driver.model.values import CLOSED, Access, Deployment
from driver.settings.settings import DEFAULT_PORT
from driver.terraform.target_records import APPLIED, LOADING

_CLOUD = "cloud"
_STAGING = ".snapshot-"


class SnapshotTransfer(Command):
    """What saving and loading have in common."""

    def check_target(self) -> None:
        """Make sure that the target is one of which there are snapshots."""
        if self.settings.target is not TargetName.LOCAL:
            raise WrongUseError(
                "Only the local cloud has snapshots.",
                f"The target is {self.settings.target}.",
                "Leave out `--target`, or use `--target local`.",
            )
        if self.settings.state_backend or self.workspace.backend():
            raise WrongUseError(
                "There are no snapshots where Terraform's state lies in S3.",
                "A snapshot has the state of this machine.",
                "Take `[backend]` out of sagestep.toml and run `invoke up`, which moves the state here.",
            )

    @property
    def cloud(self) -> PortableCloud:
        """The state of the local cloud."""
        context = self.context
        installation = self.settings.project.installation
        return PortableCloud(self.workspace.directory, context.cloud_environment, installation)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a folder on the disk of the target, which is gone afterwards."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        remove_old(self.settings.home.glob(f"{_STAGING}*"))
        with TemporaryDirectory(prefix=_STAGING, dir=self.settings.home) as folder:
            yield Path(folder)


class SaveSnapshot(SnapshotTransfer):
    """Saves."""

    def __call__(self, name: str, path: Path) -> Snapshot:
        """Write the archive; a local cloud that runs is stopped for that, and runs again then."""
        self.check_target()
        cloud, local_cloud = self.cloud, self.context.local_cloud
        was_running = local_cloud.find_process() is not None
        with self.workspace.lock("invoke snapshot save"), self.staging() as folder:
            deployment, last = self._deployed(), cloud.last
            assert last is not None  # it holds the deployment
            if why := local_cloud.why_not_saved():
                raise LocalCloudError("There is no snapshot of what is not saved.", why, CURE)
            self.context.build_packages()
            since = ShortWay(self.context).look(trusts_state=False)
            is_current = since is not None and since.is_nothing
            write_portable(self.workspace, Places.of(self.settings, last.port), folder)
            snapshot = Snapshot(
                name=name,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                sagestep=version("sagestep"),
                region=deployment.region,
                variables=deployment.variables,
                iam=last.access.iam.value,
                resources=len(self.workspace.resources()),
                fingerprint=self.context.terraform.portable_fingerprint(deployment) if is_current else "",
            )
            with self.console.working("Stopping the local cloud, and copying what it holds"):
                unsaved = local_cloud.pause()
                try:
                    if unsaved:
                        raise LocalCloudError("There is no snapshot of what is not saved.", unsaved, CURE)
                    cloud.export(folder / _CLOUD, last.port)
                finally:
                    if was_running:
                        self.target.address()  # starts it again
            write_archive(path, snapshot, folder)
        return snapshot

    def _deployed(self) -> Deployment:
        """Return a whole deployment that the local cloud holds."""
        self.workspace.outputs()
        deployment = self.workspace.deployment()
        if deployment is None or self.workspace.creations.unfinished():
            raise NotDeployedError(
                "There is no whole deployment to save.",
                "The last `invoke up` was interrupted." if deployment else "",
                "Run `invoke up`, then this.",
            )
        return self.context.deployed.deployment


class LoadSnapshot(SnapshotTransfer):
    """Loads."""

    def __call__(
        self, path: Path, *, replaces: bool, agree: Callable[[Snapshot, str], None] = lambda *_: None
    ) -> Snapshot:
        """Take the deployment of an archive, and start the local cloud with it.

        Nothing is changed until the archive is known to be whole and of this version, and `agree` was asked:
        it is told what is to be loaded, and what that replaces. `replaces` allows that it replaces something.
        """
        self.check_target()
        with self.workspace.lock("invoke snapshot load"), self.staging() as folder:
            snapshot = unpack_archive(path, folder)
            check_portable(folder)
            there = self._there()
            if there and not replaces:
                raise WrongUseError(
                    "The snapshot is not loaded: something is deployed.",
                    f"The local cloud has {there}.",
                    "Run `invoke down`, or add --replace: what is deployed is lost then.",
                )
            port = self._port()
            agree(snapshot, there)
            self.cloud.prepare(folder / _CLOUD, port)
            # From here a kill leaves a part; what is loaded then takes its place without a question.
            is_kept = path.parent == self.settings.home / FOLDER
            self.workspace.records.keep_loading(path.name.removesuffix(SUFFIX) if is_kept else str(path))
            self.target.stop()
            self.workspace.forget_state()
            self._take(snapshot, folder, port)
        return snapshot

    def _take(self, snapshot: Snapshot, folder: Path, port: int) -> None:
        take_portable(folder, Places.of(self.settings, port), self.workspace)
        access = replace(CLOSED, iam=IamMode(snapshot.iam))  # what opens a cloud is asked for, never taken
        self.context.write_images()
        cloud = self.cloud.take(folder / _CLOUD, port, self._access(access))
        deployment = Deployment(
            TargetName.LOCAL,
            snapshot.region,
            "000000000000",
            cloud.endpoint_url,
            cloud.instance,
            snapshot.variables,
        )
        self.workspace.keep_deployment(deployment)
        self.workspace.records.forget(APPLIED, LOADING)
        self.target.address()  # starts it
        if not snapshot.fingerprint:
            return
        self.context.build_packages()
        terraform = self.context.terraform
        if terraform.portable_fingerprint(deployment) == snapshot.fingerprint:
            ShortWay(self.context).keep(deployment, terraform.inputs(deployment), is_certain=True)

    def _access(self, default: Access) -> Access:
        policy = self.settings.deployer_policy
        return replace(default, deployer_policy=str(policy)) if policy else default

    def _there(self) -> str:
        """Say what is deployed; empty if nothing is."""
        if self.workspace.records.path(LOADING).exists():
            return ""  # a part of what was to take the place of all
        resources, local_cloud = len(self.workspace.resources()), self.context.local_cloud
        if resources:
            return counted(resources, "resource")
        is_there = local_cloud.find_process() is not None or local_cloud.is_paused
        return "what was put into it, and no deployment" if is_there else ""

    def _port(self) -> int:
        """Choose the port as `up` does; `LocalCloudError` if another program has it."""
        local_cloud = self.context.local_cloud
        last = local_cloud.last_port()
        port = self.settings.port or last or self._free_port()
        if not (port == last and local_cloud.find_process() is not None):
            local_cloud.check(port)
        return port

    def _free_port(self) -> int:
        if not self.settings.environment:
            return DEFAULT_PORT
        return self.context.local_cloud.free_port(DEFAULT_PORT + 1)
