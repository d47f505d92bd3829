"""The composition root: from the settings of one command to the use case it runs.

Nothing heavy is imported before it is needed: `invoke --list` must not wait for boto3.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from driver.parts import PROJECT, Parts

# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from driver.commands.deployed import Deployed
    from driver.commands.down import Down
    from driver.commands.up import Up
    from driver.config import Settings
    from driver.console import Console
    from driver.looking_factory import LookingUseCases
    from driver.workflow_factory import WorkflowUseCases

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
        How the command speaks; see `driver.console.Voice`.
    """
    # invoke turns the cache of compiled modules off: every command would compile the driver anew.
    sys.dont_write_bytecode = False
    from driver.boundary import exit_codes
    from driver.config import Settings
    from driver.console import Console, Voice
    from driver.privacy import private_files, tighten

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
        from driver.commands.scenario import Scenario

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
        from driver.input_files import gathered, is_remote

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
        from driver.options import whole_number

        number = whole_number(limit, "--limit", lowest=1, highest=HIGHEST_LIMIT)
        Executions(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            number
        )

    @cached_property
    def of_workflows(self) -> WorkflowUseCases:
        """What is about workflows."""
        from driver.workflow_factory import WorkflowUseCases

        return WorkflowUseCases(self._parts)

    @cached_property
    def of_looking(self) -> LookingUseCases:
        """What looks at executions and deployments without changing anything."""
        from driver.looking_factory import LookingUseCases

        return LookingUseCases(self._parts)

    def open(self) -> Deployed:
        """Find the deployment, for those who use it from Python."""
        from driver.commands.deployed import open_deployment

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
