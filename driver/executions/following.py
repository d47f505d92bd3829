"""Following an execution until it has ended: shared by run-pipeline, attach and stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from driver.aws.connection import Connection
from driver.executions.deployed import Deployed
from driver.executions.execution_view import ExecutionView
from driver.executions.watching import Request, Seen, next_request
from driver.host.console import Console
from driver.model.exceptions import DeadlineExceededError, InterruptedByUserError

# Seconds from the end of a state machine to that of its pipeline. After a success the pipeline only notes the
# end of its last step; after a failure it is stopped, and a running step may take its time to end.
GRACE = 60.0


def look(connection: Connection, seen: Seen) -> Seen:
    """Make the next request about an execution and add its answer; it is the only place that does."""
    match next_request(seen):
        case Request.STATE_MACHINE:
            return seen.with_state_machine(connection.state_machines.describe(seen.state_machine_arn))
        case Request.PIPELINE:
            return seen.with_pipeline(connection.pipelines.describe(seen.pipeline_arn))
        case Request.STEPS:
            return seen.with_steps(connection.pipelines.steps(seen.pipeline_arn))
        case None:
            return seen


def introduce(seen: Seen) -> str:
    """Write which execution is going to be followed."""
    if seen.state_machine_arn:
        return f"State machine execution {seen.state_machine_arn}"
    return f"Pipeline execution {seen.pipeline_arn}"


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows executions of one deployment.

    Parameters
    ----------
    console
        Where it is told.
    deployed
        The deployment.
    """

    console: Console
    deployed: Deployed

    def follow(
        self,
        seen: Seen,
        timeout: float,
        *,
        grace: float = GRACE,
        look_at_once: bool = True,
        is_introduced: bool = False,
    ) -> Seen:
        """Show an execution until it and what belongs to it have ended.

        Parameters
        ----------
        seen
            What to follow, and what is known of it.
        timeout
            Seconds until the deadline.
        grace
            Seconds that a pipeline may take longer than its state machine, within the deadline.
        look_at_once
            False if something was asked about it just now.
        is_introduced
            Whether to tell first which one it is.

        Returns
        -------
        Seen
            It has ended; its pipeline has not if that took longer than the grace.

        Raises
        ------
        DeadlineExceededError
            If it still runs at the deadline.
        InterruptedByUserError
            If Ctrl-C is pressed; the execution goes on.
        """
        try:
            if is_introduced:
                self.console.news(introduce(seen))
            long_wait, advice = self.deployed.long_wait()
            view = ExecutionView(self.console, seen, long_wait=long_wait, advice=advice)
            with view.shown() as on_news:
                seen = self._watch(
                    seen, timeout, grace, on_news, on_look=view.on_look, look_at_once=look_at_once
                )
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                f"You left execution {seen.name}.",
                "It goes on running.",
                f"{self.come_back(seen)}, {self._end_it(seen)}.",
            ) from error
        if not seen.has_ended:
            raise DeadlineExceededError(
                f"Execution {seen.name} did not end within {timeout:g} seconds.",
                f"It is {seen.status} still.",
                f"{self.come_back(seen)}, {self._end_it(seen)}; --timeout sets another deadline.",
            )
        return seen

    def come_back(self, seen: Seen) -> str:
        """Say how to follow it again."""
        return f"`{self._command('attach', seen)}` comes back to it"

    def _end_it(self, seen: Seen) -> str:
        return f"`{self._command('stop', seen)}` stops it"

    def _command(self, task: str, seen: Seen) -> str:
        name = self.deployed.short_name(seen.state_machine_arn or seen.pipeline_arn)
        return f"invoke {task} --execution {name}{self.deployed.target_flag}"

    def _watch(
        self,
        seen: Seen,
        timeout: float,
        grace: float,
        on_news: Callable[[Seen], None],
        *,
        on_look: Callable[[Seen], None],
        look_at_once: bool,
    ) -> Seen:
        """Look until it has ended, then until all that belongs to it has ended and was seen."""
        connection, watched = self.deployed.connection, seen
        waiter = connection.waiter
        deadline = waiter.clock() + timeout

        def look_again() -> Seen:
            nonlocal watched
            watched = look(connection, watched)
            on_look(watched)
            return watched

        ended = waiter.wait_for(
            look_again, lambda seen: seen.has_ended, timeout, on_news, look_at_once=look_at_once
        )
        if not ended.is_done or ended.last.is_complete:
            return ended.last
        left = min(grace, deadline - waiter.clock())
        return waiter.wait_for(
            look_again, lambda seen: seen.is_complete, left, on_news, look_at_once=False
        ).last
