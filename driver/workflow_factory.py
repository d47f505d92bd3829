"""The use cases that are about workflows, composed as those of driver/factory.py are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driver.exceptions import WrongUseError
from driver.parts import Parts

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
        from driver.commands.endpoints import Undeploy

        Undeploy(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)(
            endpoint, assume_yes=assume_yes
        )

    def image(self) -> None:
        """Build the workflows' container and push it."""
        from driver.commands.image import PushImage
        from driver.programs import HostPrograms

        PushImage(
            self._parts.workspace,
            self._parts.target,
            self._registry_login,
            HostPrograms(),
            self._parts.console,
        )(self._resources / "container")

    def _registry_login(self, region: str) -> tuple[str, str]:
        return self._parts.clients(region, None).registry_login()
