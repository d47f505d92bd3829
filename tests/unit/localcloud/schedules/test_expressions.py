"""When schedules are due."""

from datetime import UTC, datetime, timedelta

import pytest

from localcloud.errors import ServiceError
from localcloud.schedules.expressions import timetable

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def times(
    expression: str, count: int, zone: str = "UTC", now: datetime = NOW, **dates: datetime
) -> list[str]:
    """Give the first times, in the zone."""
    table = timetable(expression, zone, now, **dates)
    found = [table.first(now)]
    while len(found) < count and found[-1] is not None:
        found.append(table.after(found[-1]))
    return [f"{time.astimezone(table.zone):%Y-%m-%dT%H:%M:%S}" for time in found if time is not None]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0/20 12 * * ? *)", ["2026-03-01T12:20:00", "2026-03-01T12:40:00", "2026-03-02T12:00:00"]),
        ("cron(0-15/5 8-8 ? * 2,4 *)", ["2026-03-02T08:00:00", "2026-03-02T08:05:00", "2026-03-02T08:10:00"]),
        ("cron(0 9 L * ? *)", ["2026-03-31T09:00:00", "2026-04-30T09:00:00", "2026-05-31T09:00:00"]),
        ("cron(0 9 15W * ? *)", ["2026-03-16T09:00:00", "2026-04-15T09:00:00", "2026-05-15T09:00:00"]),
        ("cron(0 9 ? * 6L *)", ["2026-03-27T09:00:00", "2026-04-24T09:00:00", "2026-05-29T09:00:00"]),
        ("cron(0 9 ? * MON#1 *)", ["2026-03-02T09:00:00", "2026-04-06T09:00:00", "2026-05-04T09:00:00"]),
        ("cron(0 9 ? JAN-FEB SAT-SUN *)", ["2027-01-02T09:00:00", "2027-01-03T09:00:00"]),
        ("cron(0 9 29 2 ? *)", ["2028-02-29T09:00:00", "2032-02-29T09:00:00"]),
        ("cron(0 9 1 3 ? 2026-2027)", ["2027-03-01T09:00:00"]),
        ("cron(0 9 31 2 ? *)", []),
        ("rate(5 minutes)", ["2026-03-01T12:00:30", "2026-03-01T12:05:30"]),
        ("rate(1 day)", ["2026-03-01T12:00:30", "2026-03-02T12:00:30"]),
        ("at(2026-03-01T13:00:00)", ["2026-03-01T13:00:00"]),
    ],
)
def test_times_are_those_of_the_user_guide(expression: str, expected: list[str]) -> None:
    assert times(expression, max(len(expected), 2))[: max(len(expected), 1)] == expected


def test_a_local_time_that_summer_time_leaves_out_is_skipped_and_one_that_comes_twice_counts_once() -> None:
    spring = times("cron(30 2 * * ? *)", 2, "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert spring == ["2026-03-30T02:30:00", "2026-03-31T02:30:00"]
    autumn = times("cron(30 2 * * ? *)", 2, "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert autumn == ["2026-10-25T02:30:00", "2026-10-26T02:30:00"]


def test_times_keep_the_zone_of_the_schedule() -> None:
    table = timetable("at(2026-07-01T09:00:00)", "America/New_York", NOW)
    assert table.first(NOW) == datetime(2026, 7, 1, 13, tzinfo=UTC)


def test_times_lie_between_start_and_end() -> None:
    start, end = NOW + timedelta(hours=1), NOW + timedelta(hours=1, minutes=10)
    found = times("rate(5 minutes)", 9, start=start, end=end)
    assert found == ["2026-03-01T13:00:30", "2026-03-01T13:05:30", "2026-03-01T13:10:30"]
    assert times("cron(0/5 * * * ? *)", 9, start=start, end=end) == [
        "2026-03-01T13:05:00",
        "2026-03-01T13:10:00",
    ]


@pytest.mark.parametrize("expression", ["cron(0 9 * * ? *)", "rate(1 day)"])
def test_nothing_comes_after_the_year_9999(expression: str) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert timetable(expression, "Asia/Tokyo", NOW, start=last).after(last) is None


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5 seconds)", "rate(99999999999 days)",
        "cron(0 9 * * * *)", "cron(0 9 ? * ? *)", "cron(60 9 * * ? *)", "cron(0 9 * * ?)",
        "cron(0 9 ? * 8 *)",
        "cron(a 9 * * ? *)", "cron(0 9 32W * ? *)", "cron(/ 9 * * ? *)", "at(2026-02-30T00:00:00)",
        "at(2026-03-01)",
        "every(5 minutes)", "rate()",
    ],
)  # fmt: skip
def test_other_expressions_are_refused(expression: str) -> None:
    with pytest.raises(ServiceError, match="Invalid Schedule Expression") as refused:
        timetable(expression, "UTC", NOW)
    assert refused.value.code == "ValidationException"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "/etc"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ServiceError, match="Invalid ScheduleExpressionTimezone"):
        timetable("rate(5 minutes)", zone, NOW)
