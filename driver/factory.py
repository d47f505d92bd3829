"""The composition root: from the settings of one command to the use case it runs.

Nothing heavy is imported before it is needed: `invoke --list` must not wait for boto3.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from driver.commands.deployed import Deployed
    from driver.commands.down import Down
    from driver.commands.up import Up
    from driver.config import Settings
    from driver.console import Console
    from driver.infrastructure import Infrastructure
    from driver.local_cloud import LocalCloud
    from driver.looking_factory import LookingUseCases
    from driver.models import Identity
    from driver.ports import Connection, Target
    from driver.workflow_factory import WorkflowUseCases
    from driver.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[1]
DEFAULT_LIMIT = "10"  # executions listed
HIGHEST_LIMIT = 1000  # each is asked for how it ended


@contextmanager
def driver(
    flags: Mapping[str, str | None],
    *,
    debug: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    json: bool = False,
) -> Iterator[Driver]:
    """Compose the driver for one command, and turn what the command raises into an exit code.

    Parameters
    ----------
    flags
        Settings as typed on the command line; None if they were not.
    debug
        Whether errors show where in the source they come from, and how often AWS was asked for what.
    quiet, verbose, json
        How the command speaks; see `driver.console.Voice`.
    """
    # invoke turns the cache of compiled modules off: every command would compile the driver anew.
    sys.dont_write_bytecode = False
    from driver.boundary import exit_codes
    from driver.config import Settings
    from driver.console import Console, Voice

    console = Console(voice=Voice(is_quiet=quiet, is_verbose=verbose, is_json=json))
    with exit_codes(console, debug=debug):
        commands = Driver(Settings.resolve(PROJECT, flags, os.environ), console)
        try:
            yield commands
        finally:
            if debug:
                console.aside(commands.describe_requests())


class Driver:
    """The use cases, ready to run.

    Parameters
    ----------
    settings
        What they work on.
    console
        Where they tell it.
    """

    def __init__(self, settings: Settings, console: Console) -> None:
        self.settings = settings
        self._console = console
        self._requests: list[str] = []

    def up(self, *, assume_yes: bool) -> None:
        """Deploy everything."""
        self._up()(assume_yes=assume_yes)

    def _up(self) -> Up:
        from driver.commands.up import Up

        return Up(
            self._workspace,
            self._target,
            self._terraform,
            self._build_packages,
            self.settings.variables,
            self._console,
        )

    def scenario(self, *, assume_yes: bool) -> None:
        """Take the guided walk."""
        from driver.commands.scenario import Scenario

        Scenario(
            self._workspace,
            self.settings.target,
            self._up(),
            self._down(),
            self._terraform.plan,
            lambda path: self.run_pipeline([path] if path else [], direct=False),
            self._console,
        )(assume_yes=assume_yes)

    def run_pipeline(self, inputs: Sequence[str], *, direct: bool) -> None:
        """Run the pipeline on a file of coordinates, or side by side on several."""
        from driver.commands.run_pipeline import RunPipeline
        from driver.commands.run_several import RunSeveral
        from driver.input_files import gathered, is_remote

        words = inputs or [str(PROJECT / "resources/sample_coordinates.csv")]
        storage = self.open().connection.storage if any(map(is_remote, words)) else None
        parts = (self._workspace, self._target, self._connect, self._console)
        with gathered(words, storage, self._console) as files:
            if len(files) == 1:
                RunPipeline(*parts)(files[0].path, self.settings.timeout, self.settings.rows, direct=direct)
            else:
                RunSeveral(*parts)(files, self.settings.timeout, self.settings.parallel, direct=direct)

    def attach(self, execution: str | None) -> None:
        """Follow an execution."""
        from driver.commands.executions import Attach

        Attach(self._workspace, self._target, self._connect, self._console)(
            execution, self.settings.timeout, self.settings.rows
        )

    def stop(self, execution: str | None) -> None:
        """Stop an execution."""
        from driver.commands.executions import Stop

        Stop(self._workspace, self._target, self._connect, self._console)(execution, self.settings.timeout)

    def executions(self, limit: str) -> None:
        """List recent executions."""
        from driver.commands.executions import Executions
        from driver.options import whole_number

        number = whole_number(limit, "--limit", lowest=1, highest=HIGHEST_LIMIT)
        Executions(self._workspace, self._target, self._connect, self._console)(number)

    @cached_property
    def of_workflows(self) -> WorkflowUseCases:
        """What is about workflows."""
        from driver.workflow_factory import WorkflowUseCases

        return WorkflowUseCases(
            PROJECT / "resources",
            self._workspace,
            self._target,
            self._connect,
            self._console,
            timeout=self.settings.timeout,
            on_request=self._on_request,
        )

    @cached_property
    def of_looking(self) -> LookingUseCases:
        """What looks at executions and deployments without changing anything."""
        from driver.looking_factory import LookingUseCases

        return LookingUseCases(self.settings, self._workspace, self._target, self._connect, self._console)

    def open(self) -> Deployed:
        """Find the deployment, for those who use it from Python."""
        from driver.commands.deployed import open_deployment

        return open_deployment(self._workspace, self._target, self._connect)

    def all_outputs(self) -> dict[str, object]:
        """Return Terraform's outputs."""
        return self._workspace.all_outputs()

    def describe_requests(self) -> str:
        """Write which operations of AWS were requested so far, the most frequent first, retries included."""
        from collections import Counter

        counted = Counter(self._requests).most_common()
        return f"requests: {', '.join(f'{name} {count}' for name, count in counted) or 'none'}"

    def status(self) -> None:
        """Tell what is deployed."""
        from driver.commands.reports import Status

        Status(self._workspace, self._target, self._connect, self._console)()

    def outputs(self) -> None:
        """Tell Terraform's outputs."""
        from driver.commands.reports import ShowOutputs

        ShowOutputs(self._workspace, self._console)()

    def hello(self) -> None:
        """Say hello to SageMaker."""
        from driver.commands.reports import Hello

        Hello(self._console)(self._connect(*self._target.address()))

    def down(self, *, assume_yes: bool, keep: str) -> None:
        """Destroy everything, or what is not kept."""
        self._down()(assume_yes=assume_yes, keep=keep)

    def _down(self) -> Down:
        from driver.commands.down import Down

        return Down(
            self._workspace,
            self._target,
            lambda: self._terraform,
            self._connect,
            self._build_packages,
            self._console,
        )

    @cached_property
    def _workspace(self) -> Workspace:
        from driver.workspace import Workspace

        return Workspace(self.settings.target_directory, self.settings.environment)

    @cached_property
    def _local_cloud(self) -> LocalCloud:
        from driver.local_cloud import LocalCloud
        from driver.processes import HostProcesses

        return LocalCloud(self._workspace.directory, PROJECT, os.environ, HostProcesses())

    @cached_property
    def _target(self) -> Target:
        from driver.choices import TargetName
        from driver.targets import AwsTarget, LocalStackTarget, LocalTarget

        settings, workspace = self.settings, self._workspace
        if settings.target is TargetName.LOCAL:
            return LocalTarget(settings, workspace, self._local_cloud, self._console)
        if settings.target is TargetName.AWS:
            return AwsTarget(settings, workspace, self._identify, self._console)
        from driver.clients import localstack_endpoint

        previous = workspace.deployment()
        endpoint = localstack_endpoint(previous.endpoint_url if previous else None)
        return LocalStackTarget(settings, workspace, endpoint, self._connect, self._identify)

    @cached_property
    def _terraform(self) -> Infrastructure:
        from driver.terraform_root import terraform_root

        return terraform_root(self.settings, self._workspace, self._console.detail)

    def _build_packages(self) -> None:
        from driver.packages import build_packages

        build_packages(PROJECT / "lambda_src", self.settings.package_directory)

    def _connect(self, region: str, endpoint_url: str | None) -> Connection:
        from driver.connections import connect

        return connect(region, endpoint_url, self._on_request)

    def _identify(self, region: str, endpoint_url: str | None) -> Identity:
        from driver.clients import Clients

        return Clients(region, endpoint_url, self._on_request).identity()

    def _on_request(self, operation: str) -> None:
        """Count a request, and tell of it whoever wants to know."""
        self._requests.append(operation)
        self._console.detail(operation)
