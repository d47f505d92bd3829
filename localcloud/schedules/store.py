"""The schedules of one account and region."""

from dataclasses import dataclass, field
from datetime import datetime

from localcloud.errors import ServiceError
from localcloud.schedules.schedule import DEFAULT_GROUP, Group, Schedule

Place = tuple[str, str]
"""An account and a region."""


@dataclass(slots=True)
class Store:
    """Groups by name, schedules by group and name."""

    place: Place
    groups: dict[str, Group]
    schedules: dict[tuple[str, str], Schedule] = field(default_factory=dict)

    @classmethod
    def empty(cls, place: Place, now: datetime) -> "Store":
        """Make one with the group that every account has."""
        return cls(place, {DEFAULT_GROUP: Group(DEFAULT_GROUP, now)})

    def group(self, name: str) -> Group:
        """Give a group; raises `ServiceError`."""
        if name not in self.groups:
            raise missing(f"Schedule group {name}")
        return self.groups[name]

    def schedule(self, group: str, name: str) -> Schedule:
        """Give a schedule; raises `ServiceError`."""
        self.group(group)
        if (group, name) not in self.schedules:
            raise missing(f"Schedule {name}")
        return self.schedules[group, name]

    def waiting(self) -> list[Schedule]:
        """Give the schedules that have a next time."""
        return [one for one in self.schedules.values() if one.is_enabled and one.due is not None]

    def group_arn(self, name: str) -> str:
        """Write a group's ARN."""
        return self._arn(f"schedule-group/{name}")

    def schedule_arn(self, schedule: Schedule) -> str:
        """Write a schedule's ARN."""
        return self._arn(f"schedule/{schedule.group}/{schedule.name}")

    def _arn(self, rest: str) -> str:
        account, region = self.place
        return f"arn:aws:scheduler:{region}:{account}:{rest}"


def missing(what: str) -> ServiceError:
    """Give the error of something that is not there."""
    return ServiceError("ResourceNotFoundException", f"{what} does not exist.", 404)


def conflict(what: str) -> ServiceError:
    """Give the error of something that is there already."""
    return ServiceError("ConflictException", f"{what} already exists.", 409)
