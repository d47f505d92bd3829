import itertools
import re
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings

from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.palette import DARK, LIGHT, VARIABLES, Colours
from driver.inspection.graph.runs import runs_of
from driver.inspection.graph.scene import Role
from driver.inspection.graph.svg import svg
from tests.unit.driver.inspection.graph.machines import machine, state_machines, task
from tests.unit.driver.inspection.graph.traces import polled

OUTCOMES = (Role.SUCCEEDED, Role.FAILED, Role.CAUGHT, Role.STOPPED, Role.RUNNING, Role.CACHED)
SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> Element:
    return ET.fromstring(picture)  # noqa: S314 - written by the code under test


def texts(picture: str) -> list[str]:
    return [found.text or "" for found in parsed(picture).iter(f"{SVG}text")]


def test_names_are_text_whatever_is_in_them() -> None:
    name = "</style><script>&\"'"
    picture = svg(graph_of("<b>", machine(**{name: task()})))
    assert name in texts(picture)
    assert "<b>" in texts(picture)
    assert "<script" not in picture


@settings(max_examples=30)
@given(state_machines())
def test_it_is_xml_and_everything_is_in_the_view(definition: dict[str, object]) -> None:
    picture = parsed(svg(graph_of("any", definition)))
    width, height = map(float, (picture.get("viewBox") or "").split()[2:])
    for box in picture.iter(f"{SVG}rect"):
        x, y = float(box.get("x", "")), float(box.get("y", ""))
        assert 0 <= x <= x + float(box.get("width", "")) <= width
        assert 0 <= y <= y + float(box.get("height", "")) <= height


def test_two_pictures_of_a_page_share_no_id_and_no_class() -> None:
    names = [
        set(re.findall(r'(?:id|class)="([^"]*)"', svg(graph_of("a", machine(A=task())), prefix=prefix)))
        for prefix in ("first", "second")
    ]
    assert names[0].isdisjoint(names[1])
    assert all(name.startswith("first-") for name in names[0])


def test_it_loads_nothing_from_anywhere() -> None:
    picture = svg(graph_of("a", machine(A=task())), runs_of(polled()))
    assert re.findall(r"https?://[^\"]*", picture) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in picture
    assert "@import" not in picture


def test_who_cannot_see_it_is_told_every_state_and_how_it_ended() -> None:
    trace = polled()
    picture = parsed(svg(graph_of(trace.subject, trace.definition), runs_of(trace)))
    assert picture.get("role") == "img"
    told = {found.get("id"): found.text or "" for found in picture if found.get("id")}
    labels = (picture.get("aria-labelledby") or "").split()
    assert labels == list(told)
    assert told["graph-title"] == "state machine sagestep-run-pipeline, run-1: RUNNING after 10 s"
    assert "Ask in Each (Task, 2 succeeded, 1 caught, 5 attempts, 5.0 s in all)" in told["graph-desc"]
    assert "Never (Fail, not reached)" in told["graph-desc"]


def test_an_outcome_is_written_and_not_only_coloured() -> None:
    trace = polled()
    written = texts(svg(graph_of(trace.subject, trace.definition), runs_of(trace)))
    assert "running" in written
    assert "succeeded, 8.0 s" in written


def test_the_reason_of_a_failure_is_at_its_box() -> None:
    trace = polled()
    picture = parsed(svg(graph_of(trace.subject, trace.definition), runs_of(trace)))
    hints = [found.text or "" for found in picture.iter(f"{SVG}title")]
    assert any(hint.startswith("Ask (Task") and "no route to host\ndetails" in hint for hint in hints)


def test_dark_colours_hold_where_dark_is_preferred_and_a_page_can_set_others() -> None:
    picture = svg(graph_of("a", machine(A=task())), prefix="p")
    light, dark = picture.split("@media (prefers-color-scheme:dark)")
    assert f"--p-own-node-fill:var(--graph-node-fill,{LIGHT[Role.NODE].fill})" in light
    assert f"--p-own-node-fill:var(--graph-node-fill,{DARK[Role.NODE].fill})" in dark
    assert {"--graph-node-fill", "--graph-node-line"} <= set(VARIABLES)


def test_the_title_is_not_cut_where_the_picture_is_narrow() -> None:
    trace = polled()
    written = texts(svg(graph_of("short", machine(A=task())), runs_of(trace)))
    assert "state machine, execution run-1: RUNNING after 10 s" in written


def test_without_its_title_the_picture_begins_at_the_top() -> None:
    graph = graph_of("subject", machine(A=task()))
    assert "subject" in texts(svg(graph))
    bare = svg(graph, is_titled=False)
    assert "subject" not in texts(bare)
    assert "<title" in bare


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_keeps_aa_on_everything_it_stands_on(colours: dict[Role, Colours]) -> None:
    grounds = [colours[role].fill for role in (Role.SURFACE, Role.NODE, Role.CONTAINER, Role.IDLE, *OUTCOMES)]
    for ground, ink in itertools.product(grounds, (Role.INK, Role.MUTED)):
        assert contrast(colours[ink].line, ground) >= 4.5, (ink, ground)
    for role in OUTCOMES:
        assert contrast(colours[role].line, colours[role].fill) >= 4.5, role
    assert contrast(colours[Role.CATCH].line, colours[Role.SURFACE].fill) >= 4.5
    assert contrast(colours[Role.SURFACE].line, colours[Role.INK].fill) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_lines_and_borders_can_be_told_from_the_ground(colours: dict[Role, Colours]) -> None:
    ground = colours[Role.SURFACE].fill
    for role in set(Role) - {Role.SURFACE}:
        assert contrast(colours[role].line, ground) >= 3, role
