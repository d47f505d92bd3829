"""What the terminal shows while an execution of a workflow is followed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.spinner import Spinner
from rich.text import Text

from driver.executions.outcomes import describe_failure
from driver.executions.waits import LOCAL_SECONDS, LongWaits, waits_of_workflow
from driver.executions.workflow.happenings import Happening, Visit, What
from driver.executions.workflow.timeline import Timeline
from driver.executions.workflow.watch import Progress
from driver.host.console import Console
from driver.host.wording import describe_duration, describe_seconds

_WORTH_A_LINE = {"Task", "Map", "Parallel"}  # the others are over as soon as they are entered, or only wait
_NAMED = 3  # running states that are named
_BRANCHES = {
    What.ITERATION_SUCCEEDED: ("✓", "succeeded", "green"),
    What.ITERATION_FAILED: ("✗", "failed", "red"),
    What.ITERATION_ABORTED: ("■", "aborted", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of news."""

    text: str
    style: str = ""


class WorkflowView:
    """An execution of a workflow: each state as it is entered, retried, left.

    Parameters
    ----------
    console
        Where it is shown.
    name
        The execution's.
    timeline
        What is known; whoever watches adds to it.
    clock
        Monotonic time in seconds.
    long_wait
        For how many seconds a state waits until that is told.
    advice
        What to do then.
    now
        The time of day, aware.
    """

    def __init__(
        self,
        console: Console,
        name: str,
        timeline: Timeline,
        clock: Callable[[], float] = time.monotonic,
        *,
        long_wait: float = LOCAL_SECONDS,
        advice: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._waits = LongWaits(long_wait)
        self._advice = advice
        self._now = now
        self._console = console
        self._name = name
        self._timeline = timeline
        self._clock = clock
        self._began = clock()
        self._doing = "starting"
        self._spinner = Spinner("dots")

    @contextmanager
    def shown(self) -> Iterator[Callable[[Progress], None]]:
        """Show the execution while it is followed; yields what is to be told of each look with news."""
        if not self._console.is_terminal:
            yield self.on_news
            return
        with self._console.repainted(self._paint):
            yield self.on_news

    def on_news(self, progress: Progress) -> None:
        """Take in what a look brought."""
        for line in describe_news(progress.happenings):
            self._console.news(line.text, line.style)
        reads = f"reading its history, {progress.waiting} events so far" if progress.waiting else ""
        self._doing = reads or describe_running(self._timeline.running)

    def on_look(self) -> None:
        """Tell what has waited unusually long by now; also where a look has brought no news."""
        for wait in self._waits.new(waits_of_workflow(self._timeline.running, self._now())):
            self._console.news(f"! {wait}{self._advice and f'; {self._advice}'}", "yellow")

    def _paint(self) -> Spinner:
        """Draw the last line; called in rich's thread, hence a text that was made before."""
        elapsed = describe_seconds(self._clock() - self._began)
        self._spinner.update(text=Text(f"{self._name}: {self._doing}  {elapsed}"))
        return self._spinner


def describe_news(happenings: tuple[Happening, ...]) -> list[Line]:
    """Write what happened, a line for each.

    A state that is entered and left between two looks has one line. One that is come back to, as in a loop
    that waits, is told the first time only, unless it fails. What happens in a nested execution is indented.
    """
    left = {(h.visit.place, h.visit.number) for h in happenings if h.what in {What.LEFT, What.CAUGHT}}
    lines: list[Line] = []
    for happening in happenings:
        is_over = (happening.visit.place, happening.visit.number) in left
        if not (is_over and happening.what is What.ENTERED):
            indent = "    " * happening.depth
            lines += [Line(indent + line.text, line.style) for line in _describe(happening)]
    return lines


def describe_running(running: list[Visit]) -> str:
    """Write in a few words what is being done."""
    inner = [visit for visit in running if visit.kind not in {"Map", "Parallel"}] or running
    named = [
        visit.place
        + (f" ({visit.job})" if visit.job else "")
        + (f", time {visit.number}" if visit.number > 1 else "")
        for visit in inner[:_NAMED]
    ]
    more = len(inner) - _NAMED
    return ", ".join([*named, *([f"and {more} more"] if more > 0 else [])]) or "between states"


def _describe(happening: Happening) -> list[Line]:
    visit, what = happening.visit, happening.what
    where = f"{visit.place} ({visit.kind})"
    took = describe_duration(visit.entered, happening.time)
    is_first = visit.number == 1
    text, style, more = "", "", ""
    match what:
        case What.ENTERED if visit.kind == "Fail":
            text, style = f"✗ {where}", "red"
        case What.ENTERED if is_first and visit.kind in _WORTH_A_LINE:
            text = f"· {where}: running"
        case What.SUBMITTED if is_first or visit.attempts > 1:
            text = f"· {where}: started {visit.job}"
        case What.FAILED:
            attempt = f"attempt {visit.attempts} " if visit.kind == "Task" else ""
            text, style = f"! {where}: {attempt}failed", "yellow"
            more = describe_failure(visit.error, visit.cause)
        case What.RETRIED:
            text = f"· {where}: attempt {visit.attempts}"
        case What.CAUGHT:
            text, style = f"! {where}: its failure was caught  {took}", "yellow"
        case What.ABORTED:
            text, style = f"■ {where}: aborted  {took}", "yellow"
        case What.LEFT if is_first and visit.kind != "Choice":
            text, style = f"✓ {where}  {took}", "green"
        case What.ITERATION_SUCCEEDED | What.ITERATION_FAILED | What.ITERATION_ABORTED:
            mark, word, style = _BRANCHES[what]
            text = f"{mark} {visit.place}: {word}"
    return [Line(text, style), *(Line(f"    {line}", style) for line in more.splitlines())] if text else []
