"""The deployment a command works on: found, or said why not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from driver.exceptions import NotDeployedError, WrongUseError
from driver.execution_names import Kind, find_arn, is_of_state_machine, kind_of
from driver.models import AnyExecution, Deployment, Outputs, PipelineExecution, StateMachineExecution
from driver.ports import Connect, Connection, Target
from driver.watching import Seen
from driver.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that is there, and the way to its services."""

    deployment: Deployment
    outputs: Outputs
    connection: Connection
    target_flag: str

    def state_machine_arn(self) -> str:
        """Return the state machine.

        Raises
        ------
        NotDeployedError
            If the deployment is from before there was one.
        """
        if not self.outputs.state_machine_arn:
            raise NotDeployedError(
                "There is no state machine in this deployment.",
                "An earlier version of this project made it.",
                f"Run `invoke up{self.target_flag}`; `--direct` starts the pipeline alone.",
            )
        return self.outputs.state_machine_arn

    def find(self, execution: str | None) -> Seen:
        """Find what the user calls an execution; None is the newest.

        Raises
        ------
        WrongUseError
            If nothing was ever started, or it names no execution of this deployment.
        """
        if execution is not None:
            arn = find_arn(execution, self.outputs)
        else:
            newest = self.recent(1)
            if not newest:
                raise WrongUseError(
                    "There is no execution.",
                    "Nothing was ever started.",
                    f"Start one with `invoke run-pipeline{self.target_flag}`.",
                )
            arn = newest[0].arn
        is_state_machine = kind_of(arn) is Kind.STATE_MACHINE
        return Seen(state_machine_arn=arn) if is_state_machine else Seen(pipeline_arn=arn)

    def recent(self, limit: int) -> list[AnyExecution]:
        """List the newest executions of both kinds, a pipeline's only if it was not the state machine's."""
        state_machines = list(itertools.islice(self.state_machine_executions(), limit))
        # Nothing that began before the last of a full list can be among the newest.
        oldest = state_machines[-1].started if len(state_machines) == limit else None
        pipelines: list[PipelineExecution] = []
        for execution in self.connection.pipelines.executions(self.outputs.pipeline_name):
            if len(pipelines) == limit or (oldest and execution.started < oldest):
                break
            if not is_of_state_machine(execution.display_name):
                pipelines.append(execution)
        found: list[AnyExecution] = [*state_machines, *pipelines]
        return sorted(found, key=_started, reverse=True)[:limit]

    def state_machine_executions(self) -> Iterator[StateMachineExecution]:
        """List the state machine's executions, the newest first; none if there is no state machine."""
        arn = self.outputs.state_machine_arn
        return self.connection.state_machines.executions(arn) if arn else iter(())


def open_deployment(workspace: Workspace, target: Target, connect: Connect) -> Deployed:
    """Find the deployment of a target.

    Raises
    ------
    NotDeployedError
        If there is none, or if it went with the local cloud.
    """
    outputs, deployment = workspace.outputs(), workspace.deployment()
    if deployment is None or not target.still_holds(deployment):
        raise NotDeployedError(
            f"The deployment on target {workspace.directory.name} is gone.",
            "The cloud that held it does not run, or was started anew, and it has no memory.",
            f"Run `invoke up{workspace.target_flag}`.",
        )
    connection = connect(deployment.region, deployment.endpoint_url)
    return Deployed(deployment, outputs, connection, workspace.target_flag)


def _started(execution: AnyExecution) -> float:
    return execution.started.timestamp() if execution.started else 0.0
