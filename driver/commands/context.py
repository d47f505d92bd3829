"""What one command works with. Each thing is made when it is first used, and once.

Nothing heavy is imported before it is needed: `invoke --list` must not wait for boto3.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.host.wording import describe_bytes

if TYPE_CHECKING:
    from driver.aws.clients import Clients
    from driver.aws.connection import Connection
    from driver.deployments.cloud_environment import CloudEnvironment
    from driver.deployments.local_cloud import LocalCloud
    from driver.deployments.targets import Target
    from driver.deployments.workspace import Workspace
    from driver.executions.deployed import Deployed
    from driver.host.console import Console
    from driver.host.environments import Environments
    from driver.host.programs import HostPrograms
    from driver.images.environments import ImageEnvironments
    from driver.images.image import Image
    from driver.model.values import Access, Deployment, Identity, Keys, Outputs
    from driver.settings.settings import Settings
    from driver.terraform.infrastructure import Infrastructure
    from driver.terraform.state_store import StateStore

# ruff: noqa: PLC0415


@dataclass(frozen=True, eq=False)
class Context:
    """The settings and the console of one command, and everything that follows from them.

    - `patience`: seconds to wait for a local cloud that does not answer.
    - `requests`: how often each operation of AWS was requested, retries included.
    """

    settings: Settings
    console: Console
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    patience: float = 60.0
    requests: Counter[str] = field(default_factory=Counter)

    def with_patience(self, seconds: float) -> Context:
        """Return the same context, for a command that waits less for a local cloud that does not answer."""
        return replace(self, patience=seconds)

    @cached_property
    def workspace(self) -> Workspace:
        """The files of the target."""
        from driver.deployments.workspace import Workspace

        def end_orphans() -> None:
            from driver.host.processes import HostProcesses
            from driver.terraform.orphans import Orphans, ProcessRecords

            processes = HostProcesses()
            records = ProcessRecords(workspace.processes_directory, processes)
            Orphans(records, processes, workspace.creations, self.console).end()

        workspace = Workspace(self.settings.target_directory, self.settings.environment, end_orphans)
        return workspace

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
    def deployed(self) -> Deployed:
        """The deployment on the target, and the way to its services.

        Raises
        ------
        NotDeployedError
            If there is none, or if it went with the local cloud.
        """
        from driver.executions.deployed import Deployed

        deployment, outputs = self.find_deployment()
        connection = self.connect(deployment.region, deployment.endpoint_url)
        return Deployed(deployment, outputs, connection, self.workspace)

    def find_deployment(self) -> tuple[Deployment, Outputs]:
        """Find it without a way to its services; raises as `deployed` does."""
        from driver.model.exceptions import NotDeployedError

        workspace = self.workspace
        outputs, deployment = workspace.outputs(), workspace.deployment()
        if deployment is None or not self.target.still_holds(deployment):
            raise NotDeployedError(
                f"The deployment on target {workspace.directory.name} is gone.",
                "The local cloud does not run, and has saved no state, or was started again without it.",
                f"Run `invoke up{workspace.target_flag}`.",
            )
        return deployment, outputs

    @cached_property
    def local_cloud(self) -> LocalCloud:
        """The local cloud that the driver starts and stops."""
        from driver.aws.connection import prepare_to_connect
        from driver.deployments.local_cloud import LocalCloud
        from driver.host.processes import HostProcesses

        return LocalCloud(
            self.workspace.directory,
            self.settings.project,
            self.cloud_environment,
            self.environ,
            HostProcesses(),
            patience=self.patience,
            working=self.console.working,
            meanwhile=prepare_to_connect,
        )

    @cached_property
    def cloud_environment(self) -> CloudEnvironment:
        """The Python environment of the local cloud."""
        from driver.deployments.cloud_environment import CloudEnvironment
        from driver.host.interpreters import this_interpreter

        project = self.settings.project
        return CloudEnvironment(
            project.installation,
            self.environments,
            this_interpreter,
            self.console.working,
            is_checkout=project.is_checkout,
            named=self.settings.cloud_python,
        )

    @property
    def environments(self) -> Environments:
        """The Python environments in the user's cache folder."""
        from driver.host.environments import Environments, environments_folder

        return Environments(environments_folder(self.environ), self.environ, self.console.detail)

    @cached_property
    def terraform(self) -> Infrastructure:
        """Terraform, with its program, its environment and its state."""
        from driver.host.processes import HostProcesses
        from driver.terraform.infrastructure import Infrastructure
        from driver.terraform.orphans import ProcessRecords
        from driver.terraform.process import ChildProcess

        def credentials(deployment: Deployment) -> Mapping[str, str]:
            # In the environment only: no other user reads it there, and it gets into no file and no plan.
            return self.keys(deployment.endpoint_url).variables if deployment.endpoint_url else {}

        workspace = self.workspace
        program, environment = self._terraform_program()
        return Infrastructure(
            program=program,
            root=self.settings.project.terraform,
            own=self.settings.project.own_terraform,
            package_directory=self.settings.package_directory,
            project_directory=self.settings.project.folder,
            definitions_directory=self.definitions_directory,
            workspace=workspace,
            environment=environment | {"TF_DATA_DIR": str(workspace.data_directory)},
            credentials=credentials,
            store=self.state_store,
            open_process=partial(
                ChildProcess, ProcessRecords(workspace.processes_directory, HostProcesses())
            ),
            on_command=self.console.detail,
        )

    @cached_property
    def state_store(self) -> StateStore:
        """The place of Terraform's state."""
        from driver.terraform.state_store import StateStore

        return StateStore(self.workspace, self.settings.state_backend, self._terraform_program)

    @property
    def resources(self) -> Path:
        """The project's folder of definitions, schemas and sample data."""
        return self.settings.project.resources

    @property
    def programs(self) -> HostPrograms:
        """The programs on PATH."""
        from driver.host.programs import HostPrograms

        return HostPrograms()

    @property
    def region(self) -> str:
        """The region asked for, else that of the deployment, else the default."""
        from driver.deployments.targets import region_of

        return region_of(self.settings, self.workspace)

    @property
    def images_file(self) -> Path:
        """The file by which the local cloud knows the images."""
        return self.workspace.directory / "images.toml"

    def image_environments(self, progress: Callable[[str], None] = lambda _: None) -> ImageEnvironments:
        """Give the environments of images; `progress` is told what is done for them."""
        from driver.host.environments import Environments
        from driver.images.environments import ImageEnvironments

        environments = Environments(self.environments.folder, self.environ, progress)
        return ImageEnvironments(environments, self.environ)

    def write_images(self) -> None:
        """Tell the local cloud which images there are; `ManifestError` where one has mistakes."""
        from driver.images.image import read_images

        images = read_images(self.resources / "images")
        self.images_file.parent.mkdir(parents=True, exist_ok=True)
        self.image_environments().write_file(self.images_file, images)

    def make_environment(self, image: Image) -> None:
        """Make the environment of an image unless it is there, and show how far that is."""
        if self.image_environments().find(image):
            return
        with self.console.progress(f"Making the environment of image {image.name}") as show:
            self.image_environments(show).make(image)
        kept = self.image_environments().find(image)
        assert kept is not None
        self.console.done(
            f"image {image.name}: Python {kept.version}, {describe_bytes(kept.size)} in {kept.path}"
        )

    def check_room(self) -> None:
        """Make sure that a deployment has room on the disk."""
        from driver.deployments.disk_space import check_room_for_deployment

        settings = self.settings
        check_room_for_deployment(settings.home, self.workspace.data_directory, settings.provider_mirror)

    def build_packages(self, *, install: bool = True) -> None:
        """Pack the functions: Terraform reads the packages, even to destroy.

        `install`: whether what they need is installed and checked; `down` goes on with a mistake in them.
        """
        from driver.model.choices import TargetName
        from driver.projects.contents import ENGINE_FUNCTIONS, Contents
        from driver.projects.function_packages import FunctionPackages, files_to_pack
        from driver.terraform.packages import build_packages, pack_installed

        project, packages = self.settings.project, self.settings.package_directory
        is_local = self.settings.target is TargetName.LOCAL
        archives = FunctionPackages(
            self.environments,
            self.environ,
            self.console.working,
            self.cloud_environment.make if is_local else None,
        ).archives(
            Contents(project).functions, lambda folder: pack_installed(files_to_pack(folder)), install=install
        )
        build_packages(project.functions, packages, installed=archives, to_destroy=not install)
        if not project.is_installation:
            build_packages(project.installation / "lambda_src", packages, ENGINE_FUNCTIONS)

    @property
    def definitions_directory(self) -> Path:
        """The folder of the definitions that programs made for the target."""
        return self.workspace.directory / "definitions"

    def check_project(self) -> None:
        """Make the definitions of programs, and check all that is deployed.

        Raises
        ------
        ManifestError
            If something is wrong with it.
        """
        from driver.projects.check import check_project, refuse
        from driver.projects.contents import Contents
        from driver.projects.definitions import Definitions

        project = self.settings.project
        made = Definitions(
            Contents(project),
            self.definitions_directory,
            self.environ,
            self.environments,
            self.image_environments(),
            self.console.working,
            self.console.detail,
            self.settings.pipelines,
        ).make(self.region)
        refuse(check_project(project, made, given=self.settings.terraform))

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
            return Clients(region, None, self._on_request)
        return Clients(region, endpoint_url, self._on_request, self.keys(endpoint_url))

    def keys(self, endpoint_url: str) -> Keys:
        """Find the access key that a local target takes."""
        from driver.deployments.cloud_access import localstack_keys
        from driver.model.choices import TargetName

        if self.settings.target is TargetName.LOCAL:
            return self.local_cloud.keys(endpoint_url)
        return localstack_keys(self.environ)

    def permissions_record(self, deployment: Deployment) -> Mapping[str, Any] | None:
        """Fetch what the local cloud recorded of IAM's decisions; None on AWS, which tells nobody of them."""
        from driver.aws.permissions import fetch_record

        url = deployment.endpoint_url
        return fetch_record(url, deployment.region, self.keys(url)) if url else None

    def access(self) -> Access | None:
        """Tell who may use the local cloud; None if it does not run, or the target is another."""
        from driver.model.choices import TargetName

        return self.local_cloud.access() if self.settings.target is TargetName.LOCAL else None

    def _on_request(self, operation: str) -> None:
        self.requests[operation] += 1
        self.console.detail(operation)

    def _terraform_program(self) -> tuple[Path, dict[str, str]]:
        """Find Terraform and its environment, in which a local target hides the user's AWS settings."""
        from driver.deployments.cloud_access import local_environment
        from driver.model.choices import TargetName
        from driver.model.values import OPEN_KEYS
        from driver.terraform.binary import find_terraform
        from driver.terraform.environment import terraform_environment

        settings, environ = self.settings, self.environ
        if settings.target is not TargetName.AWS:
            endpoint = settings.state_backend.endpoint if settings.state_backend else None
            environ = local_environment(environ, self.keys(endpoint) if endpoint else OPEN_KEYS)
        environment = terraform_environment(settings.home, environ, settings.provider_mirror)
        return find_terraform(settings.home / "bin"), environment


@dataclass(frozen=True)
class Command:
    """A command of `invoke`: what it works with, under short names."""

    context: Context

    @property
    def settings(self) -> Settings:
        """What it works on."""
        return self.context.settings

    @property
    def console(self) -> Console:
        """Where it writes."""
        return self.context.console

    @property
    def workspace(self) -> Workspace:
        """The files of the target."""
        return self.context.workspace

    @property
    def target(self) -> Target:
        """Where the deployment goes."""
        return self.context.target

    @property
    def deployed(self) -> Deployed:
        """The deployment; see `Context.deployed`."""
        return self.context.deployed
