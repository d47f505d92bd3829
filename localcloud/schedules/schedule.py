"""A schedule and a schedule group as they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.errors import ValidationError
from localcloud.schedules.expressions import Timetable, timetable
from localcloud.schedules.targets import Invocation, Target, check_target

DEFAULT_GROUP = "default"
_LONGEST_EVENT_AGE = 86400  # seconds; service model, MaximumEventAgeInSeconds
_MOST_ATTEMPTS = 185
_PAST = timedelta(minutes=5)
_PRECISION = timedelta(minutes=1)  # user guide, "Schedule types"

Members = Mapping[str, Any]


@dataclass(slots=True)
class Group:
    """A schedule group; times are aware."""

    name: str
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)
    token: str | None = None


@dataclass(slots=True)
class Schedule:
    """A schedule.

    - `members`: those of the request, with AWS's defaults.
    - `since`: from when on a rate counts that has no StartDate.
    - `due`: its next time; None after its last.
    """

    group: str
    name: str
    members: Members
    created: datetime
    modified: datetime
    since: datetime
    due: datetime | None
    token: str | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether it invokes its target."""
        return bool(self.members["State"] == "ENABLED")

    @property
    def timetable(self) -> Timetable:
        """Give its times."""
        return _timetable(self.members, self.since)


@dataclass(slots=True)
class Delivery:
    """An invocation that is not over; `due`: when it is tried. `is_running`: it is being tried."""

    place: tuple[str, str]
    group: str
    name: str
    target: Target
    invocation: Invocation
    due: datetime
    is_running: bool = False


def with_defaults(request: Members) -> Members:
    """Give the members of a request as GetSchedule does."""
    kept = {
        name: value
        for name, value in request.items()
        if value is not None and name not in {"ClientToken", "Name", "GroupName"}
    }
    target = dict(kept["Target"])
    target["RetryPolicy"] = {
        "MaximumEventAgeInSeconds": _LONGEST_EVENT_AGE,
        "MaximumRetryAttempts": _MOST_ATTEMPTS,
        **(target.get("RetryPolicy") or {}),
    }
    kept |= {name: aware(kept[name]) for name in ("StartDate", "EndDate") if name in kept}
    defaults = {"State": "ENABLED", "ScheduleExpressionTimezone": "UTC", "ActionAfterCompletion": "NONE"}
    return {**defaults, **kept, "Target": target}


def check(members: Members, now: datetime) -> None:
    """Refuse what a schedule cannot be; raises `ValidationError`.

    The sentences on the expression and on StartDate are AWS's (localstack#9284, moto#8172), the others ours.
    """
    if members.get("KmsKeyArn"):
        raise ValidationError("KmsKeyArn is not supported by the local cloud.")
    _timetable(members, now)
    window = members["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise ValidationError(
            "MaximumWindowInMinutes must be set if FlexibleTimeWindow is FLEXIBLE, and only then."
        )
    check_target(members["Target"])


def check_times(members: Members, now: datetime, before: Members | None = None) -> None:
    """Refuse times that are over, unless they were so `before`; raises `ValidationError`.

    Whether AWS ever invokes the target of an ``at`` that is over is not documented.
    """
    new = {name: value for name, value in members.items() if (before or {}).get(name) != value}
    when = _timetable(members, now).when
    if isinstance(when, datetime) and "ScheduleExpression" in new and when < now - _PRECISION:
        expression = members["ScheduleExpression"]
        raise ValidationError(f"Invalid Schedule Expression {expression}. Its time is over.")
    if "StartDate" in new and members["StartDate"] < now - _PAST:
        raise ValidationError("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if "EndDate" in new and members["EndDate"] <= (members.get("StartDate") or now):
        raise ValidationError("The EndDate you specify must be later than now and than the StartDate.")


def changed(schedule: Schedule, members: Members, now: datetime) -> None:
    """Take over what UpdateSchedule says; a rate goes on as it was unless what decides its times changes."""
    deciding = ("ScheduleExpression", "ScheduleExpressionTimezone", "StartDate")
    is_new = any(schedule.members.get(name) != members.get(name) for name in deciding)
    check_times(members, now, schedule.members)
    if is_new:
        schedule.since = now
    was_due, schedule.members, schedule.modified = schedule.due, members, now
    times = schedule.timetable
    if is_new:
        schedule.due = times.first(now)
    elif times.is_once:
        schedule.due = was_due if was_due and was_due > now else None
    else:
        schedule.due = times.after(now)


def aware(time: datetime) -> datetime:
    """Give a time with its zone; the host's parser leaves it out, of UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _timetable(members: Members, since: datetime) -> Timetable:
    return timetable(
        members["ScheduleExpression"],
        members["ScheduleExpressionTimezone"],
        since,
        members.get("StartDate"),
        members.get("EndDate"),
    )
