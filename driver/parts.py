"""What use cases are composed of: made once for each command, and only if it is needed."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from driver.clients import Clients
    from driver.config import Settings
    from driver.console import Console
    from driver.infrastructure import Infrastructure
    from driver.local_cloud import LocalCloud
    from driver.models import Access, Identity, Keys
    from driver.ports import Connection, Target
    from driver.state_store import StateStore
    from driver.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[1]


class Parts:
    """The parts.

    Parameters
    ----------
    settings
        What a command works on.
    console
        Where it is told.
    """

    def __init__(self, settings: Settings, console: Console) -> None:
        self.settings = settings
        self.console = console
        self.requests: list[str] = []
        self.patience = 60.0  # seconds until a local cloud that does not answer is given up

    @cached_property
    def workspace(self) -> Workspace:
        """The files of the target."""
        from driver.workspace import Workspace

        def end_leftovers() -> None:
            from driver.leftovers import Leftovers, ProcessRecords
            from driver.processes import HostProcesses

            processes = HostProcesses()
            records = ProcessRecords(workspace.processes_directory, processes)
            Leftovers(records, processes, workspace.creations, self.console).end()

        workspace = Workspace(self.settings.target_directory, self.settings.environment, end_leftovers)
        return workspace

    @cached_property
    def local_cloud(self) -> LocalCloud:
        """The embedded local cloud."""
        from driver.local_cloud import LocalCloud
        from driver.processes import HostProcesses

        return LocalCloud(
            self.workspace.directory,
            PROJECT,
            os.environ,
            HostProcesses(),
            patience=self.patience,
            working=self.console.working,
        )

    @cached_property
    def target(self) -> Target:
        """Where the deployment goes."""
        from driver.choices import TargetName
        from driver.targets import AwsTarget, LocalStackTarget, LocalTarget

        settings, workspace = self.settings, self.workspace
        if settings.target is TargetName.LOCAL:
            return LocalTarget(settings, workspace, self.local_cloud, self.console)
        if settings.target is TargetName.AWS:
            return AwsTarget(settings, workspace, self.identify, self.console)
        from driver.clients import localstack_endpoint

        previous = workspace.deployment()
        endpoint = localstack_endpoint(previous.endpoint_url if previous else None)
        return LocalStackTarget(settings, workspace, endpoint, self.connect, self.identify)

    @cached_property
    def terraform(self) -> Infrastructure:
        """Terraform, found and given its environment."""
        from driver.terraform_root import terraform_root

        return terraform_root(self.settings, self.workspace, self.state_store, self.console.detail, self.keys)

    @cached_property
    def state_store(self) -> StateStore:
        """The place of Terraform's state."""
        from driver.state_store import StateStore
        from driver.terraform_root import terraform_program

        settings = self.settings
        return StateStore(
            self.workspace, settings.state_backend, lambda: terraform_program(settings, self.keys)
        )

    def check_room(self) -> None:
        """Make sure that a deployment has room on the disk."""
        from driver.deployment_room import check_room_for_deployment

        settings = self.settings
        data = self.workspace.data_directory
        check_room_for_deployment(settings.home, data, settings.provider_mirror)

    def build_packages(self) -> None:
        """Pack the functions."""
        from driver.packages import build_packages

        build_packages(PROJECT / "lambda_src", self.settings.package_directory)

    def connect(self, region: str, endpoint_url: str | None) -> Connection:
        """Connect to a region of an endpoint; None is AWS itself."""
        from driver.connections import connect

        return connect(self.clients(region, endpoint_url), is_local=endpoint_url is not None)

    def identify(self, region: str, endpoint_url: str | None) -> Identity:
        """Ask whose credentials these are."""
        return self.clients(region, endpoint_url).identity()

    def clients(self, region: str, endpoint_url: str | None) -> Clients:
        """Make the clients of AWS's services."""
        from driver.clients import Clients

        if endpoint_url is None:
            return Clients(region, None, self.on_request)
        return Clients(region, endpoint_url, self.on_request, self.keys(endpoint_url))

    def keys(self, endpoint_url: str) -> Keys:
        """Find the access key that a local target takes."""
        from driver.choices import TargetName

        if self.settings.target is TargetName.LOCAL:
            return self.local_cloud.keys(endpoint_url)
        from driver.cloud_keys import localstack_keys

        return localstack_keys(os.environ)

    def access(self) -> Access | None:
        """Tell who may use the local cloud; None if it does not run, or the target is another."""
        from driver.choices import TargetName

        return self.local_cloud.access() if self.settings.target is TargetName.LOCAL else None

    def on_request(self, operation: str) -> None:
        """Count a request, and tell of it whoever wants to know."""
        self.requests.append(operation)
        self.console.detail(operation)

    @property
    def region(self) -> str:
        """The region asked for, else that of the deployment, else the default."""
        from driver.targets import region_of

        return region_of(self.settings, self.workspace)
