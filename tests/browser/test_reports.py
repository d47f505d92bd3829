"""Reports in a real browser: seen, clicked, attacked, on a phone, in the dark, and without scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from driver.executions.workflow.output import Job, Metric, read_output
from driver.inspection.page.report import Log, Report
from driver.inspection.permissions.decisions import Period
from driver.inspection.permissions.of_run import permissions_of_run
from driver.inspection.training import Series, TrainingJob
from tests.browser.opened import FAINT, Open
from tests.unit.driver.inspection.page.samples import (
    NASTY,
    at,
    long_run,
    nasty,
    record,
    report,
    result_file,
    run_pipeline,
    span,
    trace,
    train_many,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def failed() -> Report:
    return report(train_many(), logs=[Log("train-run-1-1", "reading\nValueError: two")])


@pytest.fixture
def geocoded(tmp_path: Path) -> Report:
    rows = [
        ("13.4", "52.5", "Berlin", "Valid Data"),
        ("-0.1", "51.5", "London", "Valid Data"),
        ("2.35", "48.9", "Paris", "Valid Data"),
        ("100.5", "13.8", "Bangkok", "Invalid Data: no such place"),
    ]
    return report(run_pipeline(), result_file=result_file(tmp_path, rows))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_loads_nothing_and_complains_of_nothing(
    open_report: Open, failed: Report, geocoded: Report, scheme: str
) -> None:
    for made in (failed, geocoded):
        opened = open_report(made, scheme=scheme)
        assert opened.troubles == []
        assert len(opened.requests) == 1
        assert opened.requests[0].startswith("file://")


def test_the_cause_of_a_failure_is_seen_without_scrolling(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    box = page.get_by_role("region", name="Why it failed")
    expect(box).to_be_in_viewport()
    expect(box).to_contain_text("max-depth: 'two' is no number")
    expect(page.get_by_role("heading", level=1)).to_contain_text("sagestep-train-many")


def test_links_lead_to_their_sections(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    links = page.get_by_role("navigation").get_by_role("link").all()
    assert [link.inner_text() for link in links] == [
        "Graph",
        "Timeline",
        "Steps",
        "Logs",
        "Inputs and outputs",
    ]
    for link in links:
        link.click()
        target = link.get_attribute("href")
        assert page.url.endswith(str(target))
        expect(page.locator(str(target))).to_be_in_viewport()


def test_tables_are_sorted_by_a_click_numbers_as_numbers(open_report: Open) -> None:
    spans = [span(name, n, n + took) for n, (name, took) in enumerate((("b", 9), ("a", 100), ("c", 0.5)))]
    page = open_report(report(trace(*spans))).page
    table = page.get_by_role("table")
    names = table.locator("tbody th")
    expect(names).to_have_text(["b", "a", "c"])
    for column, orders in {"Took": (["c", "b", "a"], ["a", "b", "c"]), "Name": (["a", "b", "c"],)}.items():
        header = table.get_by_role("columnheader", name=column)
        for direction, order in zip(("ascending", "descending"), orders, strict=False):
            header.get_by_role("button").click()
            expect(header).to_have_attribute("aria-sort", direction)
            expect(names).to_have_text(order)
    assert table.locator("[aria-sort]").count() == 1


def test_a_result_is_sorted_by_its_coordinates(open_report: Open, geocoded: Report) -> None:
    page = open_report(geocoded).page
    page.locator("#rows").get_by_role("button", name="Longitude").click()
    expect(page.locator("#rows tbody tr td:first-child")).to_have_text(["-0.1", "2.35", "13.4", "100.5"])


def test_a_table_is_filtered_and_says_how_many_are_left(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    page.get_by_label("Filter").fill("not trained")
    expect(page.locator("#steps-table tbody tr:visible")).to_have_count(1)
    expect(page.locator("[data-count]")).to_have_text("1")
    page.get_by_label("Filter").fill("")
    expect(page.locator("#steps-table tbody tr:visible")).to_have_count(7)


def test_everything_is_opened_and_closed_by_one_button(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    section = page.locator("section:has(#data)")
    button = section.get_by_role("button")
    button.click()
    expect(section.locator("details:not([open])")).to_have_count(0)
    expect(section.get_by_text('"b": [')).to_be_visible()
    expect(button).to_have_text("Close all")
    button.click()
    expect(section.locator("details[open]")).to_have_count(0)
    expect(button).to_have_text("Open all")


def test_the_theme_is_chosen_and_kept(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_label("Theme").select_option("dark")
    dark = page.evaluate(colour)
    assert dark != light
    page.reload()
    assert page.evaluate(colour) == dark
    page.get_by_label("Theme").select_option("System")
    assert page.evaluate(colour) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == dark


def test_the_graph_follows_the_theme(open_report: Open, failed: Report) -> None:
    page = open_report(failed, scheme="dark").page
    fill = "getComputedStyle(document.querySelector('.g0-succeeded-box')).fill"
    dark = page.evaluate(fill)
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate(fill) != dark


def test_the_arn_is_copied(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == failed.trace.arn


@pytest.mark.parametrize("width", [320, 375, 768])
def test_a_phone_has_nothing_beside_its_screen(
    open_report: Open, failed: Report, geocoded: Report, width: int
) -> None:
    wide = replace(failed, target="x" * 90)
    for made in (wide, geocoded):
        page = open_report(made, width=width).page
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.locator("#steps-table tbody th").first).to_be_visible()


def test_on_a_phone_a_step_is_a_line_until_it_is_opened(open_report: Open, failed: Report) -> None:
    page = open_report(failed, width=390).page
    row = page.locator("#steps-table tbody tr").nth(2)
    started, outcome = row.locator("[data-label=Started]"), row.locator("[data-label=Outcome]")
    expect(started).to_be_hidden()
    expect(outcome).to_be_visible()
    caught = page.locator("#steps-table tr.caught [data-label=Reason]")
    expect(caught).to_contain_text("no number")
    row.get_by_role("checkbox").check()
    expect(started).to_be_visible()
    row.get_by_role("checkbox").press("Space")
    expect(started).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(started).to_be_visible()
    expect(row.get_by_role("checkbox")).to_have_count(0)


def test_thirty_steps_are_no_long_way_on_a_phone(open_report: Open) -> None:
    page = open_report(report(long_run(30)), width=390).page
    assert page.evaluate("document.querySelector('#steps-table').offsetHeight") < 1800
    page.emulate_media(media="print")
    expect(page.locator("#steps-table [data-label=Started]").first).to_be_visible()


def test_a_result_comes_first_and_a_chart_says_what_it_shows(open_report: Open, failed: Report) -> None:
    job = Job("job-1", "Training job", "Completed", (Metric("loss", 0.1),), (), None, "", ())
    trained = TrainingJob("Train", job, (Series("loss", (0.9, 0.4, 0.1)),))
    page = open_report(
        replace(failed, jobs=(trained,), output=read_output('{"rows": [{"a": 1}]}')), width=390
    ).page
    chart = page.get_by_role("img", name="loss: 3 values, from 0.9 to 0.1")
    expect(chart).to_be_visible()
    tops = [
        page.locator(f"#{name}").bounding_box() for name in ("why", "result", "graph", "timeline", "steps")
    ]
    heights = [box["y"] for box in tops if box]
    assert len(heights) == 5
    assert heights == sorted(heights)


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(
    open_report: Open, failed: Report, geocoded: Report, scheme: str, width: int
) -> None:
    for made in (failed, geocoded):
        page = open_report(made, scheme=scheme, width=width).page
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate(FAINT) == []


def test_without_scripts_everything_can_be_read(open_report: Open, failed: Report) -> None:
    page = open_report(failed, has_script=False).page
    for name in ("Why it failed", "Graph", "Timeline", "Steps", "Logs of failed steps", "Inputs and outputs"):
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_label("Filter")).to_be_hidden()
    page.locator("section:has(#data) summary").nth(1).click()
    expect(page.locator("section:has(#data)").get_by_text('"b": [')).to_be_visible()


def test_denials_are_seen_with_their_cures_on_a_phone_too(open_report: Open, failed: Report) -> None:
    permissions = permissions_of_run(record(), Period(at(0), at(600)))
    opened = open_report(replace(failed, permissions=permissions), width=360)
    page = opened.page
    page.get_by_role("navigation").get_by_role("link", name="Permissions").click()
    section = page.get_by_role("region", name="Permissions")
    expect(section).to_be_in_viewport()
    expect(section.get_by_text('"Action": ["sqs:SendMessage"]')).to_be_visible()
    used = section.get_by_text("(12 times)").first
    expect(used).to_be_hidden()
    section.get_by_text("What each role used").click()
    expect(used).to_be_visible()
    assert opened.troubles == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_attack_is_text(open_report: Open, tmp_path: Path) -> None:
    file = result_file(tmp_path, [("1", "2", NASTY.replace('"', "'"), "Valid Data")])
    denied = permissions_of_run(record(NASTY), Period(at(0), at(600)))
    attacked = report(nasty(), result_file=file, logs=[Log(NASTY, NASTY)])
    opened = open_report(replace(attacked, permissions=denied))
    opened.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert opened.page.evaluate("window.attacked") is None
    assert opened.troubles == []
    assert len(opened.requests) == 1
    expect(opened.page.locator("h1")).to_contain_text("<img src=x")


def test_what_would_load_or_run_something_is_refused(open_report: Open, failed: Report) -> None:
    """The policy holds even where a mistake of ours lets markup through."""
    injected = (
        "<img src='https://example.com/x.png'><p style='color: red'>x</p><script>window.attacked = 1</script>"
    )
    slip = replace(failed, drawings=(replace(failed.drawings[0], svg=injected),))
    opened = open_report(slip)
    assert opened.page.evaluate("window.attacked") is None
    assert len([text for text in opened.troubles if "Content Security Policy" in text]) == 3


def test_points_tell_their_address_and_are_where_they_belong(open_report: Open, geocoded: Report) -> None:
    page = open_report(geocoded).page
    dots = page.locator(".dots circle")
    assert dots.count() == 4
    assert "Berlin, somewhere" in str(dots.filter(has_text="Berlin").text_content())
    london, berlin = (dots.filter(has_text=town).bounding_box() for town in ("London", "Berlin"))
    assert london is not None
    assert berlin is not None
    assert london["x"] < berlin["x"]
    assert page.locator(".dots .bad").count() == 1
    expect(page.get_by_role("img", name=re.compile("Map of 4 points"))).to_be_visible()


def test_a_thousand_states_can_be_scrolled_and_sorted(open_report: Open) -> None:
    page = open_report(report(long_run(1000))).page
    page.locator("#steps-table").get_by_role("button", name="Name").click()
    page.locator("#steps-table").get_by_role("button", name="Name").click()
    expect(page.locator("#steps-table tbody th").first).to_have_text("State 999")
    gantt = page.locator(".gantt")
    assert gantt.evaluate("(one) => one.scrollHeight > one.clientHeight")
    assert page.locator(".axis").is_visible()


def test_on_paper_nothing_is_folded_away(open_report: Open, failed: Report) -> None:
    page = open_report(failed).page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator("details:not([open])")).to_have_count(0)
    assert len(page.pdf()) > 10_000


def test_a_wide_graph_is_shown_from_where_it_begins(open_report: Open, failed: Report) -> None:
    wide = failed.drawings[0].svg.replace('<svg xmlns="http://www.w3.org/2000/svg"', "<svg", 1)
    wide = wide.replace('width="', 'width="2', 1)
    page = open_report(replace(failed, drawings=(replace(failed.drawings[0], svg=wide),)), width=375).page
    frame = page.locator(".drawing .scroll")
    assert frame.evaluate("(one) => one.scrollWidth > one.clientWidth")
    begin, box = frame.locator("text").first.bounding_box(), frame.bounding_box()
    assert begin is not None
    assert box is not None
    assert box["x"] <= begin["x"] <= begin["x"] + begin["width"] <= box["x"] + box["width"]
