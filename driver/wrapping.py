"""Breaking texts into lines between words, as wide as the terminal."""

from __future__ import annotations

import shutil
import textwrap

WIDEST = 80  # columns of running text; longer lines are hard to read


def terminal_columns() -> int:
    """Return the width of the terminal, or what COLUMNS says; 80 where neither tells."""
    return shutil.get_terminal_size((WIDEST, 24)).columns


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> str:
    """Break a text into lines.

    Parameters
    ----------
    text
        Words; how many spaces are between them does not matter.
    width
        The longest line; a word that does not fit, such as an address, is longer.
    first, rest
        What the first line and the others begin with.
    """
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
