"""The plot of an objective by trial."""

import json
from dataclasses import replace
from typing import Any

import pytest

from driver.inspection.page.page import page
from driver.inspection.page.trials import HEIGHT, WIDTH, plot_of
from tests.unit.driver.inspection.page.samples import report, span, trace
from tests.unit.driver.inspection.page.test_page import Document


def output(*values: object, **more: object) -> str:
    trials = [{"name": f"t{number}", "value": value} for number, value in enumerate(values, 1)]
    return json.dumps({"trials": trials, "metric": "accuracy", "objective": "Maximize"} | more)


def test_the_best_is_marked_and_the_line_never_falls() -> None:
    plot = plot_of(output(0.5, 0.9, 0.7, 0.9))
    assert plot is not None
    assert [point.is_best for point in plot.points] == [False, True, False, False]
    assert (plot.metric, plot.best, plot.missing) == ("accuracy", "0.9", 0)
    heights = [point.y for point in plot.points]
    assert heights[1] == heights[3] < heights[2] < heights[0]
    assert plot.line.startswith(f"M{plot.points[0].x} {heights[0]}H{plot.points[1].x}V{heights[1]}")
    assert plot.line.endswith(f"H{plot.points[3].x}V{heights[1]}")
    assert all(0 < point.x < WIDTH and 0 < point.y < HEIGHT for point in plot.points)


def test_less_is_better_where_the_output_says_so() -> None:
    for found in (output(0.5, 0.2, 0.9, objective="Minimize"), _of_best(0.2)):
        plot = plot_of(found)
        assert plot is not None
        assert [point.is_best for point in plot.points] == [False, True, False]


def _of_best(value: float) -> str:
    found: dict[str, Any] = json.loads(output(0.5, 0.2, 0.9)) | {"best": {"value": value}}
    del found["objective"]
    return json.dumps(found)


def test_trials_without_a_value_keep_their_place() -> None:
    plot = plot_of(output(0.5, None, 0.7))
    assert plot is not None
    assert plot.missing == 1
    assert plot.points[1].x - plot.points[0].x == pytest.approx(2 * (WIDTH - 104) / 3, abs=0.2)
    assert [tick.text for tick in plot.numbers] == ["1", "2", "3"]


def test_many_trials_have_few_numbers() -> None:
    plot = plot_of(output(*range(100)))
    assert plot is not None
    assert len(plot.points) == 100
    assert len(plot.numbers) <= 12


@pytest.mark.parametrize(
    "found",
    [
        "",
        "no JSON",
        "[1, 2]",
        "{}",
        output(0.5),
        output(True, False),
        output("a", "b"),
        '{"trials": [1, 2, 3]}',
    ],
)
def test_what_holds_no_trials_has_no_plot(found: str) -> None:
    assert plot_of(found) is None


def test_values_that_are_all_the_same_are_drawn() -> None:
    plot = plot_of(output(0.0, 0.0))
    assert plot is not None
    assert plot.points[0].y == plot.points[1].y


def test_a_page_shows_the_plot_and_escapes_what_it_says() -> None:
    attack = "<script>window.attacked=1</script>"
    made = replace(trace(span("Tune", 0, 9)), output=output(0.5, 0.9, metric=attack))
    text = page(report(made))
    document = Document(text)
    assert "trials" in document.attributes("id")
    assert attack not in text
    assert "#result" in document.attributes("href")
    assert "trials" not in Document(page(report(trace(span("Tune", 0, 9))))).attributes("id")
