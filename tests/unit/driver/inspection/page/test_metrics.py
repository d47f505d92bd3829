import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driver.executions.workflow.output import Job, Metric, read_output
from driver.inspection.page.metrics import HEIGHT, WIDTH, metric_rows
from driver.inspection.page.page import page
from driver.inspection.training import Series, TrainingJob, series_of
from tests.unit.driver.inspection.page.samples import NASTY, report, train_many


def trained(name: str, *series: Series, **metrics: float) -> TrainingJob:
    found = tuple(Metric(key, value) for key, value in metrics.items())
    return TrainingJob(
        f"Train / {name}", Job(name, "Training job", "Completed", found, (), None, "", ()), series
    )


def test_values_are_read_out_of_a_log_by_the_metrics_expressions() -> None:
    definitions = [
        ("loss", re.compile(r"loss=(\S+)")),
        ("odd", re.compile("no group")),
        ("none", re.compile("(z)")),
    ]
    lines = ["loss=0.5 acc=1", "no group", "loss=many", "other", "loss=2.5e-1", f"{'x' * 2000}loss=9"]
    assert list(series_of(lines, definitions)) == [Series("loss", (0.5, 0.25))]


def test_a_metric_with_several_values_has_a_line_from_left_to_right() -> None:
    (row,) = metric_rows([trained("a", Series("loss", (3.0, 2.0, 1.0)), loss=1.0)])
    assert row.chart
    assert row.chart.line == f"3.0,3.0 {WIDTH / 2:.1f},{HEIGHT / 2:.1f} {WIDTH - 3:.1f},{HEIGHT - 3:.1f}"
    assert row.chart.title == "loss: 3 values, from 3 to 1"


def test_the_same_metric_of_several_jobs_has_bars_side_by_side() -> None:
    rows = metric_rows([trained("a", acc=0.5, loss=-1.0), trained("b", acc=1.0, loss=2.0)])
    assert [(row.name, row.job) for row in rows] == [("acc", "a"), ("acc", "b"), ("loss", "a"), ("loss", "b")]
    assert [row.chart and row.chart.bar for row in rows] == [WIDTH / 2, WIDTH, None, None]


def test_one_value_alone_has_no_chart() -> None:
    (row,) = metric_rows([trained("a", Series("loss", (1.0,)), loss=1.0)])
    assert row.chart is None


@example([[0.0, 2.2250738585072014e-308], [-1.7e308, 1.7e308]])  # their span is hardly anything, or infinite
@given(st.lists(st.lists(st.floats(), max_size=400), min_size=1, max_size=3))
def test_any_values_are_drawn_within_the_chart(jobs: list[list[float]]) -> None:
    made = [
        trained(str(number), Series("m", tuple(values)), m=values[-1] if values else 0.0)
        for number, values in enumerate(jobs)
    ]
    for row in metric_rows(made):
        if row.chart:
            points = [tuple(map(float, point.split(","))) for point in row.chart.line.split()]
            assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
            assert len(points) <= 322
            assert 0 <= row.chart.bar <= WIDTH


@pytest.mark.parametrize(
    ("output", "parts"),
    [
        (
            '{"best": {"name": "a"}, "rows": [{"name": "a", "n": 1.5}]}',
            ["best\n  name  a", ">rows</h3>", "<td>1.5</td>"],
        ),
        (
            '{"model": "s3://bucket/model.tar.gz"}',
            ["<code>s3://bucket/model.tar.gz</code>", "--output FOLDER"],
        ),
        ('"text"', ['<pre tabindex="0">text</pre>']),
    ],
)
def test_what_came_of_it_stands_before_the_graph(output: str, parts: list[str]) -> None:
    made = replace(report(train_many()), output=read_output(output), jobs=(trained("a", acc=1.0),))
    text = page(made)
    result = text[text.index('id="result"') : text.index('id="graph"')]
    for part in (*parts, ">acc</th>"):
        assert part in result


@pytest.mark.parametrize("output", ["", "null", "{}", "[]"])
def test_where_nothing_came_of_it_there_is_no_result(output: str) -> None:
    assert 'id="result"' not in page(replace(report(train_many()), output=read_output(output)))


def test_names_of_metrics_and_columns_are_text() -> None:
    output: dict[str, Any] = {NASTY: [{NASTY: NASTY}], "uri": f"s3://b/{NASTY.replace(' ', '')}"}

    job = trained(NASTY, Series(NASTY, (1.0, 2.0)), **{NASTY: 1.0})
    text = page(replace(report(train_many()), output=read_output(json.dumps(output)), jobs=(job, job)))
    assert "<script>window.attacked" not in text
