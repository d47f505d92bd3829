"""How numbers, durations, ends and long lines are put into words."""

from __future__ import annotations

import shutil
import textwrap
from datetime import datetime


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe_bytes(size: float) -> str:
    """Write a size, such as `312 MB` (a million bytes)."""
    for unit in ("bytes", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def describe_seconds(seconds: float) -> str:
    """Write a duration as a person would say it."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def describe_duration(started: datetime | None, ended: datetime | None) -> str:
    """Write how long something took; nothing while that is not known."""
    return describe_seconds((ended - started).total_seconds()) if started and ended else ""


WIDEST = 80  # columns of running text; longer lines are hard to read


def terminal_columns() -> int:
    """Return the width of the terminal, or what COLUMNS says; 80 where neither tells."""
    return shutil.get_terminal_size((WIDEST, 24)).columns


def fitted(text: str, width: int) -> str:
    """Break each line that is longer than `width` columns between words, and indent what follows by two more.

    Spaces within a line stay as they are. A longer word, such as an address, is not broken.
    """
    return "\n".join(broken for line in text.split("\n") for broken in _broken(line, width))


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        expand_tabs=False,
    )


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> str:
    """Break a text into lines of at most `width` columns; a longer word, such as an address, is not broken.

    `first` begins the first line, `rest` each other line.
    """
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
