"""The clock of the schedules: finds what is due, invokes it beside others, tries again what fails.

Sources: EventBridge Scheduler user guide, "Schedule types", "Configuring a retry policy" (exponential
backoff, at least once), "Deleting a schedule" and "Monitoring Amazon EventBridge Scheduler with Amazon
CloudWatch". Of a flexible time window the first moment is taken.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from localcloud.errors import ServiceError
from localcloud.schedules.schedule import Delivery, Schedule
from localcloud.schedules.store import Place, Store
from localcloud.schedules.targets import Call, Invocation, call_of, dead_letter_of
from localcloud.watch import WATCH, Beat, Watched

LOG = logging.getLogger(__name__)

_LOOK = 5.0  # seconds between two looks at most: the machine may sleep, and its clock may be set
_LONG = 30.0
_NAME = "schedules"
_LONGEST_PAUSE = 300.0  # seconds between two attempts
_AGAIN = frozenset({"ThrottlingException", "TooManyRequestsException", "Throttling"})


class Targets(Protocol):
    """What carries a request out in the name of a schedule's role."""

    def invoke(self, role_arn: str, group_arn: str, name: str, call: Call) -> None:
        """Send the request; `ServiceError` as the service answers, or STS."""
        ...

    def check_role(self, role_arn: str, group_arn: str, name: str, region: str) -> None:
        """Assume the role; `ServiceError` where it does not trust the scheduler."""
        ...

    def count(self, place: Place, group: str, metric: str) -> None:
        """Tell CloudWatch that something has happened in a group once more."""
        ...


