"""EventBridge Scheduler as the wire sees it: schedules, schedule groups and their tags.

Members, limits and statuses of errors are those of the service model (``scheduler/2021-06-30``).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localcloud.errors import ServiceError, ValidationError
from localcloud.ports import Caller
from localcloud.schedules.schedule import (
    DEFAULT_GROUP,
    Delivery,
    Group,
    Members,
    Schedule,
    changed,
    check,
    check_times,
    with_defaults,
)
from localcloud.schedules.store import Place, Store, conflict
from localcloud.schedules.timer import Targets, Timer
from localcloud.validation import validate

SERVICE = "scheduler"

_PAGE = 100  # service model, MaxResults
_UNTRUSTED = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."

Answer = dict[str, object]


def utc_now() -> datetime:
    """Give the time, aware, in UTC."""
    return datetime.now(UTC)


class Scheduler:
    """The schedules of every account and region."""

    def __init__(self, targets: Targets, clock: Callable[[], datetime] = utc_now) -> None:
        self._targets = targets
        self._clock = clock
        self._stores: dict[Place, Store] = {}
        self.timer = Timer(self._stores, targets, clock)
        self._saved = 0

    def call(self, operation: str, caller: Caller, request: Members) -> Answer:
        """Carry out an operation; `ServiceError` as EventBridge Scheduler answers."""
        validate(SERVICE, operation, request)
        given = {name: value for name, value in request.items() if value is not None}
        if operation in {"CreateSchedule", "UpdateSchedule"}:
            self._check_role(caller, given)
        with self.timer.wake:
            answer = self._OPERATIONS[operation](self, self._store(caller), given)
            if any(store.waiting() for store in self._stores.values()):
                self.timer.start()
        return answer

    def contents(self) -> object:
        """Give all that is kept, to be saved."""
        self._saved = self.timer.revision
        stores = {place: (store.groups, store.schedules) for place, store in self._stores.items()}
        return stores, list(self.timer.deliveries)

    def fill(self, saved: tuple[Mapping[Place, tuple[Any, Any]], Sequence[Delivery]]) -> None:
        """Hold what was saved."""
        stores, deliveries = saved
        with self.timer.wake:
            for place, (groups, schedules) in stores.items():
                self._stores[place] = Store(place, groups, schedules)
            for one in deliveries:
                one.is_running = False
            self.timer.deliveries[:] = deliveries

    def resume(self) -> None:
        """Go on: what recurs has its next time; what is once and was missed is invoked now."""
        now = self._clock()
        with self.timer.wake:
            for store in self._stores.values():
                for one in store.waiting():
                    if not one.timetable.is_once:
                        one.due = one.timetable.after(now)
                        self.timer.complete(store.place, (one.group, one.name))
            if self.timer.deliveries or any(store.waiting() for store in self._stores.values()):
                self.timer.start()

    def is_busy(self) -> bool:
        """Tell whether something has changed without a request."""
        return self._saved != self.timer.revision

    def close(self) -> None:
        """End the thread."""
        self.timer.close()

    def tags(self, account: str, region: str, arn: str) -> Mapping[str, str]:
        """Give the tags of a group, none where there is no such group."""
        store = self._stores.get((account, region))
        group = store and store.groups.get(arn.rpartition("/")[2])
        return dict(group.tags) if group else {}

    def _store(self, caller: Caller) -> Store:
        place = (caller.account_id, caller.region)
        if place not in self._stores:
            self._stores[place] = Store.empty(place, self._clock())
        return self._stores[place]

    def _check_role(self, caller: Caller, request: Members) -> None:
        """Assume the role, which takes a request to STS: nothing waits for it."""
        check(with_defaults(request), self._clock())
        group = f"arn:aws:scheduler:{caller.region}:{caller.account_id}:schedule-group/{_group(request)}"
        try:
            self._targets.check_role(request["Target"]["RoleArn"], group, request["Name"], caller.region)
        except ServiceError as error:
            raise ValidationError(_UNTRUSTED) from error

    def _create(self, store: Store, request: Members) -> Answer:
        members, now = with_defaults(request), self._clock()
        group, name, token = _group(request), request["Name"], request.get("ClientToken")
        store.group(group)
        if known := store.schedules.get((group, name)):
            if token is None or (known.token, known.members) != (token, members):
                raise conflict(f"Schedule {name}")
            return {"ScheduleArn": store.schedule_arn(known)}
        check_times(members, now)
        made = Schedule(group, name, members, now, now, now, None, token)
        made.due = made.timetable.first(now)
        store.schedules[group, name] = made
        return {"ScheduleArn": store.schedule_arn(made)}

    def _update(self, store: Store, request: Members) -> Answer:
        found = store.schedule(_group(request), request["Name"])
        changed(found, with_defaults(request), self._clock())
        return {"ScheduleArn": store.schedule_arn(found)}

    def _get(self, store: Store, request: Members) -> Answer:
        found = store.schedule(_group(request), request["Name"])
        return {**found.members, **_summary(store, found), "Target": found.members["Target"]}

    def _delete(self, store: Store, request: Members) -> Answer:
        found = store.schedule(_group(request), request["Name"])
        self._remove(store, found)
        return {}

    def _remove(self, store: Store, schedule: Schedule) -> None:
        key = (schedule.group, schedule.name)
        del store.schedules[key]
        self.timer.drop(store.place, key)

    def _list(self, store: Store, request: Members) -> Answer:
        if group := request.get("GroupName"):
            store.group(group)
        found = [
            one
            for key, one in sorted(store.schedules.items())
            if key[0] == (group or key[0])
            and one.name.startswith(request.get("NamePrefix", ""))
            and request.get("State") in {None, one.members["State"]}
        ]
        return _page("Schedules", [_summary(store, one) for one in found], request)

    def _create_group(self, store: Store, request: Members) -> Answer:
        name, token = request["Name"], request.get("ClientToken")
        known = store.groups.get(name)
        if known and (token is None or known.token != token):
            raise conflict(f"Schedule group {name}")
        if not known:
            store.groups[name] = Group(name, self._clock(), _tags(request), token)
        return {"ScheduleGroupArn": store.group_arn(name)}

    def _get_group(self, store: Store, request: Members) -> Answer:
        return _described(store, store.group(request["Name"]))

    def _delete_group(self, store: Store, request: Members) -> Answer:
        group = store.group(request["Name"])
        if group.name == DEFAULT_GROUP:
            raise ValidationError("The schedule group default cannot be deleted.")
        for key, one in list(store.schedules.items()):
            if key[0] == group.name:
                self._remove(store, one)
        del store.groups[group.name]
        return {}

    def _list_groups(self, store: Store, request: Members) -> Answer:
        prefix = request.get("NamePrefix", "")
        found = [one for name, one in sorted(store.groups.items()) if name.startswith(prefix)]
        return _page("ScheduleGroups", [_described(store, one) for one in found], request)

    def _list_tags(self, store: Store, request: Members) -> Answer:
        tags = _tagged(store, request).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag(self, store: Store, request: Members) -> Answer:
        _tagged(store, request).tags |= _tags(request)
        return {}

    def _untag(self, store: Store, request: Members) -> Answer:
        group = _tagged(store, request)
        group.tags = {key: value for key, value in group.tags.items() if key not in request["TagKeys"]}
        return {}

    _OPERATIONS: Mapping[str, Callable[["Scheduler", Store, Members], Answer]] = {
        "CreateSchedule": _create,
        "UpdateSchedule": _update,
        "GetSchedule": _get,
        "DeleteSchedule": _delete,
        "ListSchedules": _list,
        "CreateScheduleGroup": _create_group,
        "GetScheduleGroup": _get_group,
        "DeleteScheduleGroup": _delete_group,
        "ListScheduleGroups": _list_groups,
        "ListTagsForResource": _list_tags,
        "TagResource": _tag,
        "UntagResource": _untag,
    }
    OPERATIONS = frozenset(_OPERATIONS)


def _group(request: Members) -> str:
    return str(request.get("GroupName") or DEFAULT_GROUP)


def _summary(store: Store, schedule: Schedule) -> Answer:
    return {
        "Arn": store.schedule_arn(schedule),
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.members["State"],
        "CreationDate": schedule.created,
        "LastModificationDate": schedule.modified,
        "Target": {"Arn": schedule.members["Target"]["Arn"]},
    }


def _described(store: Store, group: Group) -> Answer:
    return {
        "Arn": store.group_arn(group.name),
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": group.created,
        "LastModificationDate": group.created,
    }


def _tagged(store: Store, request: Members) -> Group:
    return store.group(request["ResourceArn"].rpartition("/")[2])


def _tags(request: Members) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in request.get("Tags") or ()}


def _page(name: str, found: Sequence[Answer], request: Members) -> Answer:
    token = request.get("NextToken", "0")
    if not token.isdecimal():
        raise ValidationError("Invalid NextToken.")
    start, size = int(token), request.get("MaxResults") or _PAGE
    page: Answer = {name: found[start : start + size]}
    return page | ({"NextToken": str(start + size)} if len(found) > start + size else {})
