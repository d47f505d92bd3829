"""Following a fan-out until it has ended: numbers of items, not a line for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from driver.executions.deployed import Deployed
from driver.executions.following import leaving, what_next
from driver.host.console import Console
from driver.host.wording import describe_duration
from driver.model.exceptions import DeadlineExceededError
from driver.model.values import MapRun, StateMachineExecution

# ListMapRuns and DescribeMapRun are refilled with one request a second for a whole account (docs/scale.md).
_AWS_SECONDS = 5.0
_PACE = 10.0  # seconds between two lines where nothing can be repainted


@dataclass(frozen=True, slots=True)
class FanOut:
    """A fan-out as it stands; `items` is None until its Map Run has begun."""

    execution: StateMachineExecution
    items: MapRun | None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, with all its items."""
        return self.execution.status.is_terminal and not (self.items and self.items.running)

    @property
    def summary(self) -> str:
        """How it ended, after how long, and how many items did how."""
        took = describe_duration(self.execution.started, self.execution.ended)
        return f"{self.execution.status} after {took}" + (f": {self.items}" if self.items else "")


def look_at(deployed: Deployed, arn: str) -> FanOut:
    """Ask how a fan-out stands; raises `WrongUseError` if there is none such."""
    states = deployed.connection.state_machines
    execution = states.describe(arn)
    return FanOut(execution, states.map_run(arn))


def follow_fan_out(
    deployed: Deployed, console: Console, arn: str, timeout: float, *, look_at_once: bool
) -> FanOut:
    """Show how many items wait, run, succeeded and failed until all have ended.

    `look_at_once`: see `Waiter.wait_for`.

    Raises
    ------
    DeadlineExceededError
        If it still runs after `timeout` seconds.
    InterruptedByUserError, NoAnswerError
        See `leaving`.
    """
    waiter = deployed.connection.waiter
    if deployed.deployment.endpoint_url is None:
        waiter = replace(waiter, backoff=replace(waiter.backoff, first=_AWS_SECONDS))
    told = float("-inf")

    def on_news(seen: FanOut) -> None:
        nonlocal told
        if not seen.items:
            return
        tell(str(seen.items))
        if not console.is_terminal and (seen.has_ended or waiter.clock() - told >= _PACE):
            told = waiter.clock()
            console.news(f"  {seen.items}")

    console.news(f"Fan-out execution {arn}")
    with leaving(deployed, arn, "fan-out"), console.progress("Items") as tell:
        waited = waiter.wait_for(
            lambda: look_at(deployed, arn),
            lambda seen: seen.has_ended,
            timeout,
            on_news,
            look_at_once=look_at_once,
        )
    if not waited.is_done:
        raise DeadlineExceededError(
            f"Fan-out {waited.last.execution.name} did not end within {timeout:g} seconds.",
            f"It stands so: {waited.last.items or waited.last.execution.status}.",
            f"{what_next(deployed, arn)}; --timeout sets another deadline.",
        )
    return waited.last
