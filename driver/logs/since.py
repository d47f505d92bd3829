"""How far back logs are read, as people say it: pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from driver.exceptions import WrongUseError

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str, now: datetime) -> datetime:
    """Read a point in time.

    Parameters
    ----------
    text
        A span before now, such as `90s`, `10m`, `2h` or `3d`; or a date or time of ISO 8601, in the time
        zone of this machine if it names none.
    now
        An aware datetime.

    Raises
    ------
    WrongUseError
        If it is neither.
    """
    span = _SPAN.fullmatch(text)
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise WrongUseError(
            f"--since {text!r} is no time.",
            "It must be a span such as 90s, 10m, 2h or 3d, or a time such as 2026-11-21T15:00.",
        ) from error
