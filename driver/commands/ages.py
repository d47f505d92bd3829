"""Ages as users write and read them: 12h, 30d, 8w."""

from __future__ import annotations

import re

from driver.host.wording import counted
from driver.model.exceptions import WrongUseError

_AGE = re.compile(r"(\d{1,5})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


def days_in(age: str) -> float:
    """Read an age; `WrongUseError` if it is none."""
    match = _AGE.fullmatch(age)
    if match is None:
        raise WrongUseError(
            f"--older-than {age} is no age.", "", "Write a number and h, d or w, such as 30d."
        )
    return int(match[1]) * _HOURS[match[2]] / 24


def describe_age(days: float) -> str:
    """Write an age in whole days, or hours."""
    return counted(int(days), "day") if days >= 1 else counted(int(days * 24), "hour")
