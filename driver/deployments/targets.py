"""The three targets of a deployment: the local cloud, a LocalStack that the user runs, AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from driver.aws.connection import Connect
from driver.deployments.cloud_access import as_settings, describe_access
from driver.deployments.local_cloud import LocalCloud, changes_in, fetch_cloud_info
from driver.deployments.workspace import Workspace
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.choices import TargetName
from driver.model.exceptions import (
    CloudBusyError,
    CredentialsError,
    EnvironmentNotReadyError,
    NotDeployedError,
    WrongUseError,
)
from driver.model.values import CLOSED, Access, Deployment, Identity, RunningCloud
from driver.settings.options import DEFAULT_REGION
from driver.settings.settings import DEFAULT_PORT, Settings

_LOCAL_ACCOUNT = "000000000000"
Identify = Callable[[str, str | None], Identity]
"""Asks who the credentials belong to, in a region of an endpoint (None: AWS)."""


def region_of(settings: Settings, workspace: Workspace) -> str:
    """Return the region asked for, else that of the deployment, else the default."""
    previous = workspace.deployment()
    return settings.region or (previous.region if previous else DEFAULT_REGION)


class LocalTarget:
    """The local cloud, which the driver starts and stops; `stop` deletes what it holds."""

    is_disposable = True

    def __init__(self, settings: Settings, workspace: Workspace, cloud: LocalCloud, console: Console) -> None:
        self._settings = settings
        self._workspace = workspace
        self._cloud = cloud
        self._console = console
        self._running: RunningCloud | None = None

    def check(self, *, assume_yes: bool) -> None:
        """Make sure that the cloud runs as is asked for, or can be started."""
        self._running = self._find(may_ask=not assume_yes)
        if self._running is None:
            self._cloud.check(self._port)
            return
        if self._settings.port not in {None, self._running.port}:
            raise WrongUseError(
                f"The local cloud runs on port {self._running.port} already.",
                f"Port {self._settings.port} was asked for.",
                "Leave the port out, or run `invoke down` before.",
            )
        asked, access = self._asked_access(self._running.access), self._running.access
        if asked != access:
            raise WrongUseError(
                "The local cloud runs already with other settings.",
                f"It runs with {as_settings(access)}; you asked for {as_settings(asked)}.",
                "Leave them out, or run `invoke down` before.",
            )

    def start(self) -> Deployment:
        """Start the cloud unless it runs."""
        access = self._running.access if self._running else self._asked_access(CLOSED)
        said = describe_access(access)
        for warning in said:
            self._console.warn(warning)
        if said:
            self._console.news("  `invoke down`, then `invoke up` without these settings, undoes that.")
        if self._running and self._cloud.is_of_another_version(self._running):
            self._console.warn(
                "The local cloud that runs is that of another version of sagestep: `invoke down`, then "
                "`invoke up` starts this version's."
            )
        cloud = self._running or self._cloud.start(self._port, access)
        return Deployment(
            target=TargetName.LOCAL,
            region=region_of(self._settings, self._workspace),
            account_id=_LOCAL_ACCOUNT,
            endpoint_url=cloud.endpoint_url,
            instance=cloud.instance,
        )

    def still_holds(self, deployment: Deployment) -> bool:
        """Tell whether the run of the cloud that was deployed to still goes on."""
        running = self._cloud.take_up(self._asked_access)
        return running is not None and running.instance == deployment.instance

    def changes(self, deployment: Deployment) -> int | None:
        """Ask the cloud that was deployed to."""
        return self._cloud.changes(deployment.instance)

    def address(self) -> tuple[str, str | None]:
        """Return where the cloud answers."""
        running = self._cloud.take_up(self._asked_access)
        if running is None:
            raise NotDeployedError("The local cloud does not run.", "", "Run `invoke up`.")
        return region_of(self._settings, self._workspace), running.endpoint_url

    def stop(self) -> None:
        """Stop the cloud, whether or not it answers."""
        if self._cloud.find_process() is None:
            self._cloud.stop()  # there may be a record and a state
            return
        with self._console.working("Stopping the local cloud"):
            self._cloud.stop()
        self._running = None
        self._console.done("the local cloud is stopped")

    def _find(self, *, may_ask: bool) -> RunningCloud | None:
        """Return the running cloud; one that does not answer is ended if the user says so, and never else."""
        try:
            return self._cloud.take_up(self._asked_access)
        except CloudBusyError as busy:
            if not may_ask or self._console.asks is None:
                raise
            held = counted(len(self._workspace.resources()), "resource")
            self._console.warn(f"{busy.what} {busy.why}")
            self._console.warn(
                f"It holds {held}, their data, and the running executions. What it has saved of them stays."
            )
            if not self._console.agrees("Stop it, and start it again with what it has saved?"):
                raise
        self._cloud.pause()
        return self._cloud.take_up(self._asked_access)

    def _asked_access(self, default: Access) -> Access:
        """Return who may use the cloud: as asked for, else as it is."""
        is_open, origins = self._settings.is_open, self._settings.allowed_origins
        policy = self._settings.deployer_policy
        return Access(
            default.is_open if is_open is None else is_open,
            default.allowed_origins if origins is None else tuple(sorted(origins)),
            self._settings.iam or default.iam,
            default.deployer_policy if policy is None else str(policy),
        )

    @property
    def _port(self) -> int:
        """The port asked for, else the one before the cloud ended unasked, else the default.

        Environments with names have clouds of their own beside each other: each takes the next free port.
        """
        asked = self._settings.port or self._cloud.last_port()
        if asked or not self._settings.environment:
            return asked or DEFAULT_PORT
        return self._cloud.free_port(DEFAULT_PORT + 1)


class LocalStackTarget:
    """A LocalStack that the user runs; it needs our plugin."""

    is_disposable = False

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        endpoint_url: str,
        connect: Connect,
        identify: Identify,
        *,
        fetch_info: Callable[[str], Mapping[str, object] | None] = fetch_cloud_info,
    ) -> None:
        self._region = region_of(settings, workspace)
        self._workspace = workspace
        self._endpoint_url = endpoint_url
        self._connect = connect
        self._identify = identify
        self._fetch_info = fetch_info

    def check(self, *, assume_yes: bool) -> None:
        """Make sure that it answers and that its SageMaker runs pipelines."""
        why = self._connect(self._region, self._endpoint_url).pipelines.why_no_pipelines()
        if why:
            raise EnvironmentNotReadyError(
                f"The LocalStack at {self._endpoint_url} runs no SageMaker pipelines.",
                why,
                "Start it with this project's plugin, as localcloud/README.md says; set AWS_ENDPOINT_URL "
                "if it is elsewhere; or leave out `--target localstack`.",
            )

    def start(self) -> Deployment:
        """Say where it is."""
        return Deployment(
            target=TargetName.LOCALSTACK,
            region=self._region,
            account_id=self._identify(self._region, self._endpoint_url).account_id,
            endpoint_url=self._endpoint_url,
            instance=self._instance(),
        )

    def still_holds(self, deployment: Deployment) -> bool:
        """Tell whether it is the same run of it, as far as that can be told."""
        if deployment.endpoint_url != self._endpoint_url:
            raise WrongUseError(
                f"The deployment is at {deployment.endpoint_url}.",
                f"AWS_ENDPOINT_URL or LOCALSTACK_HOST names {self._endpoint_url}.",
                "Unset the variable, or let it name the first.",
            )
        if deployment.instance is None:
            return True
        instance = self._instance()
        if instance is None:
            raise EnvironmentNotReadyError(
                f"The LocalStack at {self._endpoint_url} does not answer.",
                "It held the deployment.",
                f"Start it again; if it is gone for good, remove {self._workspace.directory}.",
            )
        return instance == deployment.instance

    def changes(self, deployment: Deployment) -> int | None:
        """Ask it; only the launcher of this project's local cloud tells."""
        if deployment.endpoint_url != self._endpoint_url:
            return None
        return changes_in(self._fetch_info(self._endpoint_url), deployment.instance)

    def _instance(self) -> str | None:
        """Return which run it is; only the launcher of this project's local cloud tells."""
        instance = (self._fetch_info(self._endpoint_url) or {}).get("instance")
        return str(instance) if instance else None

    def address(self) -> tuple[str, str | None]:
        """Return where it answers."""
        return self._region, self._endpoint_url

    def stop(self) -> None:
        """Leave it running: others may use it."""


