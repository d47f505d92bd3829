from datetime import UTC, datetime, timedelta

import pytest

from driver.inspection.logs.subjects import parse_since
from driver.model.exceptions import WrongUseError
from tests.unit.driver.fakes import NOON


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
    ],
)
def test_a_span_is_before_now(text: str, before: timedelta) -> None:
    assert parse_since(text, NOON) == NOON - before


def test_a_time_may_name_its_zone_or_be_of_this_machine() -> None:
    assert parse_since("2026-11-21T10:30:00+00:00", NOON) == datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    assert parse_since("2026-11-21T10:30", NOON) == datetime(2026, 11, 21, 10, 30).astimezone()
    assert parse_since("2026-11-21", NOON) == datetime(2026, 11, 21).astimezone()


@pytest.mark.parametrize("text", ["yesterday", "10", "10 m", "-5m", "5w", "2026-13-01", "9999999999d"])
def test_anything_else_is_the_users_slip(text: str) -> None:
    with pytest.raises(WrongUseError, match="is no time"):
        parse_since(text, NOON)
