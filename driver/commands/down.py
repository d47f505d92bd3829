"""`invoke down`: from a deployment to nothing, downloads excepted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from driver.commands.deployed import Deployed
from driver.commands.endpoints import Hosted, delete_hosted, hosted
from driver.commands.up import initializing
from driver.console import Console
from driver.exceptions import DeadlineExceededError, NotDeployedError
from driver.models import AnyExecution, Deployment, PipelineExecution, StateMachineExecution
from driver.ports import Connect, Connection, Target, TerraformRoot
from driver.status import StateMachineStatus
from driver.terraform_state import ManagedResource, group_by_module
from driver.views import TerraformView, counted
from driver.workspace import Workspace

_STOP_SECONDS = 300.0
_LISTED = 100  # executions of each kind that are looked at; the running ones are among the newest


@dataclass(frozen=True, slots=True)
class Down:
    """Destroys what is deployed to a target.

    Parameters
    ----------
    workspace, target, connect
        What is worked on.
    find_terraform
        Gives Terraform, which is needed only if there is something to destroy.
    build_packages
        Packs the functions: Terraform reads the packages even to destroy.
    console
        Where it is told.
    """

    workspace: Workspace
    target: Target
    find_terraform: Callable[[], TerraformRoot]
    connect: Connect
    build_packages: Callable[[], object]
    console: Console

    def __call__(self, *, assume_yes: bool) -> None:
        """Show what would go, ask, stop what runs, destroy, and stop the local cloud."""
        with self.workspace.lock("invoke down"):
            resources, deployment = self.workspace.resources(), self.workspace.deployment()
            if not resources:
                self.console.done("there is nothing to destroy")
            elif deployment is None:
                raise NotDeployedError(
                    f"It is not known where the {counted(len(resources), 'resource')} of the state are.",
                    f"There is no deployment.json in {self.workspace.directory}.",
                    f"Run `invoke up{self.workspace.target_flag}` once more, then this.",
                )
            elif self.target.still_holds(deployment):
                self._destroy(deployment, resources, assume_yes=assume_yes)
            else:
                self.console.warn(
                    f"The cloud that held {counted(len(resources), 'resource')} is gone, with all in it: "
                    "the state that was left is removed."
                )
            self.target.stop()
            self.workspace.clear()
        self._tell_what_is_kept()

    def _destroy(self, deployment: Deployment, resources: list[ManagedResource], *, assume_yes: bool) -> None:
        self.build_packages()
        terraform = self.find_terraform()
        with initializing(terraform):
            connection = self.connect(deployment.region, deployment.endpoint_url)
            deployed = self._deployed(deployment, connection)
            running = _running(deployed) if deployed else []
            serving = hosted(deployed) if deployed else Hosted()
            self._show(deployment, resources)
            if deployed:
                bucket = deployed.outputs.bucket_name
                count = connection.storage.count(bucket)
                number = "more than 10000 objects" if count is None else counted(count, "object")
                self.console.say(f"  and {number} in bucket {bucket}")
                self._show_what_was_made(deployed, running, serving)
            if not assume_yes:
                self.console.confirm("Stop and destroy all this?" if running else "Destroy all this?")
            if deployed and running:
                self._stop(deployed)
            if deployed and (running or serving):
                # An execution may have made more of it until it was stopped.
                delete_hosted(deployed, hosted(deployed), self.console)
        with TerraformView(self.console).shown() as on_event:
            summary = terraform.destroy(deployment, on_event)
        self.console.done(f"destroyed {counted(summary.remove, 'resource')}")

    def _deployed(self, deployment: Deployment, connection: Connection) -> Deployed | None:
        """Return the finished deployment; None if it was never finished: then nothing can run on it."""
        try:
            outputs = self.workspace.outputs()
        except NotDeployedError:
            return None
        return Deployed(deployment, outputs, connection, self.workspace.target_flag)

    def _show(self, deployment: Deployment, resources: list[ManagedResource]) -> None:
        place = deployment.endpoint_url or f"account {deployment.account_id}, region {deployment.region}"
        self.console.say(
            f"To be destroyed on target {deployment.target}, {place}: {counted(len(resources), 'resource')}"
        )
        for module, names in group_by_module(resources).items():
            self.console.say(f"  {module or 'root'}: {', '.join(names)}")

    def _show_what_was_made(
        self, deployed: Deployed, running: Sequence[AnyExecution], serving: Hosted
    ) -> None:
        if serving:
            self.console.say("and what workflows have put into service:")
            for line in serving.lines():
                self.console.say(line)
        for execution in running:
            name = deployed.short_name(execution.arn)
            self.console.warn(
                f"{deployed.kind_of(execution.arn)} execution {name} is {execution.status}: "
                "it needs what is destroyed, and is stopped first"
            )

    def _stop(self, deployed: Deployed) -> None:
        """Stop executions: a callback whose queue is gone is never answered.

        State machines come first: after their ends no pipeline is started any more.
        """
        state_machines, pipelines = deployed.connection.state_machines, deployed.connection.pipelines
        running = [*_state_machines(deployed), *_workflows(deployed)]
        self._stop_all(deployed, running, state_machines.stop, state_machines.describe)
        self._stop_all(deployed, _pipelines(deployed), pipelines.stop, pipelines.describe)

    def _stop_all(
        self,
        deployed: Deployed,
        running: Sequence[AnyExecution],
        stop: Callable[[str], None],
        describe: Callable[[str], AnyExecution],
    ) -> None:
        for execution in running:
            stop(execution.arn)
        for execution in running:
            self._wait_until_stopped(deployed, execution.arn, describe)

    def _wait_until_stopped(
        self, deployed: Deployed, arn: str, describe: Callable[[str], AnyExecution]
    ) -> None:
        name = deployed.short_name(arn)
        with self.console.working(f"Stopping execution {name}"):
            waited = deployed.connection.waiter.wait_for(
                look=lambda: describe(arn),
                is_done=lambda seen: seen.status.is_terminal,
                timeout=_STOP_SECONDS,
            )
        if not waited.is_done:
            raise DeadlineExceededError(
                f"Execution {name} did not stop within {_STOP_SECONDS:.0f} seconds.",
                "A step that waits for its callback ends only when it is answered. Nothing was destroyed.",
                f"Look at it with `invoke attach --execution {name}{self.workspace.target_flag}`, "
                "then try again.",
            )
        self.console.done(f"execution {name} is {waited.last.status}")

    def _tell_what_is_kept(self) -> None:
        kept = self.workspace.runs()
        if kept:
            self.console.say(
                f"kept: {counted(len(kept), 'downloaded result')} in {self.workspace.runs_directory}"
            )


def _running(deployed: Deployed) -> list[AnyExecution]:
    return [*_state_machines(deployed), *_workflows(deployed), *_pipelines(deployed)]


def _state_machines(deployed: Deployed) -> list[StateMachineExecution]:
    """List the running executions of the state machine around the pipeline."""
    listed = itertools.islice(deployed.state_machine_executions(), _LISTED)
    return [execution for execution in listed if not execution.status.is_terminal]


def _workflows(deployed: Deployed) -> list[StateMachineExecution]:
    """List the running executions of workflows."""
    running = StateMachineStatus.RUNNING
    return [run for name in deployed.outputs.workflows for run in deployed.executions_of(name, running)]


def _pipelines(deployed: Deployed) -> list[PipelineExecution]:
    """List the pipeline's executions that run, whoever started them."""
    executions = deployed.connection.pipelines.executions(deployed.outputs.pipeline_name)
    listed = itertools.islice(executions, _LISTED)
    return [execution for execution in listed if not execution.status.is_terminal]
