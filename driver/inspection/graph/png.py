"""Painting a scene as PNG, at twice its size, with Pillow."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from driver.inspection.graph.drawing import draw
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.palette import DARK, LIGHT, Colours
from driver.inspection.graph.runs import Runs
from driver.inspection.graph.scene import (
    Box,
    Circle,
    Group,
    Item,
    Line,
    Point,
    Role,
    Scene,
    Shape,
    Words,
    between,
    corners,
)

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
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


_SCALE = 2.0  # pixels of the picture to one of the scene
_SMOOTHING = 2  # drawn larger by this, and then made smaller: Pillow draws shapes with hard edges
_MOST_PIXELS = 16e6  # 200 MB while it is painted
_DASH, _GAP = 5.0, 4.0  # px of the scene
_CURVE = 6  # straight pieces to a rounded corner


def png(graph: Graph, runs: Runs | None = None, *, is_dark: bool = False, is_titled: bool = True) -> bytes:
    """Draw a graph as PNG.

    Parameters
    ----------
    graph
        The definition's.
    runs
        The execution it is coloured by; None draws the definition alone.
    is_dark
        Whether it is light on dark.
    is_titled
        Whether its title is written above it.

    Returns
    -------
    bytes
        The file. What no font at hand has a glyph for is an empty box.
    """
    return paint(draw(graph, runs, is_titled=is_titled), DARK if is_dark else LIGHT)


def paint(scene: Scene, colours: dict[Role, Colours], most_pixels: float = _MOST_PIXELS) -> bytes:
    """Paint a scene in the colours given; one that would have more pixels is painted smaller."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only who asks for a PNG waits for it

    scale = min(_SCALE, math.sqrt(most_pixels / (scene.width * scene.height)))
    width, height = math.ceil(scene.width * scale), math.ceil(scene.height * scale)
    ground = colours[Role.SURFACE].fill
    image = Image.new("RGB", (width * _SMOOTHING, height * _SMOOTHING), ground)
    painter = _Painter(ImageDraw.Draw(image), scale * _SMOOTHING, colours)
    words = painter.shapes(scene.items)
    image = image.reduce(_SMOOTHING)
    # Text has soft edges of its own; nothing lies on top of it.
    _Painter(ImageDraw.Draw(image), scale, colours).texts(words, "".join(scene.texts()))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


class _Painter:
    """Paints on an image that is larger than the scene by a scale."""

    def __init__(self, image: ImageDraw, scale: float, colours: dict[Role, Colours]) -> None:
        self._image = image
        self._scale = scale
        self._colours = colours

    def shapes(self, items: Iterable[Item]) -> list[Words]:
        """Paint all but the texts, and return those."""
        left: list[Words] = []
        for item in items:
            match item:
                case Group():
                    left += self.shapes(item.items)
                case Words():
                    left.append(item)
                case Box():
                    self._box(item)
                case Circle():
                    self._circle(item)
                case Line():
                    self._line(item)
                case Shape():
                    self._image.polygon([self._at(point) for point in item.points], self._ink(item.role))
        return left

    def texts(self, words: Iterable[Words], every_text: str) -> None:
        """Paint texts, all in one font."""
        fonts = {size: font_for(every_text, size * self._scale) for size in {item.size for item in words}}
        for item in words:
            anchor = "ms" if item.is_centred else "ls"  # middle or left, on the baseline
            place = self._at((item.x, item.y))
            self._image.text(place, item.text, self._ink(item.role), fonts[item.size], anchor)

    def _box(self, box: Box) -> None:
        colours = self._colours[box.role]
        place = self._place(box.x, box.y, box.x + box.width, box.y + box.height)
        outline = colours.line if box.is_outlined and not box.is_dashed else None
        self._image.rounded_rectangle(place, box.radius * self._scale, colours.fill, outline, self._px(1.5))
        if box.is_outlined and box.is_dashed:
            x, y, right, low = box.x, box.y, box.x + box.width, box.y + box.height
            # From the middle of one side all the way round, so that every corner is a bend.
            middle = (x + box.width / 2, y)
            around = (middle, (right, y), (right, low), (x, low), (x, y), middle)
            self._line(Line(around, box.role, is_dashed=True, radius=box.radius))

    def _circle(self, circle: Circle) -> None:
        x, y, radius = circle.x, circle.y, circle.radius
        place, ink = self._place(x - radius, y - radius, x + radius, y + radius), self._ink(circle.role)
        if circle.is_filled:
            self._image.ellipse(place, ink)
        else:
            self._image.ellipse(place, None, ink, self._px(1.5))

    def _line(self, line: Line) -> None:
        points = list(_bent(line))
        pieces = _dashed(points) if line.is_dashed else [points]
        for piece in pieces:
            ends = [self._at(point) for point in piece]
            self._image.line(ends, self._ink(line.role), self._px(line.width), "curve")

    def _ink(self, role: Role) -> str:
        return self._colours[role].line

    def _px(self, length: float) -> int:
        return max(1, round(length * self._scale))

    def _at(self, point: Point) -> Point:
        return point[0] * self._scale, point[1] * self._scale

    def _place(self, left: float, top: float, right: float, low: float) -> tuple[Point, Point]:
        return self._at((left, top)), self._at((right, low))


def _bent(line: Line) -> Iterator[Point]:
    """Go along a line, its corners in straight pieces so short that they look round."""
    yield line.points[0]
    for corner in corners(line):
        for step in range(_CURVE + 1):
            part = step / _CURVE
            first, middle, last = (1 - part) ** 2, 2 * part * (1 - part), part**2
            x, y = (
                first * corner.enter[axis] + middle * corner.at[axis] + last * corner.leave[axis]
                for axis in (0, 1)
            )
            yield x, y
    yield line.points[-1]


def _dashed(points: list[Point]) -> Iterator[list[Point]]:
    """Cut a line into its dashes, which go round corners."""
    dash, left, is_drawn = [points[0]], _DASH, True
    for start, end in itertools.pairwise(points):
        here = start
        while (rest := math.dist(here, end)) > left:
            here = between(here, end, left)
            if is_drawn:
                yield [*dash, here]
            dash, is_drawn = [here], not is_drawn
            left = _DASH if is_drawn else _GAP
        left -= rest
        dash.append(end)
    if is_drawn and len(dash) > 1:
        yield dash
