"""How wide text is, and how it is broken and cut: one answer for the layout, the SVG and the PNG. Pure.

The viewer chooses the font of an SVG. The widths here are those of DejaVu Sans, the widest of the usual
fonts, so that no text leaves its box.
"""

from __future__ import annotations

import re
import unicodedata

LINE = 1.3  # height of a line, in sizes of the font
_ELLIPSIS = "…"
_WIDTHS = {
    0.28: "'ijl",
    0.3: "I",
    0.32: " ,.",
    0.34: "/:;\\|",
    0.36: "-f",
    0.39: "()[]",
    0.4: "!t",
    0.42: "r",
    0.46: '"',
    0.5: "_`",
    0.53: "?sz",
    0.55: "Jc",
    0.56: "*",
    0.58: "FLk",
    0.6: "vxy",
    0.61: "PY",
    0.62: "Taeo",
    0.64: "$0123456789ESbdghnpqu{}",
    0.66: "K",
    0.69: "ABVXZ",
    0.7: "CR",
    0.74: "U",
    0.75: "N",
    0.76: "H",
    0.77: "D",
    0.78: "&G",
    0.79: "OQ",
    0.82: "w",
    0.84: "#+<=>^~",
    0.87: "M",
    0.95: "%",
    0.98: "m",
    0.99: "W",
    1.0: "@",
}
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_OTHER = 1.0  # sizes of the font: as wide as anything that is not full-width
_WIDE = 1.2  # what East Asian scripts take, with room
# Where a word that is wider than a line is broken: after a sign, and before the next word of CamelCase.
_PIECES = re.compile(r"[^\s\W_]+?(?=[A-Z][a-z])|[^\s\W_]+|[\W_]")


def width(text: str, size: float) -> float:
    """Return how wide a text is at most, in the unit of the font's size."""
    return size * sum(_WIDTH_OF.get(character) or _other(character) for character in text)


def _other(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER


def cut(text: str, size: float, most: float) -> str:
    """Cut a text that is wider than it may be, and put an ellipsis where it was cut."""
    if width(text, size) <= most:
        return text
    room = most - width(_ELLIPSIS, size)
    while text and width(text, size) > room:
        text = text[:-1]
    return f"{text.rstrip()}{_ELLIPSIS}"


def wrap(text: str, size: float, most: float, lines: int) -> tuple[str, ...]:
    """Break a text into so many lines at most, each at most so wide in the unit of the size; cut the rest.

    A word is broken only if it is wider than a line; blanks of any kind and number count as one.
    """
    pieces = [piece for word in text.split() for piece in _pieces(word, size, most)]
    done: list[str] = []
    line = ""
    for number, piece in enumerate(pieces):
        if line and width((line + piece).rstrip(), size) > most:
            if len(done) == lines - 1:
                line += "".join(pieces[number:])
                break
            done.append(line.rstrip())
            line = ""
        line += piece
    done.append(line.rstrip())
    return tuple(cut(part, size, most) for part in done)


def _pieces(word: str, size: float, most: float) -> list[str]:
    """Split a word that is too wide for a line; a blank follows the last piece."""
    pieces = _PIECES.findall(word) if width(word, size) > most else [word]
    return [*pieces[:-1], f"{pieces[-1]} "]
