"""The use cases that are about workflows, composed as those of driver/factory.py are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from driver.console import Console
from driver.exceptions import WrongUseError
from driver.ports import Connect, Target
from driver.workspace import Workspace

# ruff: noqa: PLC0415


class WorkflowUseCases:
    """The use cases, ready to run.

    Parameters
    ----------
    resources
        The project's folder with schemas, sample data and container.
    workspace, target, connect
        What they work on.
    console
        Where they tell it.
    timeout
        Seconds until an execution must have ended.
    on_request
        Told the operation of every request that is sent.
    """

    def __init__(
        self,
        resources: Path,
        workspace: Workspace,
        target: Target,
        connect: Connect,
        console: Console,
        *,
        timeout: int,
        on_request: Callable[[str], None],
    ) -> None:
        self._resources = resources
        self._workspace = workspace
        self._target = target
        self._connect = connect
        self._timeout = timeout
        self._on_request = on_request
        self._console = console

    def show(self, workflow: str | None) -> None:
        """Tell what workflows there are."""
        from driver.commands.workflows import Workflows

        Workflows(self._workspace, self._console, self._resources / "workflows")(workflow)

    def run(self, workflow: str, *, inputs: str = "", settings: Sequence[str] = (), data: str = "") -> None:
        """Start a workflow and follow it."""
        from driver.commands.run_workflow import Request, RunWorkflow

        if not workflow:
            raise WrongUseError(
                "No workflow is named.", "", "Name one with --workflow; see `invoke workflows`."
            )
        request = Request(workflow, inputs, settings, Path(data).expanduser() if data else None)
        RunWorkflow(self._workspace, self._target, self._connect, self._console, self._resources)(
            request, self._timeout
        )

    def predict(self, endpoint: str | None, data: str, rows: Sequence[str]) -> None:
        """Ask an endpoint for predictions."""
        from driver.commands.predict import Predict

        Predict(self._workspace, self._target, self._connect, self._console)(
            endpoint, Path(data).expanduser() if data else None, rows
        )

    def undeploy(self, endpoint: str | None, *, assume_yes: bool) -> None:
        """Take a model out of service."""
        from driver.commands.endpoints import Undeploy

        Undeploy(self._workspace, self._target, self._connect, self._console)(endpoint, assume_yes=assume_yes)

    def image(self) -> None:
        """Build the workflows' container and push it."""
        from driver.commands.image import PushImage
        from driver.programs import HostPrograms

        PushImage(self._workspace, self._target, self._registry_login, HostPrograms(), self._console)(
            self._resources / "container"
        )

    def _registry_login(self, region: str) -> tuple[str, str]:
        from driver.clients import Clients

        return Clients(region, None, self._on_request).registry_login()
