"""Painting a graph as PNG: its SVG in one palette, rendered by resvg at twice its size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from driver.inspection.graph.drawing import draw
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.palette import DARK, LIGHT, Colours
from driver.inspection.graph.runs import Runs
from driver.inspection.graph.scene import Role, Scene
from driver.inspection.graph.svg import write_svg

_FONT = Path(__file__).with_name("fonts") / "Aileron-Regular.ttf"
_CHARACTERS_OF_FONT = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«°±´·»‘’“”…‹›⁄™")  # noqa: RUF001
# What Linux, macOS and Windows come with, those with the most scripts first. resvg takes the first one that
# is installed, and other fonts for what that one lacks.
_OF_THE_SYSTEM = (
    "Noto Sans CJK JP, Arial Unicode MS, Microsoft YaHei, DejaVu Sans, Liberation Sans, Noto Sans, Arial"
)
_SCALE = 2.0  # pixels of the picture to one of the scene
_MOST_PIXELS = 16e6  # 64 MB while it is painted


def png(graph: Graph, runs: Runs | None = None, *, is_dark: bool = False) -> bytes:
    """Draw a graph as PNG, coloured by an execution if one is given.

    A character that no font of this machine has is an empty box.
    """
    return paint(draw(graph, runs), DARK if is_dark else LIGHT)


def paint(scene: Scene, colours: Mapping[Role, Colours], most_pixels: float = _MOST_PIXELS) -> bytes:
    """Paint a scene in the colours given; one that would have more pixels is painted smaller."""
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - only who asks for a PNG waits for it

    is_font_enough = _CHARACTERS_OF_FONT.issuperset("".join(scene.texts()))
    family = "Aileron" if is_font_enough else f"{_OF_THE_SYSTEM}, Aileron"
    return svg_to_bytes(
        svg_string=write_svg(scene, "graph", colours, family),
        zoom=min(_SCALE, math.sqrt(most_pixels / (scene.width * scene.height))),
        font_files=[str(_FONT)],
        skip_system_fonts=is_font_enough,
    )
