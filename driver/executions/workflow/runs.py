"""An execution of a workflow from here to its end: followed, its output shown, stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass

from driver.deployments.workspace import Workspace
from driver.executions.deployed import Deployed
from driver.executions.names import workflow_of
from driver.executions.outcomes import where_logs_are
from driver.executions.workflow.timeline import Timeline
from driver.executions.workflow.view import WorkflowView
from driver.executions.workflow.watch import Watch, describe_end
from driver.host.console import Console
from driver.host.wording import describe_duration
from driver.model.exceptions import DeadlineExceededError, ExecutionFailedError, InterruptedByUserError
from driver.model.status import StateMachineStatus


@dataclass(frozen=True, slots=True)
class WorkflowRuns:
    """Executions of one deployment's workflows.

    Parameters
    ----------
    workspace
        Where the local cloud's log is.
    console
        Where it is told.
    deployed
        The deployment.
    """

    workspace: Workspace
    console: Console
    deployed: Deployed

    def finish(self, arn: str, timeout: float, *, look_at_once: bool) -> dict[str, object]:
        """Follow an execution to its end and show its output.

        Parameters
        ----------
        arn
            The execution.
        timeout
            Seconds until it must have ended.
        look_at_once
            False if it was started just now.

        Returns
        -------
        dict
            Its output; empty if that is no object.

        Raises
        ------
        ExecutionFailedError
            If it ended otherwise than well; it names the states that failed, and why.
        DeadlineExceededError
            If it still runs at the deadline.
        InterruptedByUserError
            If Ctrl-C is pressed; the execution goes on.
        """
        self.console.news(f"Workflow execution {arn}")
        timeline = self._follow(arn, timeout, look_at_once=look_at_once)
        name, end = self.deployed.short_name(arn), timeline.end
        if end is None or end.status is not StateMachineStatus.SUCCEEDED:
            raise self._failed(arn, timeline)
        took = describe_duration(timeline.started, end.time)
        self.console.done(f"workflow {name}: {end.status}{f' after {took}' if took else ''}")
        output = json.loads(end.output or "null")
        self.console.say(json.dumps(output, indent=2, ensure_ascii=False))
        return output if isinstance(output, dict) else {}

    def stop(self, arn: str, timeout: float) -> None:
        """Stop an execution, which stops the job it waits for, and wait until it has ended."""
        state_machines, name = self.deployed.connection.state_machines, self.deployed.short_name(arn)
        status = state_machines.describe(arn).status
        if status.is_terminal:
            self.console.done(f"execution {name} has ended already: {status}")
            return
        self.console.news(f"Stopping execution {name}")
        state_machines.stop(arn)
        timeline = self._follow(arn, timeout, look_at_once=False)
        self.console.done(f"execution {name}: {timeline.status}")

    def _follow(self, arn: str, timeout: float, *, look_at_once: bool) -> Timeline:
        connection, name = self.deployed.connection, self.deployed.short_name(arn)
        watch = Watch(connection.state_machines, arn)
        flags = f"--execution {name}{self.deployed.target_flag}"
        come_back = f"`invoke attach {flags}` comes back to it, `invoke stop {flags}` stops it"
        long_wait, advice = self.deployed.long_wait()
        view = WorkflowView(self.console, name, watch.timeline, long_wait=long_wait, advice=advice)
        try:
            with view.shown() as on_news:
                has_ended = watch.follow(
                    connection.waiter, timeout, on_news, on_look=view.on_look, look_at_once=look_at_once
                )
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                f"You left execution {name}.", "It goes on running.", f"{come_back}."
            ) from error
        if not has_ended:
            raise DeadlineExceededError(
                f"Execution {name} did not end within {timeout:g} seconds.",
                f"It is {watch.timeline.status} still.",
                f"{come_back}; --timeout sets another deadline.",
            )
        return watch.timeline

    def _failed(self, arn: str, timeline: Timeline) -> ExecutionFailedError:
        outputs, name = self.deployed.outputs, self.deployed.short_name(arn)
        reason = describe_end(timeline)
        if timeline.status is StateMachineStatus.ABORTED:
            return ExecutionFailedError(f"Execution {name} was stopped.", reason or "It has no output.")
        groups = [outputs.workflows[workflow_of(arn, outputs)].log_group_name]
        groups += sorted({visit.log_group for visit in timeline.failures})
        return ExecutionFailedError(
            f"Execution {name} ended {timeline.status}.",
            reason or "AWS gives no reason.",
            where_logs_are(
                self.deployed.deployment,
                groups,
                self.workspace.directory,
                f"{name}{self.deployed.target_flag}",
            ),
        )