class AwsTarget:
    """AWS, with the default credential chain."""

    is_disposable = False

    def __init__(
        self, settings: Settings, workspace: Workspace, identify: Identify, console: Console
    ) -> None:
        self._region = region_of(settings, workspace)
        self._identify = identify
        self._console = console
        self._identity: Identity | None = None

    def check(self, *, assume_yes: bool) -> None:
        """Show whose account it is, and ask whether it is the right one."""
        identity = self._show()
        if not assume_yes:
            self._console.confirm(f"Deploy to account {identity.account_id} in {self._region}?")

    def start(self) -> Deployment:
        """Name the account and the region."""
        return Deployment(TargetName.AWS, self._region, (self._identity or self._show()).account_id)

    def still_holds(self, deployment: Deployment) -> bool:
        """Make sure that the credentials are of the account that was deployed to."""
        identity = self._show()
        if identity.account_id != deployment.account_id:
            raise CredentialsError(
                f"The deployment is in account {deployment.account_id}.",
                f"The credentials are of account {identity.account_id}.",
                "Use credentials of the first.",
            )
        return True

    def changes(self, deployment: Deployment) -> None:
        """AWS does not tell: Terraform looks at each resource."""

    def address(self) -> tuple[str, str | None]:
        """Return the region; the endpoint is AWS's."""
        return self._region, None

    def stop(self) -> None:
        """Nothing was started."""

    def _show(self) -> Identity:
        self._identity = identity = self._identify(self._region, None)
        self._console.news(f"AWS account {identity.account_id}, region {self._region}, as {identity.arn}")
        return identity


class Target(Protocol):
    """Where a deployment goes.

    A disposable target is empty after it was stopped.
    """

    @property
    def is_disposable(self) -> bool:
        """Whether the target can be started again, empty, at no cost."""

    def check(self, *, assume_yes: bool) -> None:
        """Make sure that it can be deployed to, before anything is changed; ask the user where that costs."""

    def start(self) -> Deployment:
        """Make it ready for Terraform, and say what to ask of Terraform."""

    def still_holds(self, deployment: Deployment) -> bool:
        """Tell whether the deployment can still be there; False if it went with a cloud without memory."""

    def changes(self, deployment: Deployment) -> int | None:
        """Count the requests that may have changed a resource; None: the target does not tell."""

    def address(self) -> tuple[str, str | None]:
        """Return the region and the endpoint (None: AWS), whether anything is deployed or not."""

    def stop(self) -> None:
        """Stop what `start` started, once nothing is deployed any more."""
