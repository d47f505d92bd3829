"""Finds and stops executions that need what is about to be destroyed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from driver.deployments.groups import PIPELINE, STATE_MACHINES
from driver.executions.deployed import Deployed
from driver.executions.names import is_of_state_machine
from driver.host.console import Console
from driver.model.exceptions import DeadlineExceededError
from driver.model.status import StateMachineStatus
from driver.model.values import AnyExecution, Outputs, PipelineExecution, StateMachineExecution
from driver.terraform.state import ManagedResource

_STOP_SECONDS = 300.0
_LISTED = 100  # executions of each kind that are looked at; the running ones are among the newest


def still_there(outputs: Outputs, resources: Iterable[ManagedResource]) -> Outputs:
    """Leave out of the outputs what an earlier, incomplete `invoke down` has destroyed."""
    ids = {resource.id for resource in resources}
    workflows, pipelines = outputs.workflows.items(), outputs.pipelines.items()
    return replace(
        outputs,
        pipelines={name: pipeline for name, pipeline in pipelines if pipeline.name in ids},
        state_machine_arn=outputs.state_machine_arn if outputs.state_machine_arn in ids else "",
        fan_out_state_machine_arn=(
            outputs.fan_out_state_machine_arn if outputs.fan_out_state_machine_arn in ids else ""
        ),
        workflows={name: workflow for name, workflow in workflows if workflow.state_machine_arn in ids},
    )


@dataclass(frozen=True, slots=True)
class Stopper:
    """Stops the executions that need what is destroyed.

    `deployed` is what is still there, see `still_there`; `going` names the groups that are destroyed.
    """

    deployed: Deployed
    going: Collection[str]
    console: Console

    def running(self) -> list[AnyExecution]:
        """List what is to be stopped."""
        return [*self._state_machines(), *self._pipelines()]

    def stop(self) -> None:
        """Stop executions: a callback whose queue is gone is never answered.

        State machines come first: after their ends no pipeline is started any more.
        """
        state_machines, pipelines = (
            self.deployed.connection.state_machines,
            self.deployed.connection.pipelines,
        )
        self._stop_all(self._state_machines(), state_machines.stop, state_machines.describe)
        self._stop_all(self._pipelines(), pipelines.stop, pipelines.describe)

    def _state_machines(self) -> list[StateMachineExecution]:
        """List running executions: of fan-outs first, which start those of other state machines."""
        if STATE_MACHINES not in self.going:
            return []
        fan_outs = itertools.islice(self.deployed.fan_outs(), _LISTED)
        listed = itertools.islice(self.deployed.state_machine_executions(), _LISTED)
        running = [one for one in (*fan_outs, *listed) if not one.status.is_terminal]
        for name in self.deployed.outputs.workflows:
            running += self.deployed.executions_of(name, StateMachineStatus.RUNNING)
        return running

    def _pipelines(self) -> list[PipelineExecution]:
        """List running executions of pipelines, whoever started them; a state machine's end with it."""
        if not {PIPELINE, STATE_MACHINES} & set(self.going):
            return []
        running: list[PipelineExecution] = []
        for pipeline in self.deployed.outputs.pipelines.values():
            listed = itertools.islice(self.deployed.connection.pipelines.executions(pipeline.name), _LISTED)
            running += [execution for execution in listed if not execution.status.is_terminal]
        if PIPELINE in self.going:
            return running
        return [execution for execution in running if is_of_state_machine(execution.display_name)]

    def _stop_all(
        self,
        running: Sequence[AnyExecution],
        stop: Callable[[str], None],
        describe: Callable[[str], AnyExecution],
    ) -> None:
        for execution in running:
            stop(execution.arn)
        for execution in running:
            self._wait_until_stopped(execution.arn, describe)

    def _wait_until_stopped(self, arn: str, describe: Callable[[str], AnyExecution]) -> None:
        name = self.deployed.short_name(arn)
        with self.console.working(f"Stopping execution {name}"):
            waited = self.deployed.connection.waiter.wait_for(
                look=lambda: describe(arn),
                is_done=lambda seen: seen.status.is_terminal,
                timeout=_STOP_SECONDS,
            )
        if not waited.is_done:
            raise DeadlineExceededError(
                f"Execution {name} did not stop within {_STOP_SECONDS:.0f} seconds.",
                "A step that waits for its callback ends only when it is answered. Nothing was destroyed.",
                f"Look at it with `invoke attach --execution {name}{self.deployed.target_flag}`, "
                "then try again.",
            )
        self.console.done(f"execution {name} is {waited.last.status}")
