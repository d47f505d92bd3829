"""Which font a PNG is written in: Pillow's own, or one of the system's where that lacks a character."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

# What Linux, macOS and Windows come with, those with the most scripts first; Pillow knows the folders.
_OF_THE_SYSTEM = (
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
)
_NOBODY_HAS = "\U000f0000"  # of a private area: what a font draws for it, it draws for all it lacks


def font_for(text: str, size: float) -> FreeTypeFont | ImageFont:
    """Choose the first font that has every character of a text, or else the one that has most.

    Parameters
    ----------
    text
        All that is to be written.
    size
        In pixels.

    Returns
    -------
    FreeTypeFont or ImageFont
        Pillow's own, unless it lacks something.
    """
    characters = frozenset(text) - {" "}
    best, fewest = None, len(characters) + 1
    for font in _fonts(size):
        lacking = _count_lacking(font, characters)
        if lacking < fewest:
            best, fewest = font, lacking
        if not fewest:
            break
    assert best is not None, "Pillow has a font of its own"
    return best


def _fonts(size: float) -> Iterator[FreeTypeFont | ImageFont]:
    from PIL import ImageFont  # noqa: PLC0415

    yield ImageFont.load_default(size)
    for name in _OF_THE_SYSTEM:
        try:
            yield ImageFont.truetype(name, size)
        except OSError:
            continue


def _count_lacking(font: FreeTypeFont | ImageFont, characters: frozenset[str]) -> int:
    missing = _drawn(font, _NOBODY_HAS)
    return sum(_drawn(font, character) == missing for character in characters)


@cache
def _drawn(font: FreeTypeFont | ImageFont, character: str) -> bytes:
    return bytes(font.getmask(character))
