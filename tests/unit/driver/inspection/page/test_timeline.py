from dataclasses import replace
from datetime import timedelta

import pytest

from driver.executions.trace import Outcome, Trace
from driver.inspection.page.timeline import Axis, Bar, timeline
from tests.unit.driver.inspection.page.samples import (
    NOON,
    at,
    long_run,
    pipeline,
    run_pipeline,
    span,
    trace,
    train_many,
)


def names(bars: tuple[Bar, ...]) -> list[object]:
    """Write bars as names, what is below one as a list behind it."""
    return [item for bar in bars for item in ([bar.name, names(bar.bars)] if bar.bars else [bar.name])]


def bars_of(execution: Trace, most: int = 1000) -> tuple[Bar, ...]:
    laid_out = timeline(execution, at(600), most)
    assert laid_out is not None
    assert len(laid_out.bars) == 1
    return laid_out.bars[0].bars


def test_iterations_are_below_their_map_and_their_states_below_them() -> None:
    assert names(bars_of(train_many())) == [
        "Defaults",
        "Train each",
        ["Train each[0]", ["Train"], "Train each[1]", ["Train", "Not trained"]],
        "Best",
        "Failed",
    ]


def test_an_iteration_stands_as_its_last_state_does_unless_something_was_caught() -> None:
    inside = bars_of(train_many())[1].bars
    assert [bar.outcome for bar in inside] == [Outcome.SUCCEEDED, Outcome.CAUGHT]


def test_a_pipeline_is_below_the_state_that_started_it() -> None:
    steps = ["vej-processing-step", "vej-callback-step", "export-vej-step"]
    assert names(bars_of(run_pipeline())) == [
        "RunPipeline",
        ["sagestep-geospatial / abcdefghijkl", steps],
    ]


def test_an_execution_that_no_state_is_known_to_have_started_comes_last() -> None:
    assert names(bars_of(trace(span("Call", 0, 5), children=[pipeline()])))[:2] == [
        "Call",
        "sagestep-geospatial / abcdefghijkl",
    ]


def test_a_map_within_a_map_and_one_that_is_entered_twice() -> None:
    outer, inner = ("Outer[0]",), ("Outer[0]", "Inner[10]")
    nested = trace(
        span("Outer", 0, 4, kind="Map"),
        span("Inner", 0, 4, kind="Map", branch=outer),
        span("Work", 1, 2, branch=inner),
        span("Work", 0, 1, branch=("Outer[0]", "Inner[9]")),
        span("Outer", 5, 6, kind="Map"),
    )
    assert names(bars_of(nested)) == [
        "Outer",
        ["Outer[0]", ["Inner", ["Inner[9]", ["Work"], "Inner[10]", ["Work"]]]],
        "Outer",
    ]


def test_an_iteration_whose_map_is_not_known_is_shown_all_the_same() -> None:
    assert names(bars_of(trace(span("Work", 0, 1, branch=("Gone[0]",))))) == ["Gone[0]", ["Work"]]


def test_bars_are_where_their_time_is() -> None:
    (bar,) = bars_of(trace(span("Train", 2, 7, attempts=3), ended=10))
    assert (bar.left, bar.width, bar.took) == (20, 50, "5.0 s")
    assert bar.title == "Train (Task): Succeeded\n2026-11-21 12:00:02 UTC, 5.0 s\n3 attempts"


def test_what_runs_reaches_to_the_end_of_the_axis() -> None:
    running = trace(span("Train", 60, None, Outcome.RUNNING), outcome=Outcome.RUNNING, ended=None)
    (bar,) = bars_of(running)
    assert bar.left + bar.width == 100
    assert "so far" in bar.title


def test_what_began_before_or_ended_after_its_execution_is_on_the_axis() -> None:
    """Clocks differ."""
    before, after = bars_of(trace(span("Early", -5, 1), span("Late", 9, 15), ended=10))
    assert before.left == 0
    assert after.left + after.width == 100


def test_a_run_within_one_moment_has_an_axis() -> None:
    laid_out = timeline(trace(span("Pass", 0, 0), ended=0), at(0), 10)
    assert laid_out is not None
    assert laid_out.bars[0].bars[0].width == 0


def test_only_what_went_well_is_left_out() -> None:
    spans = [span(f"S{n}", n, n + 1, Outcome.FAILED if n == 90 else Outcome.SUCCEEDED) for n in range(100)]
    laid_out = timeline(trace(*spans, ended=100), at(600), 5)
    assert laid_out is not None
    assert names(laid_out.bars[0].bars) == ["S0", "S1", "S2", "S3", "S90"]
    assert laid_out.left_out == 95


def test_a_long_run_folds_the_iterations_that_went_well() -> None:
    states = [span("Work", 1, 2, branch=(f"Each[{n}]",)) for n in range(100)]
    failed = span("Work", 1, 2, Outcome.FAILED, branch=("Each[100]",))
    around = span("Each", 0, 5, kind="Map")
    folded = bars_of(trace(around, *states, failed))[0].bars
    assert [bar.is_open for bar in folded] == [False] * 100 + [True]
    assert all(bar.is_open for bar in bars_of(trace(around, *states[:5]))[0].bars)


def test_without_any_time_there_is_no_timeline() -> None:
    assert timeline(replace(trace(), started=None, ended=None), at(600), 10) is None


@pytest.mark.parametrize("seconds", [0.001, 0.02, 1, 7, 59, 61, 600, 5000, 90_000, 900_000, 40_000_000])
def test_an_axis_has_a_few_ticks_at_round_distances(seconds: float) -> None:
    axis = Axis(NOON, NOON + timedelta(seconds=seconds))
    ticks = axis.ticks()
    assert 3 <= len(ticks) <= 7
    assert ticks[0].at == 0
    assert all(0 <= tick.at <= 100 for tick in ticks)
    assert len({tick.text for tick in ticks}) == len(ticks)


def test_ticks_are_what_people_count_in() -> None:
    texts = [tick.text for tick in Axis(NOON, at(150)).ticks()]
    assert texts == ["0 s", "30 s", "1 min", "1 min 30 s", "2 min", "2 min 30 s"]


def test_a_thousand_states_are_laid_out_in_order() -> None:
    laid_out = bars_of(long_run(1000))
    assert [bar.left for bar in laid_out] == sorted(bar.left for bar in laid_out)
