"""`invoke attach`, `invoke stop` and `invoke executions`: coming back to executions, ending, listing them."""

from __future__ import annotations

import math

from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.executions.finishing import Finisher
from driver.executions.following import Follower, look
from driver.executions.listing import show_recent
from driver.executions.names import Kind
from driver.executions.watching import Seen
from driver.executions.workflow.runs import WorkflowRuns
from driver.host.wording import describe_execution
from driver.model.exceptions import DeadlineExceededError


class Attach(Command):
    """Follows an execution that somebody started."""

    def __call__(self, execution: str | None, timeout: float, rows: int) -> None:
        """Follow an execution (its ARN or name; None: the newest) and show its result."""
        deployed = self.deployed
        arn = deployed.find(execution)
        if deployed.kind_of(arn) is Kind.WORKFLOW:
            WorkflowRuns(self.workspace, self.console, deployed).finish(arn, timeout, look_at_once=True)
            return
        seen = deployed.seen(arn)
        seen = Follower(self.console, deployed).follow(seen, timeout, is_introduced=True)
        Finisher(self.workspace, self.console, deployed).finish(seen, rows)


class Stop(Command):
    """Stops an execution and waits until it has stopped."""

    def __call__(self, execution: str | None, timeout: float) -> None:
        """Stop an execution (its ARN or name; None: the newest) and the pipeline that belongs to it.

        Parameters
        ----------
        execution
            One that has ended is left as it is.
        timeout
            Seconds until all of it must have ended.
        """
        deployed = self.deployed
        arn = deployed.find(execution)
        if deployed.kind_of(arn) is Kind.WORKFLOW:
            WorkflowRuns(self.workspace, self.console, deployed).stop(arn, timeout)
            return
        connection, follower = deployed.connection, Follower(self.console, deployed)
        seen = look(connection, deployed.seen(arn))
        if self._has_ended(deployed, seen):
            self.console.done(f"execution {seen.name} has ended already: {_describe_end(seen)}")
            return
        self.console.news(f"Stopping execution {seen.name}: running steps end first")
        if seen.state_machine_arn and not seen.has_ended:
            connection.state_machines.stop(seen.state_machine_arn)
            if not seen.pipeline_arn:  # it may have been starting just then
                seen = follower.follow(seen, timeout, grace=0, look_at_once=False)
        if seen.pipeline_arn:
            connection.pipelines.stop(seen.pipeline_arn)
        seen = follower.follow(seen, timeout, grace=math.inf, look_at_once=False)
        if not seen.is_complete:
            pipeline = Seen(pipeline_arn=seen.pipeline_arn)
            raise DeadlineExceededError(
                f"The pipeline of execution {seen.name} did not stop within {timeout:g} seconds.",
                "A step that waits for its callback ends only when it is answered.",
                f"{follower.come_back(pipeline)}; --timeout sets another deadline.",
            )
        self.console.done(f"execution {seen.name}: {_describe_end(seen)}")

    @staticmethod
    def _has_ended(deployed: Deployed, seen: Seen) -> bool:
        """Tell whether there is nothing left to stop: a pipeline may outlive its state machine."""
        if not seen.has_ended or not seen.state_machine_arn or not seen.pipeline_arn:
            return seen.has_ended
        return deployed.connection.pipelines.describe(seen.pipeline_arn).status.is_terminal


class Executions(Command):
    """Lists the recent executions."""

    def __call__(self, limit: int) -> None:
        """Show at most so many, the newest first."""
        show_recent(self.deployed, self.console, limit)


def _describe_end(seen: Seen) -> str:
    """Write how an execution ended, and its pipeline if that was looked at."""
    ends = [f"{describe_execution(seen.state_machine)}"] if seen.state_machine else []
    if seen.pipeline:
        ends.append(f"{'pipeline ' if ends else ''}{describe_execution(seen.pipeline)}")
    return ", ".join(ends)
