"""All that the driver says, and the one question it asks.

Results and progress go to standard output, errors to standard error. Bars, spinners and repainting happen
only on a terminal; elsewhere each piece of news is one whole line. Colours follow NO_COLOR.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO

from rich.console import Console as Terminal
from rich.console import RenderableType
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from driver.exceptions import ConfirmationRequiredError, DeclinedError, SagestepError

_NEVER_CUT = 20  # characters in a cell of a table
_WIDTH_OF_A_FILE = 200  # where nothing says how wide a line may be


class Console:
    """The terminal, or the file or pipe in its place.

    Parameters
    ----------
    out, err
        Where results and errors go.
    ask
        Puts a question and returns the answer; None where nobody is there to answer.
    """

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        ask: Callable[[str], str] | None = None,
    ) -> None:
        stream = out or sys.stdout
        is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        width = None if is_terminal or os.environ.get("COLUMNS") else _WIDTH_OF_A_FILE
        self._out = Terminal(file=stream, highlight=False, width=width)
        self._err = Terminal(file=err or sys.stderr, highlight=False, width=width)
        self._ask = ask or (input if sys.stdin.isatty() and is_terminal else None)
        self.is_terminal = is_terminal

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line as it is: nothing in it is markup, and nothing breaks it."""
        self._out.print(Text(text, style), soft_wrap=True)

    def line(self, text: str, style: str = "") -> None:
        """Print a line that is cut where the terminal ends."""
        self._out.print(Text(text, style), no_wrap=True, overflow="ellipsis")

    def aside(self, text: str) -> None:
        """Print to standard error what is neither a result nor an error."""
        self._err.print(Text(text), soft_wrap=True)

    def done(self, text: str) -> None:
        """Print that something worked."""
        self._out.print(Text.assemble(("✓ ", "green"), text), soft_wrap=True)

    def warn(self, text: str) -> None:
        """Print something the user should know though nothing failed."""
        self._out.print(Text.assemble(("! ", "yellow"), text), soft_wrap=True)

    def error(self, error: SagestepError) -> None:
        """Print an error: what happened, why, and what to do next."""
        self._err.print(Text.assemble(("✗ ", "red bold"), (error.what, "bold")), soft_wrap=True)
        for line in (*error.why.splitlines(), *error.next_step.splitlines()):
            self._err.print(Text(f"  {line}"), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; where it is too wide, the widest cells are cut."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        lines = [[" ".join(cell.split()) for cell in row] for row in rows]
        for number, column in enumerate(columns):
            width = max((len(line[number]) for line in lines if number < len(line)), default=0)
            table.add_column(Text(column), no_wrap=width <= _NEVER_CUT)
        for line in lines:
            table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in line))
        self._out.print(table)

    def confirm(self, question: str) -> None:
        """Ask for a yes.

        Raises
        ------
        ConfirmationRequiredError
            If there is no terminal to ask on.
        DeclinedError
            If the answer is anything but yes.
        """
        if self._ask is None:
            raise ConfirmationRequiredError(
                "This needs a confirmation.",
                "There is no terminal to ask on.",
                "Add --yes if you are sure.",
            )
        try:
            answer = self._ask(f"{question} [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in {"y", "yes"}:
            raise DeclinedError("Nothing was done.", "You did not say yes.")

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that something is going on."""
        if not self.is_terminal:
            self.say(f"{text} …")
            yield
            return
        with self._out.status(Text(f"{text} …")):
            yield

    @contextmanager
    def transfer(self, text: str, size: int) -> Iterator[Callable[[int], None]]:
        """Show how many bytes of a file went; yields what is to be told of each piece."""
        if not self.is_terminal:
            self.say(text)
            yield lambda _: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=self._out, transient=True) as progress:
            task = progress.add_task(text.replace("[", r"\["), total=size)
            yield lambda count: progress.advance(task, count)
        self.say(text)

    def repainted(self, paint: Callable[[], RenderableType]) -> AbstractContextManager[object]:
        """Keep a few lines below everything printed up to date; only for a terminal."""
        return Live(
            get_renderable=paint,
            console=self._out,
            refresh_per_second=8,
            transient=True,
            redirect_stderr=False,
        )
