"""What use cases are composed of: made once for each command, and only if it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driver.aws.clients import Clients
    from driver.aws.connection import Connection
    from driver.deployments.local_cloud import LocalCloud
    from driver.deployments.targets import Target
    from driver.deployments.workspace import Workspace
    from driver.host.console import Console
    from driver.model.values import Access, Identity, Keys
    from driver.settings.settings import Settings
    from driver.terraform.infrastructure import Infrastructure
    from driver.terraform.state_store import StateStore

# ruff: noqa: PLC0415


PROJECT = Path(__file__).resolve().parents[2]


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
        from driver.deployments.workspace import Workspace

        def end_leftovers() -> None:
            from driver.host.processes import HostProcesses
            from driver.terraform.leftovers import Leftovers, ProcessRecords

            processes = HostProcesses()
            records = ProcessRecords(workspace.processes_directory, processes)
            Leftovers(records, processes, workspace.creations, self.console).end()

        workspace = Workspace(self.settings.target_directory, self.settings.environment, end_leftovers)
        return workspace

    @cached_property
    def local_cloud(self) -> LocalCloud:
        """The embedded local cloud."""
        from driver.deployments.local_cloud import LocalCloud
        from driver.host.processes import HostProcesses

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
        from driver.deployments.targets import AwsTarget, LocalStackTarget, LocalTarget
        from driver.model.choices import TargetName

        settings, workspace = self.settings, self.workspace
        if settings.target is TargetName.LOCAL:
            return LocalTarget(settings, workspace, self.local_cloud, self.console)
        if settings.target is TargetName.AWS:
            return AwsTarget(settings, workspace, self.identify, self.console)
        from driver.aws.clients import localstack_endpoint

        previous = workspace.deployment()
        endpoint = localstack_endpoint(previous.endpoint_url if previous else None)
        return LocalStackTarget(settings, workspace, endpoint, self.connect, self.identify)

    @cached_property
    def terraform(self) -> Infrastructure:
        """Terraform, found and given its environment."""
        return terraform_root(self.settings, self.workspace, self.state_store, self.console.detail, self.keys)

    @cached_property
    def state_store(self) -> StateStore:
        """The place of Terraform's state."""
        from driver.terraform.state_store import StateStore

        settings = self.settings
        return StateStore(
            self.workspace, settings.state_backend, lambda: terraform_program(settings, self.keys)
        )

    def check_room(self) -> None:
        """Make sure that a deployment has room on the disk."""
        from driver.deployments.disk_space import check_room_for_deployment

        settings = self.settings
        data = self.workspace.data_directory
        check_room_for_deployment(settings.home, data, settings.provider_mirror)

    def build_packages(self) -> None:
        """Pack the functions."""
        from driver.terraform.packages import build_packages

        build_packages(PROJECT / "lambda_src", self.settings.package_directory)

    def connect(self, region: str, endpoint_url: str | None) -> Connection:
        """Connect to a region of an endpoint; None is AWS itself."""
        from driver.aws.connection import connect

        return connect(self.clients(region, endpoint_url), is_local=endpoint_url is not None)

    def identify(self, region: str, endpoint_url: str | None) -> Identity:
        """Ask whose credentials these are."""
        return self.clients(region, endpoint_url).identity()

    def clients(self, region: str, endpoint_url: str | None) -> Clients:
        """Make the clients of AWS's services."""
        from driver.aws.clients import Clients

        if endpoint_url is None:
            return Clients(region, None, self.on_request)
        return Clients(region, endpoint_url, self.on_request, self.keys(endpoint_url))

    def keys(self, endpoint_url: str) -> Keys:
        """Find the access key that a local target takes."""
        from driver.model.choices import TargetName

        if self.settings.target is TargetName.LOCAL:
            return self.local_cloud.keys(endpoint_url)
        from driver.deployments.cloud_keys import localstack_keys

        return localstack_keys(os.environ)

    def access(self) -> Access | None:
        """Tell who may use the local cloud; None if it does not run, or the target is another."""
        from driver.model.choices import TargetName

        return self.local_cloud.access() if self.settings.target is TargetName.LOCAL else None

    def on_request(self, operation: str) -> None:
        """Count a request, and tell of it whoever wants to know."""
        self.requests.append(operation)
        self.console.detail(operation)

    @property
    def region(self) -> str:
        """The region asked for, else that of the deployment, else the default."""
        from driver.deployments.targets import region_of

        return region_of(self.settings, self.workspace)


def terraform_program(settings: Settings, find_keys: Callable[[str], Keys]) -> tuple[Path, dict[str, str]]:
    """Find Terraform and its environment, in which a local target hides the user's AWS settings.

    Parameters
    ----------
    settings
        What is worked on.
    find_keys
        Finds the access key that a local target takes, by its address.
    """
    from driver.model.choices import TargetName
    from driver.model.values import OPEN_KEYS
    from driver.terraform.binary import find_terraform
    from driver.terraform.environment import terraform_environment

    environ: Mapping[str, str] = os.environ
    if settings.target is not TargetName.AWS:
        endpoint = settings.state_backend.endpoint if settings.state_backend else None
        environ = local_environment(os.environ, find_keys(endpoint) if endpoint else OPEN_KEYS)
    environment = terraform_environment(settings.home, environ, settings.provider_mirror)
    return find_terraform(settings.home / "bin"), environment


def local_environment(environ: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """Take the user's AWS settings out, but for an access key that AWS never issues: a local cloud's.

    The backend of the state has its key from here: it is in no file, and on no command line.
    """
    from driver.deployments.cloud_keys import localstack_keys
    from driver.model.values import OPEN_KEYS
    from driver.terraform.environment import without_aws_settings

    given = localstack_keys(environ)
    return without_aws_settings(environ) | (keys if given == OPEN_KEYS else given).variables


def terraform_root(
    settings: Settings,
    workspace: Workspace,
    store: StateStore,
    on_command: Callable[[str], None],
    find_keys: Callable[[str], Keys],
) -> Infrastructure:
    """Make the configuration ready.

    Parameters
    ----------
    settings, workspace
        What is worked on.
    store
        The place of the state.
    on_command
        Told of each command before it runs.
    find_keys
        Finds the access key that a local target takes, by its address.
    """
    from driver.host.processes import HostProcesses
    from driver.model.values import Deployment
    from driver.terraform.infrastructure import Infrastructure
    from driver.terraform.leftovers import ProcessRecords
    from driver.terraform.process import ChildProcess

    def credentials(deployment: Deployment) -> Mapping[str, str]:
        # In the environment only: no other user reads it there, and it gets into no file and no plan.
        return find_keys(deployment.endpoint_url).variables if deployment.endpoint_url else {}

    records = ProcessRecords(workspace.processes_directory, HostProcesses())
    program, environment = terraform_program(settings, find_keys)
    return Infrastructure(
        program=program,
        root=settings.project / "terraform",
        package_directory=settings.package_directory,
        workspace=workspace,
        environment=environment | {"TF_DATA_DIR": str(workspace.data_directory)},
        credentials=credentials,
        store=store,
        open_process=partial(ChildProcess, records),
        on_command=on_command,
    )
