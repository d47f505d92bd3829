"""Control characters in text that others wrote are shown, not sent to the terminal.

A name, a reason or a line of a log may hold an escape sequence that clears the screen or fakes a line, or a
character that reverses the order of letters (U+202E; CVE-2021-42574).
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})  # Unicode's general categories
_JOINERS = "\u200c\u200d"  # needed to write Persian and the scripts of India, and for some emoji
_UNUSUAL = re.compile(r"[^\n -~\u00a1-\u00ac\u00ae-\u02ff]")  # most text has none: a fast first look


_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")  # ECMA-48: CSI, and two characters


def without_escapes(text: str) -> str:
    """Leave out escape sequences, such as colours; each carriage return begins a line."""
    return _SEQUENCES.sub("", text.replace("\r", "\n"))


def escaped(text: str) -> str:
    r"""Write control and format characters as JSON does, such as ``\u001b`` and ``\u202e``.

    These are the characters of Unicode's categories Cc, Cf, Zl, Zp and Cs, without line feeds and the joiners
    U+200C and U+200D. A JSON document stays one, with the same meaning.
    """
    return _UNUSUAL.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _INVISIBLE or character in _JOINERS:
        return character
    # Beyond U+FFFF JSON has a pair of surrogates (RFC 8259, section 7).
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
