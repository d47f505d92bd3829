import io

import pytest
from PIL import Image, ImageFont

from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.drawing import draw
from driver.inspection.graph.palette import DARK, LIGHT
from driver.inspection.graph.png import font_for, png
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
    assert image.size == pytest.approx((scene.width * 2, scene.height * 2), abs=1)


def test_boxes_have_the_colours_of_their_outcomes() -> None:
    trace = polled()
    graph, runs = graph_of(trace.subject, trace.definition), runs_of(trace)
    for is_dark, colours in ((False, LIGHT), (True, DARK)):
        painted = {colour for _, colour in opened(png(graph, runs, is_dark=is_dark)).getcolors(1 << 24) or ()}
        for role in (Role.SURFACE, Role.SUCCEEDED, Role.CAUGHT, Role.RUNNING):
            assert rgb(colours[role].fill) in painted, role


def test_a_picture_too_large_for_memory_is_painted_smaller() -> None:
    from driver.inspection.graph.png import paint

    scene = Scene(1200, 600, "large", "", (Box(0, 0, 1200, 600, Role.SURFACE),))
    image = opened(paint(scene, LIGHT, most_pixels=1e5))
    assert 0.95e5 <= image.width * image.height <= 1.05e5
    assert image.width == pytest.approx(2 * image.height, abs=2)


def test_dashes_leave_gaps() -> None:
    from driver.inspection.graph.png import paint

    def inked(*, is_dashed: bool) -> int:
        line = Line(((0, 10), (90, 10), (90, 50)), Role.INK, is_dashed=is_dashed, radius=5)
        image = opened(paint(Scene(100, 60, "", "", (line,)), LIGHT))
        return sum(
            count for count, colour in image.getcolors(1 << 24) or () if colour == rgb(LIGHT[Role.INK].line)
        )

    assert 0.4 < inked(is_dashed=True) / inked(is_dashed=False) < 0.7


def test_the_built_in_font_fits_into_what_the_layout_reckoned() -> None:
    text = 'The quick brown fox: JUMPS [over] 13 "lazy" dogs & more_than-that'
    for size in (11.0, 14.0, 22.0):
        for character in text:
            assert ImageFont.load_default(size).getlength(character) <= width(character, size) + 1


def test_a_name_in_another_script_is_written_in_a_font_that_has_it_if_there_is_one() -> None:
    built_in = font_for("plain", 14)
    assert built_in.getname()[0] == "Aileron"  # type: ignore[union-attr] # scalable, as Pillow has FreeType
    words = Words(5, 20, "größe", 14, Role.INK, is_centred=False)
    assert font_for(words.text, 14).getbbox(words.text)[2] > 0
