"""Several executions side by side: which wait, which run, how each ended. Pure, but for the view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from rich.spinner import Spinner
from rich.text import Text

from driver.executions.input_files import InputFile
from driver.executions.parameters import Place
from driver.host.console import Console
from driver.host.wording import counted, describe_seconds


@dataclass(frozen=True, slots=True)
class Running:
    """An execution under way.

    Parameters
    ----------
    file
        What it works on.
    arn
        The execution's.
    place
        Where it puts its result.
    since
        When it began, in seconds of the clock that deadlines are kept by.
    """

    file: InputFile
    arn: str
    place: Place
    since: float


class End(Enum):
    """How an input's work ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LEFT = "still runs"  # its deadline passed


@dataclass(frozen=True, slots=True)
class Ended:
    """An input that is done.

    `execution` is its ARN, empty if none was started; `path` is where the result is, None without one;
    `reason` says why there is none; `doubt` warns of a result with many rows that have no address.
    """

    file: InputFile
    end: End
    execution: str = ""
    seconds: float = 0.0
    rows: int = 0
    path: Path | None = None
    reason: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """All inputs of one command: those that wait, run (by ARN), and have ended, each in their order."""

    waiting: tuple[InputFile, ...]
    running: Mapping[str, Running] = field(default_factory=dict)
    ended: tuple[Ended, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to wait for."""
        return not (self.waiting or self.running)

    def startable(self, parallel: int) -> tuple[InputFile, ...]:
        """Return the inputs that may be started now, if `parallel` executions may run at once."""
        return self.waiting[: max(0, parallel - len(self.running))]

    def overdue(self, now: float, timeout: float) -> tuple[Running, ...]:
        """Return the executions that have run longer than `timeout` seconds."""
        return tuple(one for one in self.running.values() if now - one.since >= timeout)

    def start(self, started: Running) -> Batch:
        """Add the execution of an input."""
        return replace(
            self,
            waiting=tuple(file for file in self.waiting if file is not started.file),
            running={**self.running, started.arn: started},
        )

    def end(self, ended: Ended) -> Batch:
        """Move an input to those that ended."""
        return Batch(
            tuple(file for file in self.waiting if file is not ended.file),
            {arn: one for arn, one in self.running.items() if one.file is not ended.file},
            (*self.ended, ended),
        )


_MARKS = {End.SUCCEEDED: ("✓", "green"), End.FAILED: ("✗", "red"), End.LEFT: ("!", "yellow")}
_COLUMNS = ("Input", "End", "Rows", "Took", "Result")


class BatchView:
    """Shows several executions: each when it ends, and how many are left."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._batch = Batch(())
        self._spinner = Spinner("dots")

    @contextmanager
    def shown(self) -> Iterator[Callable[[Batch], None]]:
        """Show them while they run; yields what is to be told of each news."""
        if not self._console.is_terminal:
            yield self.on_news
            return
        with self._console.repainted(self._paint):
            yield self.on_news

    def on_news(self, batch: Batch) -> None:
        """Take in how they stand."""
        before, self._batch = self._batch, batch
        for arn, one in batch.running.items():
            if arn not in before.running and not self._console.is_terminal:
                self._console.news(f"· {one.file.name}: started")
        for ended in batch.ended[len(before.ended) :]:
            mark, style = _MARKS[ended.end]
            rows = f"  {counted(ended.rows, 'row')}" if ended.path else ""
            took = f"  {describe_seconds(ended.seconds)}" if ended.execution else ""
            self._console.news(f"{mark} {ended.file.name}: {ended.end.value}{rows}{took}", style)

    def _paint(self) -> Spinner:
        """Draw the last line; called in rich's thread, hence the one look at what is known."""
        batch = self._batch
        running = ", ".join(one.file.path.name for one in batch.running.values())
        state = f"{len(batch.ended)} of {self._total} done; running: {running or 'none yet'}"
        self._spinner.update(text=Text(state, overflow="ellipsis", no_wrap=True))
        return self._spinner


def summary(
    ended: Sequence[Ended], short_name: Callable[[str], str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write the columns and rows of the table at the end; an input without a result names its execution."""
    rows: list[tuple[str, ...]] = [
        (
            one.file.name,
            one.end.value,
            str(one.rows) if one.path else "",
            describe_seconds(one.seconds) if one.execution else "",
            f"{one.path.parent.name}/{one.path.name}"
            if one.path
            else one.execution and short_name(one.execution),
        )
        for one in ended
    ]
    return _COLUMNS, rows
