"""The use cases that look at executions and deployments, composed as in driver/cli/composition.py."""

from __future__ import annotations

import os

from driver.cli.parts import Parts
from driver.model.exceptions import WrongUseError
from driver.model.values import Deployment
from driver.settings.options import whole_number

# ruff: noqa: PLC0415


# A local cloud that does not answer is itself what these commands tell: they do not wait long for it.
_GLANCE_SECONDS = 15.0
_CHECK_SECONDS = 6.0  # all checks have ten


class LookingUseCases:
    """The use cases, ready to run.

    Parameters
    ----------
    parts
        What they are composed of.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def graph(self, workflow: str | None, execution: str | None, output: str, *, is_pipeline: bool) -> None:
        """Draw a state machine or the pipeline."""
        from driver.commands.graph import DrawGraph, GraphRequest

        resources = self._parts.settings.project / "resources"
        use = DrawGraph(
            self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console, resources
        )
        document = use.collect(GraphRequest(workflow, is_pipeline, execution, output))
        self._parts.console.present(document, lambda: use.show(document))

    def report(self, execution: str | None, output: str) -> None:
        """Write a page about an execution."""
        from driver.commands.report import MakeReport

        use = MakeReport(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)
        document = use.collect(execution, output)
        self._parts.console.present(document, lambda: use.show(document))

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

        if follow and self._parts.console.speaks_json:
            raise WrongUseError(
                "--follow has no end that a document could wait for.", "", "Leave out --json or --follow."
            )
        number = whole_number(limit, "--limit", lowest=1)
        request = LogRequest(execution, function, job, errors, since, number)
        use = Logs(self._parts.workspace, self._parts.target, self._parts.connect, self._parts.console)
        if follow:
            use.follow(request)
        else:
            use(request)

    def status(self, *, all_resources: bool, drift: bool) -> None:
        """Tell what is deployed."""
        from driver.aws.hosting import instances_of
        from driver.commands.plan import find_drift
        from driver.commands.status import Status

        def instances(deployment: Deployment, endpoint: str) -> list[str]:
            clients = self._parts.clients(deployment.region, deployment.endpoint_url)
            return instances_of(clients.sagemaker(), endpoint)

        self._parts.patience = _GLANCE_SECONDS
        Status(
            self._parts.workspace,
            self._parts.target,
            self._parts.connect,
            self._parts.console,
            instances,
            self._parts.access,
        )(
            all_resources=all_resources,
            find_drift=(
                lambda deployment: find_drift(
                    self._parts.workspace,
                    self._parts.terraform,
                    self._parts.build_packages,
                    self._parts.console,
                    deployment,
                )
            )
            if drift
            else None,
        )

    def plan(self) -> int:
        """Tell what a deployment would change."""
        from driver.commands.plan import PlanChanges
        from driver.terraform.imagined_cloud import imagined_cloud

        return PlanChanges(
            self._parts.workspace,
            self._parts.target,
            self._parts.terraform,
            self._parts.build_packages,
            self._parts.settings.variables,
            self._parts.region,
            imagined_cloud,
            self._parts.console,
        )()

    def config(self) -> None:
        """Tell the settings."""
        from driver.commands.config import ShowConfiguration

        ShowConfiguration(self._parts.settings, self._parts.workspace, self._parts.console)()

    def doctor(self) -> int:
        """Look whether what is needed is there."""
        from driver.aws.explain import explain
        from driver.commands.doctor.checks import Surroundings, checks_for
        from driver.commands.doctor.command import Doctor
        from driver.commands.redelivering import find_lost_events
        from driver.deployments.local_cloud import fetch_cloud_info
        from driver.executions.deployed import open_deployment
        from driver.host.processes import HostProcesses
        from driver.host.programs import HostPrograms

        self._parts.patience = _CHECK_SECONDS
        region = self._parts.region
        around = Surroundings(
            settings=self._parts.settings,
            workspace=self._parts.workspace,
            target=self._parts.target,
            region=region,
            cloud=self._parts.local_cloud,
            programs=HostPrograms(),
            environ=os.environ,
            identify=lambda: self._parts.identify(region, None),
            list_geospatial_jobs=lambda: (
                self._parts.clients(region, None).geospatial().list_vector_enrichment_jobs(MaxResults=1)
            ),
            fetch_info=fetch_cloud_info,
            find_lost_events=lambda: find_lost_events(
                open_deployment(self._parts.workspace, self._parts.target, self._parts.connect)
            ),
            is_alive=lambda pid: not HostProcesses().has_ended(pid),
            explain=explain,
        )
        return Doctor(checks_for(around), self._parts.workspace, explain, self._parts.console)()

    def env(self) -> None:
        """Tell what other programs need to use the local cloud."""
        from driver.commands.environment import ShowEnvironment

        parts = self._parts
        ShowEnvironment(parts.settings.target, parts.target, parts.keys, os.environ, parts.console)()

    def outputs(self) -> None:
        """Tell Terraform's outputs."""
        from driver.commands.outputs import ShowOutputs

        ShowOutputs(self._parts.workspace, self._parts.console)()

    def hello(self) -> None:
        """Say hello to SageMaker."""
        from driver.commands.outputs import Hello

        Hello(self._parts.console)(self._parts.connect(*self._parts.target.address()))
