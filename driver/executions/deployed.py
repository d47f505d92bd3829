"""The deployment that a command works on, and its executions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from driver.aws.connection import Connection
from driver.deployments.workspace import Workspace
from driver.executions.names import Kind, find_arn, is_of_fan_out, is_of_state_machine, kind_of, short_name
from driver.executions.waits import AWS_SECONDS, LOCAL_SECONDS
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import StateMachineStatus
from driver.model.values import (
    AnyExecution,
    DeployedPipeline,
    DeployedWorkflow,
    Deployment,
    Outputs,
    PipelineExecution,
    StateMachineExecution,
)

_AT_ONCE = 16  # requests
_NAME_ONE = (
    "Name one with --pipeline. In sagestep.toml `default_pipeline` says which one runs where none is named, "
    "`pipelines` which are deployed: both count from the next `invoke up`."
)
_MOST_ITEMS = 1000  # executions that are passed over in a list: ten requests
_RELATED = 10  # executions among which one and its parts are: no workflow has more than four


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that is there, its files on this machine, and the way to its services."""

    deployment: Deployment
    outputs: Outputs
    connection: Connection
    workspace: Workspace

    @property
    def target_flag(self) -> str:
        """What a command line needs besides to mean this deployment: nothing, or a flag after a space."""
        return self.workspace.target_flag

    def long_wait(self) -> tuple[float, str]:
        """Tell for how many seconds a step waits until it is told, and what to do then."""
        if self.deployment.endpoint_url is None:
            return AWS_SECONDS, f"`invoke logs{self.target_flag}` shows what is logged meanwhile"
        return LOCAL_SECONDS, f"`invoke doctor{self.target_flag}` looks at the local cloud"

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

    def pipeline(self, name: str | None) -> tuple[str, DeployedPipeline]:
        """Find a pipeline by its name, None being the default one; returns its name, too.

        Raises
        ------
        WrongUseError
            If there is none of that name, or none is the default.
        """
        pipelines = self.outputs.pipelines
        wanted = name or self.outputs.default_pipeline
        found = pipelines.get(wanted) or pipelines.get(wanted.replace("_", "-"))
        if found:
            return self.outputs.pipeline_of(found.arn), found
        there_are = f"There are {', '.join(pipelines)}." if pipelines else "There is none in this deployment."
        if not wanted:
            raise WrongUseError("No pipeline is named, and none is the default.", there_are, _NAME_ONE)
        raise WrongUseError(f"There is no pipeline {wanted!r}.", there_are, _NAME_ONE)

    def workflow(self, name: str) -> DeployedWorkflow:
        """Find a workflow.

        Raises
        ------
        NotDeployedError
            If the deployment has none.
        WrongUseError
            If there is none of that name.
        """
        workflows = self.outputs.workflows
        if not workflows:
            raise NotDeployedError(
                "There are no workflows in this deployment.",
                "The project had none when it was deployed, or an earlier version of sagestep deployed it.",
                f"Run `invoke up{self.target_flag}`.",
            )
        found = workflows.get(name.replace("-", "_"))
        if found is None:
            raise WrongUseError(
                f"There is no workflow {name!r}.",
                f"There are {', '.join(workflows)}.",
                "`invoke workflows` tells what each takes.",
            )
        return found

    def find(self, execution: str | None) -> str:
        """Find what the user calls an execution; None is the newest.

        A workflow that is a part of another has its name: the other, which began before it, is meant.

        Returns
        -------
        str
            Its ARN.

        Raises
        ------
        WrongUseError
            If nothing was ever started, or it names no execution of this deployment.
        """
        if execution is not None:
            return find_arn(execution, self.outputs)
        recent = self.recent(_RELATED)
        if not recent:
            raise WrongUseError(
                "There is no execution.",
                "Nothing was ever started.",
                f"Start one with `invoke run-pipeline{self.target_flag}`.",
            )
        name = recent[0].arn.rpartition(":")[2]
        return [execution.arn for execution in recent if execution.arn.rpartition(":")[2] == name][-1]

    def kind_of(self, arn: str) -> Kind:
        """Tell what an execution is an execution of."""
        return kind_of(arn, self.outputs)

    def short_name(self, arn: str) -> str:
        """Return the shortest thing that `find` takes for an execution."""
        return short_name(arn, self.outputs)

    def recent(self, limit: int) -> list[AnyExecution]:
        """List the newest executions of all kinds, a pipeline's only if it was not the state machine's."""
        workflows = map(self.executions_of, self.outputs.workflows)
        lists = [self.fan_outs(), *map(_without_items, (self.state_machine_executions(), *workflows))]
        # Side by side: one after the other, nine requests are most of what `invoke status` waits for.
        with ThreadPoolExecutor(max_workers=min(len(lists), _AT_ONCE)) as threads:
            listed = list(threads.map(lambda found: list(itertools.islice(found, limit)), lists))
        fan_outs, *others = listed
        named = {execution.name for execution in fan_outs}
        others = [[one for one in found if not is_of_fan_out(one.name, named)] for found in others]
        state_machines = sorted(itertools.chain(fan_outs, *others), key=_started, reverse=True)[:limit]
        # Nothing that began before the last of a full list can be among the newest.
        is_full = 0 < limit == len(state_machines)
        oldest = state_machines[-1].started if is_full else None
        pipelines: list[PipelineExecution] = []
        with ThreadPoolExecutor(max_workers=max(1, min(len(self.outputs.pipelines), _AT_ONCE))) as threads:
            for listed_ones in threads.map(
                lambda pipeline: self._started_alone(pipeline.name, limit, oldest),
                self.outputs.pipelines.values(),
            ):
                pipelines += listed_ones
        found: list[AnyExecution] = [*state_machines, *pipelines]
        return sorted(found, key=_started, reverse=True)[:limit]

    def _started_alone(
        self, pipeline_name: str, limit: int, oldest: datetime | None
    ) -> list[PipelineExecution]:
        """List a pipeline's newest executions that are not the state machine's, none older than a time."""
        found: list[PipelineExecution] = []
        for execution in self.connection.pipelines.executions(pipeline_name):
            if len(found) == limit or (oldest and execution.started < oldest):
                break
            if not is_of_state_machine(execution.display_name):
                found.append(execution)
        return found

    def state_machine_executions(self) -> Iterator[StateMachineExecution]:
        """List the executions of the state machine around the pipeline, the newest first; none without it."""
        arn = self.outputs.state_machine_arn
        return self.connection.state_machines.executions(arn) if arn else iter(())

    def fan_outs(self) -> Iterator[StateMachineExecution]:
        """List the executions of the fan-out's state machine, the newest first; none without it."""
        arn = self.outputs.fan_out_state_machine_arn
        return self.connection.state_machines.executions(arn) if arn else iter(())

    def fan_out_arn(self) -> str:
        """Return the fan-out's state machine; raises `NotDeployedError` if the deployment has none."""
        if not self.outputs.fan_out_state_machine_arn:
            raise NotDeployedError(
                "There is no fan-out in this deployment.",
                "An earlier version of sagestep made it.",
                f"Run `invoke up{self.target_flag}`.",
            )
        return self.outputs.fan_out_state_machine_arn

    def executions_of(
        self, workflow: str, status: StateMachineStatus | None = None
    ) -> Iterator[StateMachineExecution]:
        """List a workflow's executions, the newest first; all, or those that stand so."""
        return self.connection.state_machines.executions(self.workflow(workflow).state_machine_arn, status)


def _without_items(listed: Iterator[StateMachineExecution]) -> Iterator[StateMachineExecution]:
    """Leave out the items of fan-outs; of very many of them, those behind are not looked for."""
    items = 0
    for execution in listed:
        if not is_of_fan_out(execution.name):
            yield execution
        elif (items := items + 1) > _MOST_ITEMS:
            return


def _started(execution: AnyExecution) -> float:
    return execution.started.timestamp() if execution.started else 0.0
