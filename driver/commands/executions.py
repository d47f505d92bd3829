"""`invoke attach` and `invoke stop`: coming back to an execution, and ending it."""

from __future__ import annotations

from dataclasses import dataclass

from driver.commands.following import Deployed, Follower, open_deployment
from driver.console import Console
from driver.exceptions import WrongUseError
from driver.ports import Connect, Target
from driver.views import describe_execution
from driver.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Attach:
    """Follows an execution that somebody started."""

    workspace: Workspace
    target: Target
    connect: Connect
    console: Console

    def __call__(self, execution: str | None, timeout: float, rows: int) -> None:
        """Follow an execution (its ARN or id; None: the newest) and show its result."""
        deployed = open_deployment(self.workspace, self.target, self.connect)
        arn = _resolve(deployed, execution, self.workspace)
        self.console.say(f"Execution {arn}")
        Follower(self.workspace, self.console, deployed).finish(arn, timeout, rows)


@dataclass(frozen=True, slots=True)
class Stop:
    """Stops an execution and waits until it has stopped."""

    workspace: Workspace
    target: Target
    connect: Connect
    console: Console

    def __call__(self, execution: str | None, timeout: float) -> None:
        """Stop an execution (its ARN or id; None: the newest); one that has ended is left as it is."""
        deployed = open_deployment(self.workspace, self.target, self.connect)
        arn = _resolve(deployed, execution, self.workspace)
        before = deployed.connection.pipelines.progress(arn).execution
        if before.status.is_terminal:
            self.console.done(f"execution {before.id} has ended already: {describe_execution(before)}")
            return
        deployed.connection.pipelines.stop(arn)
        self.console.say(f"Stopping execution {arn}: its running steps end first")
        after = Follower(self.workspace, self.console, deployed).follow(arn, timeout).execution
        self.console.done(f"execution {after.id}: {describe_execution(after)}")


def _resolve(deployed: Deployed, execution: str | None, workspace: Workspace) -> str:
    arn = deployed.execution_arn(execution)
    if arn is None:
        raise WrongUseError(
            "There is no execution.",
            "The pipeline was never started.",
            f"Start it with `invoke run-pipeline{workspace.target_flag}`.",
        )
    return arn
