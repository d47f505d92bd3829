"""Control characters in text that others wrote: shown, never obeyed.

A name, a reason or a line of a log may hold an escape sequence that clears the screen or fakes a line, or a
character that turns the order of the letters round (U+202E; CVE-2021-42574). A terminal would obey them.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})  # Unicode's general categories
_JOINERS = "\u200c\u200d"  # needed to write Persian and the scripts of India, and for some emoji
_UNUSUAL = re.compile(r"[^\n -~\u00a1-\u00ac\u00ae-\u02ff]")  # a quick look: most text has nothing else


def escaped(text: str) -> str:
    r"""Write control and format characters as JSON does, such as ``\u001b`` and ``\u202e``.

    Parameters
    ----------
    text
        Any text. Line feeds and the joiners U+200C and U+200D stay as they are. A JSON document stays one,
        with the same meaning.

    Returns
    -------
    str
        The text without characters of Unicode's categories Cc, Cf, Zl, Zp and Cs.
    """
    return _UNUSUAL.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) not in _INVISIBLE or character in _JOINERS:
        return character
    # Beyond U+FFFF JSON has a pair of surrogates (RFC 8259, section 7).
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
