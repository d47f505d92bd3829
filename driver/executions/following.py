"""Following an execution until it has ended."""

from __future__ import annotations

from dataclasses import dataclass

from driver.executions.deployed import Deployed
from driver.executions.view import ExecutionView
from driver.executions.watching import Progress, Watch
from driver.host.console import Console
from driver.model.exceptions import DeadlineExceededError, InterruptedByUserError

# Seconds from the end of a state machine to that of its pipeline. After a success the pipeline only notes the
# end of its last step; after a failure it is stopped, and a running step may take its time to end.
GRACE = 60.0


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows executions of one deployment."""

    console: Console
    deployed: Deployed

    def follow(
        self,
        watch: Watch,
        timeout: float,
        *,
        grace: float = GRACE,
        look_at_once: bool = True,
        is_introduced: bool = False,
    ) -> Watch:
        """Show an execution until it and what belongs to it have ended.

        Parameters
        ----------
        watch
            The execution, and what is known of it.
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
        Watch
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
                self.console.news(f"{watch.kind.capitalize()} execution {watch.arn}")
            self._wait(watch, timeout, grace, look_at_once=look_at_once)
        except KeyboardInterrupt as error:
            raise InterruptedByUserError(
                f"You left execution {watch.name}.", "It goes on running.", f"{self._what_next(watch)}."
            ) from error
        if not watch.has_ended:
            raise DeadlineExceededError(
                f"Execution {watch.name} did not end within {timeout:g} seconds.",
                f"It is still {watch.status}.",
                f"{self._what_next(watch)}; --timeout sets another deadline.",
            )
        return watch

    def come_back(self, arn: str) -> str:
        """Say how to follow an execution again."""
        return f"`{self._command('attach', arn)}` comes back to it"

    def _what_next(self, watch: Watch) -> str:
        return f"{self.come_back(watch.arn)}, `{self._command('stop', watch.arn)}` stops it"

    def _command(self, task: str, arn: str) -> str:
        return f"invoke {task} --execution {self.deployed.short_name(arn)}{self.deployed.target_flag}"

    def _wait(self, watch: Watch, timeout: float, grace: float, *, look_at_once: bool) -> None:
        """Look until it has ended, then until all that belongs to it has ended and was seen."""
        waiter = self.deployed.connection.waiter
        deadline = waiter.clock() + timeout
        long_wait, advice = self.deployed.long_wait()
        view = ExecutionView(self.console, watch, long_wait=long_wait, advice=advice)

        def look() -> Progress:
            progress = watch.look()
            view.on_look(progress)
            return progress

        with view.shown():
            ended = waiter.wait_for(look, lambda seen: seen.has_ended, timeout, look_at_once=look_at_once)
            if ended.is_done and not ended.last.is_complete:
                left = min(grace, deadline - waiter.clock())
                waiter.wait_for(look, lambda seen: seen.is_complete, left, look_at_once=False)
