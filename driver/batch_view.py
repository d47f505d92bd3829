"""What the terminal shows of several executions side by side: a line each, and a table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.spinner import Spinner
from rich.text import Text

from driver.batches import Batch, End, Ended
from driver.console import Console
from driver.views import counted, describe_seconds

_MARKS = {End.SUCCEEDED: ("✓", "green"), End.FAILED: ("✗", "red"), End.LEFT: ("!", "yellow")}
_COLUMNS = ("Input", "End", "Rows", "Took", "Result")


class BatchView:
    """Several executions: each as it ends, and how many there still are.

    Parameters
    ----------
    console
        Where it is shown.
    total
        How many inputs there are.
    """

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
            rows = f"  {counted(ended.rows, 'row')}" if ended.end is End.SUCCEEDED else ""
            took = f"  {describe_seconds(ended.seconds)}" if ended.execution else ""
            self._console.news(f"{mark} {ended.file.name}: {ended.end.value}{rows}{took}", style)

    def _paint(self) -> Spinner:
        """Draw the last line; called in rich's thread, hence the one look at what is known."""
        batch = self._batch
        running = ", ".join(one.file.path.name for one in batch.running.values())
        state = f"{len(batch.ended)} of {self._total} done; running: {running or 'none yet'}"
        self._spinner.update(text=Text(state, overflow="ellipsis", no_wrap=True))
        return self._spinner


def summary(ended: Sequence[Ended]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Write the columns and rows of the table at the end; an input without a result names its execution."""
    rows: list[tuple[str, ...]] = [
        (
            one.file.name,
            one.end.value,
            str(one.rows) if one.path else "",
            describe_seconds(one.seconds) if one.execution else "",
            f"{one.path.parent.name}/{one.path.name}" if one.path else one.execution,
        )
        for one in ended
    ]
    return _COLUMNS, rows
