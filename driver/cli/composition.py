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

from driver.cli.parts import PROJECT, Parts
from driver.model.exceptions import WrongUseError

if TYPE_CHECKING:
    from driver.cli.looking import LookingUseCases
    from driver.commands.down import Down
    from driver.commands.up import Up
    from driver.executions.deployed import Deployed
    from driver.host.console import Console
    from driver.settings.settings import Settings

# ruff: noqa: PLC0415


class WorkflowUseCases:
    """The use cases, ready to run.

    Parameters
    ----------
    parts
        What they are composed of.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._resources = parts.settings.project / "resources"

    def show(self, workflow: str | None) -> None:
        """Tell what workflows there are."""
        from driver.commands.workflows import Workflows

        Workflows(self._parts.workspace, self._parts.console, self._resources / "workflows")(workflow)

    def run(self, workflow: str, *, inputs: str = "", settings: Sequence[str] = (), data: str = "") -> None:
        """Start a workflow and follow it."""
        from driver.commands.run_workflow import Request, RunWorkflow

        if not workflow:
            raise WrongUseError(
                "No workflow is named.", "", "Name one with --workflow; see `invoke workflows`."
            )
        request = Request(workflow, inputs, settings, Path(data).expanduser() if data else None)
        RunWorkflow(
            self._parts.workspace,
            self._parts.target,
            self._parts.connect,
            self._parts.console,
            self._resources,
        )(request, self._parts.settings.timeout)

    def predict(self, endpoint: str | None, data: str, rows: Sequence[str]) -> None:
        """Ask an endpoint for predictions."""
        from driver.commands.predict import Predict

        Predict(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            endpoint, Path(data).expanduser() if data else None, rows
        )

    def undeploy(self, endpoint: str | None, *, assume_yes: bool) -> None:
        """Take a model out of service."""
        from driver.executions.endpoints import Undeploy

        Undeploy(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            endpoint, assume_yes=assume_yes
        )

    def image(self) -> None:
        """Build the workflows' container and push it."""
        from driver.commands.image import PushImage
        from driver.host.programs import HostPrograms

        PushImage(
            self._parts.workspace,
            self._parts.target,
            self._registry_login,
            HostPrograms(),
            self._parts.console,
        )(self._resources / "container")

    def _registry_login(self, region: str) -> tuple[str, str]:
        return self._parts.clients(region, None).registry_login()


DEFAULT_LIMIT = "10"  # executions listed
_DOWN_SECONDS = 15.0  # how long a local cloud is waited for that does not answer: it is to be ended anyway
HIGHEST_LIMIT = 1000  # each is asked for how it ended


@contextmanager
def driver(
    flags: Mapping[str, str | None],
    *,
    debug: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    json: bool = False,
    values: bool = False,
) -> Iterator[Driver]:
    """Compose the driver for one command, and turn what the command raises into an exit code.

    Parameters
    ----------
    flags
        Settings as typed on the command line; None if they were not.
    debug
        Whether errors show where in the source they come from, and how often AWS was asked for what.
    quiet, verbose, json, values
        How the command speaks; see `driver.host.console.Voice`.
    """
    # invoke turns the cache of compiled modules off: every command would compile the driver anew.
    sys.dont_write_bytecode = False
    from driver.cli.exit_codes import exit_codes
    from driver.host.console import Console, Voice
    from driver.host.privacy import private_files, tighten
    from driver.settings.settings import Settings

    console = Console(voice=Voice(is_quiet=quiet, is_verbose=verbose, is_json=json, gives_values=values))
    with exit_codes(console, debug=debug), private_files():
        commands = Driver(Settings.resolve(PROJECT, flags, os.environ), console)
        tighten(commands.settings.home)
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
        self._parts = Parts(settings, console)

    def up(self, *, assume_yes: bool) -> None:
        """Deploy everything."""
        self._up()(assume_yes=assume_yes)

    def _up(self) -> Up:
        from driver.commands.up import Up

        return Up(
            self._parts.workspace,
            self._parts.target,
            self._parts.terraform,
            self._parts.build_packages,
            self.settings.variables,
            self._parts.console,
            self._parts.check_room,
            self._parts.state_store,
        )

    def scenario(self, *, assume_yes: bool) -> None:
        """Take the guided walk."""
        from driver.commands.scenario.command import Scenario

        Scenario(
            self._parts.workspace,
            self.settings.target,
            self._up(),
            self._down(),
            self._parts.terraform.plan,
            lambda path: self.run_pipeline([path] if path else [], direct=False),
            self._parts.console,
        )(assume_yes=assume_yes)

    def run_pipeline(self, inputs: Sequence[str], *, direct: bool) -> None:
        """Run the pipeline on a file of coordinates, or side by side on several."""
        from driver.commands.run_pipeline import RunPipeline
        from driver.commands.run_several import RunSeveral
        from driver.executions.input_files import gathered, is_remote

        words = inputs or [str(PROJECT / "resources/sample_coordinates.csv")]
        storage = self.open().connection.storage if any(map(is_remote, words)) else None
        parts = (self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)
        with gathered(words, storage, self._parts.console) as files:
            if len(files) == 1:
                RunPipeline(*parts)(files[0].path, self.settings.timeout, self.settings.rows, direct=direct)
            else:
                RunSeveral(*parts)(files, self.settings.timeout, self.settings.parallel, direct=direct)

    def attach(self, execution: str | None) -> None:
        """Follow an execution."""
        from driver.commands.executions import Attach

        Attach(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            execution, self.settings.timeout, self.settings.rows
        )

    def stop(self, execution: str | None) -> None:
        """Stop an execution."""
        from driver.commands.executions import Stop

        Stop(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            execution, self.settings.timeout
        )

    def redeliver(self) -> None:
        """Hand lost events over again."""
        from driver.commands.redelivering import Redeliver

        Redeliver(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)()

    def executions(self, limit: str) -> None:
        """List recent executions."""
        from driver.commands.executions import Executions
        from driver.settings.options import whole_number

        number = whole_number(limit, "--limit", lowest=1, highest=HIGHEST_LIMIT)
        Executions(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            number
        )

    @cached_property
    def of_workflows(self) -> WorkflowUseCases:
        """What is about workflows."""
        return WorkflowUseCases(self._parts)

    @cached_property
    def of_looking(self) -> LookingUseCases:
        """What looks at executions and deployments without changing anything."""
        from driver.cli.looking import LookingUseCases

        return LookingUseCases(self._parts)

    def open(self) -> Deployed:
        """Find the deployment, for those who use it from Python."""
        from driver.executions.deployed import open_deployment

        return open_deployment(self._parts.workspace, self._parts.target, self._parts.connect)

    def all_outputs(self) -> dict[str, object]:
        """Return Terraform's outputs."""
        return self._parts.workspace.all_outputs()

    def describe_requests(self) -> str:
        """Write which operations of AWS were requested so far, the most frequent first, retries included."""
        from collections import Counter

        counted = Counter(self._parts.requests).most_common()
        return f"requests: {', '.join(f'{name} {count}' for name, count in counted) or 'none'}"

    def down(self, *, assume_yes: bool, keep: str) -> None:
        """Destroy everything, or what is not kept."""
        self._parts.patience = _DOWN_SECONDS
        self._down()(assume_yes=assume_yes, keep=keep)

    def _down(self) -> Down:
        from driver.commands.down import Down

        return Down(
            self._parts.workspace,
            self._parts.target,
            lambda: self._parts.terraform,
            self._parts.connect,
            self._parts.build_packages,
            self._parts.console,
            store=self._parts.state_store,
        )
