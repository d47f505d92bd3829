"""When a schedule is due: ``rate(…)``, ``cron(…)`` and ``at(…)``, in a time zone, between two dates.

Source: EventBridge Scheduler user guide, "Schedule types": a rate counts from StartDate, or begins at once;
a local time that summer time leaves out is skipped, one that comes twice counts once; StartDate and EndDate
mean nothing to a schedule that is once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localcloud.errors import ValidationError
from localcloud.schedules.cron import Cron

_FORM = re.compile(r"(rate|cron|at)\((.+)\)")
_RATE = re.compile(r"([1-9]\d*) +(minute|hour|day)(s?)")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The times of a schedule, all of them aware.

    - `when`: a period, a cron expression, or the one time.
    - `since`: from when on times count; those of a period are counted from here.
    - `until`: the last moment that counts.
    """

    when: timedelta | Cron | datetime
    zone: tzinfo
    since: datetime
    until: datetime | None = None

    @property
    def is_once(self) -> bool:
        """Whether it has one time."""
        return isinstance(self.when, datetime)

    def first(self, now: datetime) -> datetime | None:
        """Give its first time from now on, None where it has none; what is once has its own, even if past."""
        return self.when if isinstance(self.when, datetime) else self.after(now - _MOMENT)

    def after(self, moment: datetime) -> datetime | None:
        """Give its first time after a moment, None where it has none."""
        if isinstance(self.when, datetime):
            return self.when if self.when > moment else None
        try:
            found = self._next(self.when, max(moment, self.since - _MOMENT))
        except OverflowError:  # after the year 9999
            return None
        return None if found is None or (self.until and found > self.until) else found

    def _next(self, when: timedelta | Cron, moment: datetime) -> datetime | None:
        if isinstance(when, timedelta):
            return self.since + ((moment - self.since) // when + 1) * when
        return next((time for time in self._times(when, moment) if time > moment), None)

    def _times(self, cron: Cron, moment: datetime) -> Iterator[datetime]:
        for day in cron.days(moment.astimezone(self.zone).date()):
            for hour in cron.hours:
                for minute in cron.minutes:
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    time = local.astimezone(UTC)
                    if time.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                        yield time


def timetable(
    expression: str, zone_name: str, now: datetime, start: datetime | None = None, end: datetime | None = None
) -> Timetable:
    """Read an expression; raises `ValidationError` as AWS does."""
    zone = _zone(zone_name)
    try:
        when = _when(expression, zone)
    except (ValueError, OverflowError):
        raise ValidationError(f"Invalid Schedule Expression {expression}.") from None
    return Timetable(when, zone, start or now, end)


def _when(expression: str, zone: tzinfo) -> timedelta | Cron | datetime:
    form = _FORM.fullmatch(expression)
    if form is None:
        raise ValueError(expression)
    match form[1], form[2]:
        case "cron", fields:
            return Cron.parse(fields)
        case "at", time if _AT.fullmatch(time):
            return datetime.fromisoformat(time).replace(tzinfo=zone).astimezone(UTC)
        case "rate", text if rate := _RATE.fullmatch(text):
            count = int(rate[1])
            if (count > 1) != bool(rate[3]):  # "rate(1 minutes)" is as wrong as "rate(5 minute)"
                raise ValueError(expression)
            return timedelta(**{f"{rate[2]}s": count})
    raise ValueError(expression)


def _zone(name: str) -> tzinfo:
    if name == "UTC":  # it is known where the machine has no database of time zones, too
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(f"Invalid ScheduleExpressionTimezone {name}.") from None
