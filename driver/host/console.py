"""All that the driver prints, and the questions it asks.

Results and progress go to standard output, errors to standard error. Bars, spinners and repainting appear
only on a terminal, where long lines are broken between words; elsewhere each step of progress is one line.
Colours follow NO_COLOR. With `--json`
standard output holds one JSON document and nothing else.

Control characters in names, reasons and logs are always escaped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import IO, TextIO

from rich.console import Console as Terminal
from rich.console import ConsoleOptions, RenderableType
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from driver.host.control_characters import escaped
from driver.host.wording import fitted
from driver.model.exceptions import ConfirmationRequiredError, DeclinedError, SagestepError

_NEVER_CUT = 20  # characters in a cell of a table
_WIDTH_OF_A_FILE = 200  # where nothing says how wide a line may be


@dataclass(frozen=True, slots=True)
class Voice:
    """What is printed.

    `is_quiet` leaves out progress. `is_verbose` tells each request to AWS and each command of Terraform, on
    standard error. With `is_json` a program reads standard output and expects a JSON document; with
    `gives_values` a program reads it in any case, as a shell does in `eval "$(invoke env)"`.
    """

    is_quiet: bool = False
    is_verbose: bool = False
    is_json: bool = False
    gives_values: bool = False


class SafeTerminal(Terminal):
    """A terminal of rich's in which no text that is printed can move the cursor.

    In a notebook it writes to its file, too: rich would show all as an output of the cell.
    """

    def __init__(self, file: IO[str], width: int | None) -> None:
        super().__init__(file=file, highlight=False, width=width, force_jupyter=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Lay out a renderable, with its control characters escaped."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(escaped(text), style)

    def fitted(self, text: str) -> str:
        """Break long lines between words; in a file or pipe they stay whole."""
        return fitted(text, self.width) if self.is_terminal else text

    def marked(self, mark: str, mark_style: str, text: str, style: str = "") -> None:
        """Print text behind a mark, and below itself where it is broken."""
        first, *more = self.fitted(f"{mark} {text}").split("\n")
        body = "\n".join([first.removeprefix(f"{mark} "), *more])
        self.print(Text.assemble((f"{mark} ", mark_style), (body, style)), soft_wrap=True)


class Console:
    """The terminal, or the file or pipe in its place.

    `out` takes results, `err` errors. `ask` puts a question and returns the answer; by default `input` does
    on a terminal, and nothing elsewhere.
    """

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        ask: Callable[[str], str] | None = None,
        voice: Voice = Voice(),
    ) -> None:
        self._voice = voice
        self._arguments = (out, err, ask)
        self._documents = out or sys.stdout
        is_for_program = voice.is_json or voice.gives_values
        stream = (err or sys.stderr) if is_for_program else self._documents
        is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        width = None if is_terminal or os.environ.get("COLUMNS") else _WIDTH_OF_A_FILE
        self._out = SafeTerminal(stream, width)
        self._err = SafeTerminal(err or sys.stderr, width)
        put = ask or (input if sys.stdin.isatty() and is_terminal else None)
        self._ask = put and (lambda question: put(escaped(question)))
        self.is_terminal = is_terminal
        self._is_working = False  # a terminal shows one thing that goes on; what is within it becomes a line

    @property
    def asks(self) -> Callable[[str], str] | None:
        """What puts a question and returns the answer; None without a terminal."""
        return self._ask

    @property
    def speaks_json(self) -> bool:
        """Whether a program reads standard output."""
        return self._voice.is_json

    def hushed(self) -> Console:
        """Return the same console without progress, for a part of work whose progress is shown already."""
        out, err, ask = self._arguments
        return Console(out, err, ask, replace(self._voice, is_quiet=True))

    def say(self, text: str = "", style: str = "") -> None:
        """Print lines, without markup."""
        self._out.print(Text(self._out.fitted(text), style), soft_wrap=True)

    def quote(self, text: str, style: str = "") -> None:
        """Print a line that others wrote, such as a log's: it is not broken, so that it can be copied."""
        self._out.print(Text(text, style), soft_wrap=True)

    def news(self, text: str, style: str = "") -> None:
        """Print a line of progress, as `say` does."""
        if not self._voice.is_quiet:
            self.say(text, style)

    def detail(self, text: str) -> None:
        """Print to standard error what `--verbose` adds."""
        if self._voice.is_verbose:
            self._err.print(Text(f"→ {text}", "dim"), soft_wrap=True)

    def present(self, document: Mapping[str, object], show: Callable[[], None]) -> None:
        """Give the result of a task that reads: as a JSON document, or as `show` prints it."""
        if self._voice.is_json:
            self.give(escaped(json.dumps(document, indent=2, ensure_ascii=False)))
        else:
            show()

    def give(self, text: str) -> None:
        """Write a line unchanged for the program that reads standard output."""
        self._documents.write(f"{text}\n")
        self._documents.flush()

    def line(self, text: str, style: str = "") -> None:
        """Print a line, cut at the terminal's width."""
        self._out.print(Text(text, style), no_wrap=True, overflow="ellipsis")

    def aside(self, text: str) -> None:
        """Print to standard error what is neither a result nor an error."""
        self._err.print(Text(self._err.fitted(text)), soft_wrap=True)

    def done(self, text: str) -> None:
        """Print that something worked."""
        if not self._voice.is_quiet:
            self._out.marked("✓", "green", text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._out.marked("!", "yellow", text)

    def error(self, error: SagestepError) -> None:
        """Print an error: what happened, why, and what to do next."""
        self._err.marked("✗", "red bold", error.what, "bold")
        for line in (*error.why.splitlines(), *error.next_step.splitlines()):
            self._err.print(Text(self._err.fitted(f"  {line}")), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; if it is too wide, its widest cells are cut."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        columns, *lines = ([escaped(" ".join(cell.split())) for cell in row] for row in (columns, *rows))
        for number, column in enumerate(columns):
            width = max((len(line[number]) for line in lines if number < len(line)), default=0)
            table.add_column(Text(column), no_wrap=width <= _NEVER_CUT)
        for line in lines:
            table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in line))
        self._out.print(table)

    def draw(self, picture: RenderableType) -> None:
        """Print what rich lays out itself, such as a tree, as wide as the terminal is."""
        self._out.print(picture)

    def confirm(self, question: str) -> None:
        """Ask for a yes; raises `DeclinedError` at any other answer."""
        if not self.agrees(question):
            raise DeclinedError("Nothing was done.", "You did not say yes.")

    def confirm_typed(self, question: str) -> None:
        """Ask for the whole word yes, where a `y` too many cannot be taken back; raises as `confirm` does."""
        try:
            answer = self._answer(f"{question} Only yes is accepted:")
        except EOFError:
            answer = ""
        if answer.lower() != "yes":
            raise DeclinedError("Nothing was done.", "You did not type yes.")

    def agrees(self, question: str, *, by_default: bool = False) -> bool:
        """Ask a question of yes or no; an empty answer means `by_default`, any other than yes means no.

        Raises `ConfirmationRequiredError` without a terminal to ask on.
        """
        try:
            answer = self._answer(f"{question} [{'Y/n' if by_default else 'y/N'}]").lower()
        except EOFError:  # Ctrl-D is a no, whatever the default
            return False
        return answer in {"y", "yes"} if answer else by_default

    def _answer(self, question: str) -> str:
        if self._ask is None:
            raise ConfirmationRequiredError(
                "This needs a confirmation.",
                "There is no terminal to ask on.",
                "Add --yes if you are sure.",
            )
        return self._ask(f"{self._out.fitted(question)} ").strip()

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that something is going on."""
        if not self.is_terminal or self._voice.is_quiet or self._is_working:
            self.news(f"{text} …")
            yield
            return
        self._is_working = True
        try:
            with self._out.status(Text(f"{text} …", no_wrap=True, overflow="ellipsis")):
                yield
        finally:
            self._is_working = False

    @contextmanager
    def progress(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show that something is going on; yields a function to call with what is done at the moment."""
        if not self.is_terminal or self._voice.is_quiet or self._is_working:
            self.news(f"{text} …")
            yield self.detail
            return
        self._is_working = True
        try:
            with self._out.status(Text(f"{text} …")) as status:
                yield lambda detail: status.update(
                    Text(f"{text}: {detail}", no_wrap=True, overflow="ellipsis")
                )
        finally:
            self._is_working = False

    @contextmanager
    def transfer(self, text: str, size: int) -> Iterator[Callable[[int], None]]:
        """Show how many bytes of a file are transferred; yields a function to call with each piece's size."""
        if not self.is_terminal or self._voice.is_quiet:
            self.news(text)
            yield lambda _: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=self._out, transient=True) as progress:
            task = progress.add_task(text.replace("[", r"\["), total=size)
            yield lambda count: progress.advance(task, count)
        self.say(text)

    def repainted(self, paint: Callable[[], RenderableType]) -> AbstractContextManager[object]:
        """Keep a few lines below all printed lines up to date; only on a terminal."""
        if self._voice.is_quiet:
            return nullcontext()
        return Live(
            get_renderable=paint,
            console=self._out,
            refresh_per_second=8,
            transient=True,
            redirect_stderr=False,
        )
