"""Cron expressions of EventBridge Scheduler: six fields, the days on which they fall, the times of a day.

Source: EventBridge Scheduler user guide, "Cron-based schedules": minutes, hours, day of the month, month, day
of the week (SUN is 1), year; ``, - * ? / L W #``.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_SATURDAY = 7


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression; days of the month and of the week are as they are written, one of them is ``?``."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    month_days: str
    months: frozenset[int]
    week_days: str
    years: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """Read the fields; raises `ValueError`."""
        minutes, hours, month_days, months, week_days, years = text.upper().split()
        if (month_days == "?") == (week_days == "?"):
            raise ValueError("one of the days of the month and of the week is ?")
        made = cls(
            tuple(sorted(_numbers(minutes, 0, 59))),
            tuple(sorted(_numbers(hours, 0, 23))),
            month_days,
            frozenset(_numbers(months, 1, 12, _MONTHS)),
            week_days,
            frozenset(_numbers(years, _FIRST_YEAR, _LAST_YEAR)),
        )
        made._days(2024, 2)  # what is wrong with the days is told here
        return made

    def days(self, first: date) -> Iterator[date]:
        """Yield the days on which it falls, from one on."""
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) >= (first.year, first.month):
                    days = (date(year, month, day) for day in sorted(self._days(year, month)))
                    yield from (day for day in days if day >= first)

    def _days(self, year: int, month: int) -> set[int]:
        last = calendar.monthrange(year, month)[1]
        if self.week_days == "?":
            found = {day for part in self.month_days.split(",") for day in _of_month(part, year, month)}
        else:
            found = {day for part in self.week_days.split(",") for day in _of_week(part, year, month)}
        return {day for day in found if day <= last}


def _of_month(part: str, year: int, month: int) -> set[int]:
    if part == "L":
        return {calendar.monthrange(year, month)[1]}
    if part.endswith("W"):
        return {_weekday_near(_number(part[:-1], 1, 31), year, month)}
    return _numbers(part, 1, 31)


def _weekday_near(day: int, year: int, month: int) -> int:
    """Give the weekday nearest to a day within its month; a day that the month lacks stays one."""
    last = calendar.monthrange(year, month)[1]
    if day > last:
        return day
    match date(year, month, day).weekday():
        case calendar.SATURDAY:
            return day - 1 if day > 1 else day + 2
        case calendar.SUNDAY:
            return day + 1 if day < last else day - 2
    return day


def _of_week(part: str, year: int, month: int) -> set[int]:
    last = calendar.monthrange(year, month)[1]
    if part == "L":
        part = str(_SATURDAY)
    elif part.endswith("L"):
        days = _on(_number(part[:-1], 1, 7, _DAYS), year, month)
        return {days[-1]}
    elif "#" in part:
        name, _, place = part.partition("#")
        days = _on(_number(name, 1, 7, _DAYS), year, month)
        return set(days[_number(place, 1, 5) - 1 :][:1])
    wanted = _numbers(part, 1, 7, _DAYS)
    return {day for day in range(1, last + 1) if _week_day(date(year, month, day)) in wanted}


def _on(week_day: int, year: int, month: int) -> list[int]:
    first, count = date(year, month, 1), calendar.monthrange(year, month)[1]
    days = (first + timedelta(days=offset) for offset in range(count))
    return [day.day for day in days if _week_day(day) == week_day]


def _week_day(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _numbers(field: str, least: int, most: int, names: dict[str, int] | None = None) -> set[int]:
    """Read a field: numbers, names, ranges and steps, with commas between them."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        every = _number(step, 1, most) if slash else 1
        if span in {"*", ""} and (span or slash):
            first, last = least, most
        elif "-" in span:
            first, last = (_number(end, least, most, names) for end in span.split("-", 1))
        else:
            first = _number(span, least, most, names)
            last = most if slash else first
        if first <= last:
            found |= set(range(first, last + 1, every))
        else:  # FRI-MON
            around = [*range(first, most + 1), *range(least, last + 1)]
            found |= set(around[::every])
    return found


def _number(text: str, least: int, most: int, names: dict[str, int] | None = None) -> int:
    number = (names or {}).get(text) or int(text if text.isdecimal() else "-")
    if not least <= number <= most:
        raise ValueError(f"{number} is not between {least} and {most}")
    return number