class Timer:
    """Invokes the targets of all schedules; its thread begins with the first that is due at some time."""

    def __init__(
        self, stores: Mapping[Place, Store], targets: Targets, clock: Callable[[], datetime]
    ) -> None:
        self._stores = stores
        self._targets = targets
        self._clock = clock
        self.wake = threading.Condition()
        """Guards all stores and what is below; notify it of a change."""
        self.deliveries: list[Delivery] = []
        self.revision = 0
        self._thread: threading.Thread | None = None
        self._closed = False
        self._beat = Beat()

    def start(self) -> None:
        """Begin, unless it runs; `wake` is held."""
        self.wake.notify_all()
        if self._thread is None and not self._closed:
            self._begin()
            WATCH.add(
                Watched(
                    _NAME,
                    thread=lambda: self._thread,
                    is_wanted=lambda: not self._closed,
                    due=lambda: self._beat.due,
                    repair=self._begin,
                )
            )

    def close(self) -> None:
        """End; what is being invoked is not waited for."""
        with self.wake:
            self._closed = True
            self.wake.notify_all()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        me = threading.current_thread()
        while not self._closed and self._thread in {None, me}:
            self._beat.expect(_LONG)
            with self.wake:
                ready = self.take_due()
                if not ready:
                    self.wake.wait(self._pause())
            for delivery in ready:
                threading.Thread(
                    target=self.attempt, args=(delivery,), name=f"{_NAME}-{delivery.name}", daemon=True
                ).start()

    def _pause(self) -> float:
        times = [one.due for one in self.deliveries if not one.is_running]
        times += [one.due for store in self._stores.values() for one in store.waiting() if one.due]
        now = self._clock()
        return min([_LOOK, *(max((time - now).total_seconds(), 0.0) for time in times)])

    def take_due(self) -> list[Delivery]:
        """Give what is to be invoked now; `wake` is held."""
        now = self._clock()
        for place, store in self._stores.items():
            for schedule in store.waiting():
                if schedule.due is not None and schedule.due <= now:
                    self.deliveries.append(_delivery(place, store, schedule))
                    # Times that were missed, as the machine slept, are not made up for one by one.
                    schedule.due = schedule.timetable.after(now)
                    self.revision += 1
        ready = [one for one in self.deliveries if not one.is_running and one.due <= now]
        for one in ready:
            one.is_running = True
        return ready

    def attempt(self, delivery: Delivery) -> None:
        """Invoke a target once; decide what comes then."""
        self._count(delivery, "InvocationAttemptCount")
        try:
            self._send(delivery, call_of(delivery.target, delivery.invocation))
        except ServiceError as error:
            self._failed(delivery, error)
        except Exception as error:  # whatever it is, nothing waits for ever
            LOG.exception("the schedule %s failed", delivery.invocation.schedule_arn)
            self._failed(delivery, ServiceError("InternalError", str(error) or type(error).__name__))
        else:
            self._over(delivery)

    def _send(self, delivery: Delivery, call: Call) -> None:
        group = self._stores[delivery.place].group_arn(delivery.group)
        self._targets.invoke(delivery.target["RoleArn"], group, delivery.name, call)

    def _failed(self, delivery: Delivery, error: ServiceError) -> None:
        invocation, policy = delivery.invocation, delivery.target["RetryPolicy"]
        self._count(delivery, "TargetErrorThrottledCount" if error.code in _AGAIN else "TargetErrorCount")
        condition = None
        if error.status >= 500 or error.code in _AGAIN:
            again = self._clock() + timedelta(seconds=min(2.0 ** (invocation.attempt - 1), _LONGEST_PAUSE))
            if invocation.attempt > policy["MaximumRetryAttempts"]:
                condition = "MaximumRetryAttempts"
            elif again > invocation.scheduled + timedelta(seconds=policy["MaximumEventAgeInSeconds"]):
                condition = "MaximumEventAgeInSeconds"
            else:
                with self.wake:
                    if delivery in self.deliveries:  # else its schedule is deleted
                        delivery.invocation = next_attempt(invocation)
                        delivery.due, delivery.is_running = again, False
                        self.revision += 1
                        self.wake.notify_all()
                return
        if condition is not None:
            self._count(delivery, "InvocationDroppedCount")
        self._bury(delivery, error, condition)
        self._over(delivery)

    def _bury(self, delivery: Delivery, error: ServiceError, condition: str | None) -> None:
        letter = dead_letter_of(delivery.target, delivery.invocation, error, condition)
        arn, target = delivery.invocation.schedule_arn, delivery.target["Arn"]
        if letter is None:
            LOG.warning("the schedule %s could not invoke %s: %s", arn, target, error)
            return
        try:
            self._send(delivery, letter)
            self._count(delivery, "InvocationsSentToDeadLetterCount")
        except Exception as second:  # the queue may be gone, too
            self._count(delivery, "InvocationsFailedToBeSentToDeadLetterCount")
            LOG.warning(
                "the schedule %s could not invoke %s: %s; nor tell its dead-letter queue: %s",
                arn,
                target,
                error,
                second,
            )

    def _count(self, delivery: Delivery, metric: str) -> None:
        self._targets.count(delivery.place, delivery.group, metric)

    def _over(self, delivery: Delivery) -> None:
        with self.wake:
            if delivery in self.deliveries:
                self.deliveries.remove(delivery)
            self.revision += 1
            self.complete(delivery.place, (delivery.group, delivery.name))

    def complete(self, place: Place, key: tuple[str, str]) -> None:
        """Delete a schedule that is over, if it is to be deleted then; `wake` is held."""
        schedules = self._stores[place].schedules
        schedule = schedules.get(key)
        if schedule is None or schedule.due is not None or self._of(place, key):
            return
        if schedule.members["ActionAfterCompletion"] == "DELETE":
            del schedules[key]
            self.revision += 1

    def drop(self, place: Place, key: tuple[str, str]) -> None:
        """Forget the invocations of a schedule that is deleted: none is tried again; `wake` is held."""
        for one in self._of(place, key):
            self.deliveries.remove(one)

    def _of(self, place: Place, key: tuple[str, str]) -> list[Delivery]:
        return [one for one in self.deliveries if one.place == place and (one.group, one.name) == key]


def next_attempt(invocation: Invocation) -> Invocation:
    """Give the invocation as it is tried again."""
    return Invocation(
        invocation.schedule_arn, invocation.scheduled, invocation.execution_id, invocation.attempt + 1
    )


def _delivery(place: Place, store: Store, schedule: Schedule) -> Delivery:
    assert schedule.due is not None
    invocation = Invocation(store.schedule_arn(schedule), schedule.due, uuid.uuid4().hex)
    target = schedule.members["Target"]
    return Delivery(place, schedule.group, schedule.name, target, invocation, schedule.due)
