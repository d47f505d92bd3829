import io
import math

import pytest
from PIL import Image, ImageFont

from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.drawing import draw
from driver.inspection.graph.palette import DARK, LIGHT
from driver.inspection.graph.png import _CHARACTERS_OF_FONT, _FONT, paint, png
from driver.inspection.graph.runs import runs_of
from driver.inspection.graph.scene import Box, Line, Role, Scene, Words
from driver.inspection.graph.text import width
from tests.unit.driver.inspection.graph.machines import machine, task
from tests.unit.driver.inspection.graph.traces import polled


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def test_it_is_twice_the_size_of_the_scene() -> None:
    graph = graph_of("a", machine(A=task()))
    scene, image = draw(graph), opened(png(graph))
    assert image.format is None
    assert image.size == (math.ceil(scene.width) * 2, math.ceil(scene.height) * 2)


def test_boxes_have_the_colours_of_their_outcomes() -> None:
    trace = polled()
    graph, runs = graph_of(trace.subject, trace.definition), runs_of(trace)
    for is_dark, colours in ((False, LIGHT), (True, DARK)):
        painted = {colour for _, colour in opened(png(graph, runs, is_dark=is_dark)).getcolors(1 << 24) or ()}
        for role in (Role.SURFACE, Role.SUCCEEDED, Role.CAUGHT, Role.RUNNING):
            assert rgb(colours[role].fill) in painted, role


def test_a_picture_too_large_for_memory_is_painted_smaller() -> None:
    scene = Scene(1200, 600, "large", "", (Box(0, 0, 1200, 600, Role.SURFACE),))
    image = opened(paint(scene, LIGHT, most_pixels=1e5))
    assert 0.95e5 <= image.width * image.height <= 1.05e5
    assert image.width == pytest.approx(2 * image.height, abs=2)


def test_dashes_leave_gaps() -> None:
    def inked(*, is_dashed: bool) -> int:
        line = Line(((0, 10), (90, 10), (90, 50)), Role.INK, is_dashed=is_dashed, radius=5)
        image = opened(paint(Scene(100, 60, "", "", (line,)), LIGHT))
        return sum(
            count for count, colour in image.getcolors(1 << 24) or () if colour == rgb(LIGHT[Role.INK].line)
        )

    assert 0.4 < inked(is_dashed=True) / inked(is_dashed=False) < 0.7


def test_the_font_we_bring_fits_into_what_the_layout_reckoned() -> None:
    text = 'The quick brown fox: JUMPS [over] 13 "lazy" dogs & more_than-that'
    for size in (11.0, 14.0, 22.0):
        font = ImageFont.truetype(str(_FONT), size)
        for character in text:
            assert font.getlength(character) <= width(character, size) + 1


def test_the_font_we_bring_has_every_character_that_no_other_font_is_asked_for() -> None:
    font = ImageFont.truetype(str(_FONT), 14)
    missing = bytes(font.getmask("\U000f0000"))
    assert _CHARACTERS_OF_FONT
    assert not [sign for sign in _CHARACTERS_OF_FONT - {" "} if bytes(font.getmask(sign)) == missing]


def written(text: str) -> set[tuple[int, int]]:
    """Paint one line of text; gives the pixels that have ink."""
    words = Words(5, 20, text, 14, Role.INK, is_centred=False)
    ground = Box(0, 0, 200, 30, Role.SURFACE, is_outlined=False)
    image = opened(paint(Scene(200, 30, "", "", (ground, words)), LIGHT)).convert("L")
    return {divmod(place, image.width) for place, shade in enumerate(image.tobytes()) if shade < 128}


def test_a_text_is_painted_in_letters() -> None:
    assert written("A") != written("B")
    assert 20 < len(written("A")) < 400
    assert written("") == set()


def test_a_text_that_the_font_we_bring_lacks_is_painted_too_if_only_as_boxes() -> None:
    assert written("\u00f6\u00df")
    assert written("\u65e5\u672c")
