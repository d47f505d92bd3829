"""A command line that cannot be understood: our own sentences and exit code, for `invoke` and `sagestep`.

invoke words these errors for those who write tasks, and ends with 1. A flag that may be given several times,
such as `--input`, it drops if it has no value. It has no hook for this, and has loaded `tasks.py` before it
parses what stands behind a task's name: so its machine is replaced.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, NoReturn

from invoke.exceptions import Exit, ParseError
from invoke.parser import parser
from invoke.parser.context import ParserContext, to_flag

from driver.cli.command import WRONG_USE, WRONG_USE_OF
from driver.host.wording import fitted, terminal_columns

_SURE = 0.75  # how alike a word is to one that is meant


class CommandLineError(Exit, ParseError):
    """A command line that cannot be understood: invoke prints it and ends with its code."""

    def __init__(self, text: str, context: ParserContext | None, code: int) -> None:
        Exit.__init__(self, None, code)
        self.args = (text,)
        self.context = context


class Machine(parser.ParseMachine):
    """invoke's own, which says what is wrong as commands do."""

    def handle(self, token: str) -> None:
        """Take the next word."""
        self._word = token
        super().handle(token)

    def complete_flag(self) -> None:
        """End a flag; it must have got its value."""
        flag: Any = self.flag
        if flag and flag.kind is list and not self.flag_got_value:
            self.error("needed value")
        super().complete_flag()

    def check_ambiguity(self, value: str) -> bool:
        """Refuse what may be the value of a flag or a task."""
        try:
            return bool(super().check_ambiguity(value))
        except ParseError as error:
            self._refuse(f"{error}.", "", "")

    def error(self, msg: str) -> NoReturn:
        """Say what is wrong, from what invoke says."""
        task = self.context.name if self.context else None
        help_ = f"`invoke {task} --help` lists its flags." if task else "`invoke --help` lists all flags."
        flag: Any = self.flag
        if flag and "needed value" in msg:
            takes = f"It takes: {(flag.help or 'a value').rstrip('.')}."
            self._refuse(f"{to_flag(flag.names[0])} needs a value.", takes, help_)
        if "No idea" not in msg:
            self._refuse(msg, "", help_)
        word = self._word.partition("=")[0]
        if word.startswith("-"):
            what = f"{task} has no flag {word}." if task else f"invoke has no flag {word}."
            self._refuse(what, _close(word, self.context.flags if self.context else ()), help_)
        if task:
            self._refuse(f"{task} does not take {word!r}.", "It is no task either.", help_)
        self._refuse(f"There is no task {word}.", _close(word, self.contexts), "`invoke --list` shows all.")

    def _refuse(self, *lines: str) -> NoReturn:
        what, *more = filter(None, lines)
        text = "\n".join([f"✗ {what}", *(f"  {line}" for line in more)])
        name = self.context.name if self.context else ""
        code = WRONG_USE_OF.get(name or "", WRONG_USE)
        raise CommandLineError(fitted(text, terminal_columns()), self.context, code)


Machine._class_states = parser.ParseMachine._class_states  # a subclass of a state machine begins with none
Machine._class_transitions = parser.ParseMachine._class_transitions


def word_errors() -> None:
    """Have invoke use the machine."""
    parser.ParseMachine = Machine  # type: ignore[misc]


def _close(word: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(known), 1, _SURE)
    return f"Did you mean {found[0]}?" if found else ""
