"""What the terminal shows while an execution is watched: the state machine and the pipeline's steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.spinner import Spinner
from rich.text import Text

from driver.executions.waits import LOCAL_SECONDS, LongWaits, waits_of_execution
from driver.executions.watching import Seen
from driver.host.console import Console
from driver.host.wording import describe_duration, describe_seconds
from driver.model.status import Status
from driver.model.values import Step

_MARKS = {Status.SUCCEEDED: "✓", Status.FAILED: "✗", Status.STOPPED: "■"}
_STYLES = {Status.SUCCEEDED: "green", Status.FAILED: "red", Status.STOPPED: "yellow"}


class ExecutionView:
    """An execution: each step's state as it changes.

    Parameters
    ----------
    console
        Where it is shown.
    seen
        What is known before the first look.
    clock
        Monotonic time in seconds.
    long_wait
        For how many seconds a step waits until that is told.
    advice
        What to do then.
    now
        The time of day, aware.
    """

    def __init__(
        self,
        console: Console,
        seen: Seen,
        clock: Callable[[], float] = time.monotonic,
        *,
        long_wait: float = LOCAL_SECONDS,
        advice: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._console = console
        self._clock = clock
        self._waits = LongWaits(long_wait)
        self._advice = advice
        self._now = now
        self._began = clock()
        self._seen = seen
        self._spinner = Spinner("dots")

    @contextmanager
    def shown(self) -> Iterator[Callable[[Seen], None]]:
        """Show the execution while it is watched; yields what is to be told of each news."""
        if not self._console.is_terminal:
            yield self.on_news
            return
        with self._console.repainted(self._paint):
            yield self.on_news

    def on_news(self, seen: Seen) -> None:
        """Take in what has been seen by now."""
        before, self._seen = self._seen, seen
        if seen.pipeline_arn and not before.pipeline_arn:
            self._console.news(f"Pipeline execution {seen.pipeline_arn}")
        statuses = {step.name: step.status for step in before.steps}
        for step in seen.steps:
            if statuses.get(step.name) is not step.status:
                self._announce(step)

    def on_look(self, seen: Seen) -> None:
        """Tell what has waited unusually long by now; also where a look has brought no news."""
        for wait in self._waits.new(waits_of_execution(seen, self._now())):
            self._console.news(f"! {wait}{self._advice and f'; {self._advice}'}", "yellow")

    def _announce(self, step: Step) -> None:
        took = f"  {describe_duration(step.started, step.ended)}" if step.status.is_terminal else ""
        mark, style = _MARKS.get(step.status, "·"), _STYLES.get(step.status, "")
        self._console.news(f"{mark} {step.name} ({step.type or 'step'}): {step.status}{took}", style)
        if step.reason:
            self._console.news(f"    {step.reason}", style)

    def _paint(self) -> Spinner:
        """Draw the last line; called in rich's thread, hence the one look at what was seen."""
        elapsed = describe_seconds(self._clock() - self._began)
        self._spinner.update(text=Text(f"{describe_seen(self._seen)}  {elapsed}"))
        return self._spinner


def describe_seen(seen: Seen) -> str:
    """Write in a few words how an execution stands."""
    running = ", ".join(step.name for step in seen.steps if not step.status.is_terminal)
    doing = running or ("its last steps" if seen.has_ended else "between steps" if seen.steps else "starting")
    if not seen.state_machine_arn:
        return f"{seen.pipeline.status if seen.pipeline else 'Pipeline'}: {doing}"
    state_machine = f"State machine {seen.state_machine.status}" if seen.state_machine else "State machine"
    if seen.pipeline and (seen.has_ended or seen.pipeline.status is not Status.EXECUTING):
        return f"{state_machine}, pipeline {seen.pipeline.status}: {doing}"
    return f"{state_machine}: {doing}"
