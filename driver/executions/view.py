"""What the terminal shows while an execution is followed: each state and each step as it changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.spinner import Spinner
from rich.text import Text

from driver.executions.trace import Change, ChangeKind, Outcome, Span
from driver.executions.waits import LOCAL_SECONDS, LongWaits, waits_of
from driver.executions.watching import Progress, Watch
from driver.host.console import Console
from driver.host.wording import counted, describe_duration, describe_seconds

# How each outcome is marked wherever the terminal shows it.
MARKS = {
    Outcome.SUCCEEDED: ("✓", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.CAUGHT: ("!", "yellow"),
    Outcome.STOPPED: ("■", "yellow"),
    Outcome.RUNNING: ("▶", "blue"),
    Outcome.CACHED: ("=", "cyan"),
}
_UNDER_WAY = ("·", "")
_WORTH_A_LINE = {"Task", "Map", "Parallel"}  # the others exit as soon as they are entered, or only wait
_NAMED = 3  # running states that are named
_ENDINGS = {Outcome.SUCCEEDED: "succeeded", Outcome.FAILED: "failed", Outcome.STOPPED: "aborted"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of news."""

    text: str
    style: str = ""


class ExecutionView:
    """Shows an execution while it is followed.

    Parameters
    ----------
    console
        Where it is shown.
    watch
        What is known of the execution; whoever follows it adds to that.
    clock
        Monotonic time in seconds.
    long_wait, advice
        After how many seconds a wait is told, and what to do then.
    now
        The time of day, aware.
    """

    def __init__(
        self,
        console: Console,
        watch: Watch,
        clock: Callable[[], float] = time.monotonic,
        *,
        long_wait: float = LOCAL_SECONDS,
        advice: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._console = console
        self._watch = watch
        self._clock = clock
        self._waits = LongWaits(long_wait)
        self._advice = advice
        self._now = now
        self._began = clock()
        self._state = f"{watch.name}: starting"
        self._spinner = Spinner("dots")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the last line, on a terminal, while the execution is followed."""
        with self._console.repainted(self._paint) if self._console.is_terminal else nullcontext():
            yield

    def on_look(self, progress: Progress) -> None:
        """Tell what a look brought, and what has waited unusually long by now."""
        for line in describe_changes(progress.changes):
            self._console.news(line.text, line.style)
        self._state = describe_watch(self._watch)
        if progress.has_ended:
            return
        for wait in self._waits.new(waits_of(self._watch.running, self._watch.last_step_ended, self._now())):
            self._console.news(f"! {wait}{self._advice and f'; {self._advice}'}", "yellow")

    def _paint(self) -> Spinner:
        """Draw the last line; called in rich's thread, hence a text that was made before."""
        took = describe_seconds(self._clock() - self._began)
        self._spinner.update(text=Text(f"{self._state}  {took}", no_wrap=True, overflow="ellipsis"))
        return self._spinner


def describe_watch(watch: Watch) -> str:
    """Write in a few words how an execution stands."""
    if watch.unread:
        doing = f"reading its history, {counted(watch.unread, 'event')} so far"
    elif watch.running:
        doing = describe_running(watch.running)
    elif watch.has_ended:
        doing = "its last steps"
    else:
        doing = "between two steps" if watch.has_begun else "starting"
    return f"{watch.name} {watch.status}: {doing}"


def describe_running(running: Sequence[Span]) -> str:
    """Name what runs, with the jobs it waits for."""
    inner = [span for span in running if span.kind not in {"Map", "Parallel"}] or running
    named = [
        span.place
        + (f" ({span.resource})" if span.resource else "")
        + (f", time {span.number}" if span.number > 1 else "")
        for span in inner[:_NAMED]
    ]
    more = len(inner) - _NAMED
    return ", ".join([*named, *([f"and {more} more"] if more > 0 else [])])


def describe_changes(changes: Sequence[Change]) -> list[Line]:
    """Write what is new, a line for each change.

    A state that is entered and exited between two looks has one line. One that is entered again, as in a loop
    that waits, is told the first time only, unless it fails. What belongs to a nested execution is indented.
    """
    exited = {_key(change) for change in changes if change.kind is ChangeKind.EXITED}
    lines: list[Line] = []
    for change in changes:
        if change.kind is not ChangeKind.ENTERED or _key(change) not in exited:
            indent = "    " * change.depth
            lines += [Line(indent + line.text, line.style) for line in _describe(change)]
    return lines


def _key(change: Change) -> tuple[int, str, int]:
    return change.depth, change.span.place, change.span.number


def _describe(change: Change) -> list[Line]:
    span = change.span
    where, is_first = f"{span.place} ({span.kind or 'step'})", span.number == 1
    took = f"  {describe_duration(span.started, change.time)}"
    mark, style = _UNDER_WAY if span.outcome is Outcome.RUNNING else MARKS[span.outcome]
    text, reason = "", ""
    match change.kind:
        case ChangeKind.STATUS:
            text, reason = f"{where}: {span.status}{took if span.ended else ''}", span.reason
        case ChangeKind.ENTERED if span.kind == "Fail":
            text = where
        case ChangeKind.ENTERED if is_first and span.kind in _WORTH_A_LINE:
            text = f"{where}: running"
        case ChangeKind.SUBMITTED if is_first or span.attempts > 1:
            text = f"{where}: started {span.resource}"
        case ChangeKind.FAILED:
            mark, style = MARKS[Outcome.CAUGHT]
            attempt = f"attempt {span.attempts} " if span.kind == "Task" else ""
            text, reason = f"{where}: {attempt}failed", span.reason
        case ChangeKind.RETRIED:
            text = f"{where}: attempt {span.attempts}"
        case ChangeKind.EXITED if span.outcome is Outcome.CAUGHT:
            text = f"{where}: its failure was caught{took}"
        case ChangeKind.EXITED if span.outcome is Outcome.STOPPED:
            text = f"{where}: aborted{took}"
        case ChangeKind.EXITED if is_first and span.kind != "Choice":
            text = f"{where}{took}"
        case ChangeKind.ITERATION_ENDED:
            text = f"{span.place}: {_ENDINGS[span.outcome]}"
    if not text:
        return []
    return [Line(f"{mark} {text}", style), *(Line(f"    {line}", style) for line in reason.splitlines())]
