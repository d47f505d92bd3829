"""What is forgotten, by age and by count."""

from datetime import UTC, datetime, timedelta

from localcloud.retention import surplus

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=2), NOW


def test_what_ended_long_ago_is_forgotten_and_what_runs_never() -> None:
    kept = [("running", None), ("old", OLD), ("new", NEW)]
    assert surplus(kept, 10, NOW - timedelta(days=1)) == ["old"]
    assert surplus(kept, 10, None) == []
    assert surplus([("running", None)] * 20, 10, None) == []


def test_of_too_many_the_oldest_that_have_ended_are_forgotten_and_some_beyond() -> None:
    kept = [("running", None), *((f"ended {number}", NEW) for number in range(1009))]
    assert surplus(kept, 1000, None) == [f"ended {number}" for number in range(20)]


def test_what_goes_by_age_counts_no_more() -> None:
    kept = [*((f"old {number}", OLD) for number in range(10)), *((f"new {n}", NEW) for n in range(10))]
    assert surplus(kept, 10, NOW - timedelta(days=1)) == [f"old {number}" for number in range(10)]
