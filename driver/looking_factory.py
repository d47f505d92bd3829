"""The use cases that look at executions and deployments, composed as those of driver/factory.py are."""

from __future__ import annotations

from dataclasses import dataclass

from driver.config import Settings
from driver.console import Console
from driver.exceptions import WrongUseError
from driver.options import whole_number
from driver.ports import Connect, Target
from driver.workspace import Workspace

# ruff: noqa: PLC0415


@dataclass(frozen=True, slots=True)
class LookingUseCases:
    """The use cases, ready to run.

    Parameters
    ----------
    settings, workspace, target, connect
        What they look at.
    console
        Where they tell it.
    """

    settings: Settings
    workspace: Workspace
    target: Target
    connect: Connect
    console: Console

    def graph(self, workflow: str | None, execution: str | None, output: str, *, is_pipeline: bool) -> None:
        """Draw a state machine or the pipeline."""
        from driver.commands.graph import DrawGraph, GraphRequest

        resources = self.settings.project / "resources"
        use = DrawGraph(self.workspace, self.target, self.connect, self.console, resources)
        document = use.collect(GraphRequest(workflow, is_pipeline, execution, output))
        self.console.present(document, lambda: use.show(document))

    def report(self, execution: str | None, output: str) -> None:
        """Write a page about an execution."""
        from driver.commands.report import MakeReport

        use = MakeReport(self.workspace, self.target, self.connect, self.console)
        document = use.collect(execution, output)
        self.console.present(document, lambda: use.show(document))

    def logs(
        self,
        execution: str | None,
        function: str,
        job: str,
        *,
        follow: bool,
        errors: bool,
        since: str,
        limit: str,
    ) -> None:
        """Show logs."""
        from driver.commands.logs import LogRequest, Logs

        if follow and self.console.speaks_json:
            raise WrongUseError(
                "--follow has no end that a document could wait for.", "", "Leave out --json or --follow."
            )
        number = whole_number(limit, "--limit", lowest=1)
        request = LogRequest(execution, function, job, errors, since, number)
        use = Logs(self.workspace, self.target, self.connect, self.console)
        if follow:
            use.follow(request)
        else:
            use(request)
