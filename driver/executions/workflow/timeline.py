"""From events to what happened: which state in which branch was entered, tried, retried, caught, left. Pure.

An event says which event led to it, and only some name their state. So each is placed by the one before it:
a failed task belongs to the state that was entered last on its way, and that to the iteration of a Map whose
start is on its way. An iteration's end leads back to the Map.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from driver.aws.history import HistoryEvent
from driver.executions.workflow.happenings import End, Happening, Visit, What, made_arn, started_arn
from driver.model.status import StateMachineStatus

_ENDS = {
    "ExecutionSucceeded": StateMachineStatus.SUCCEEDED,
    "ExecutionFailed": StateMachineStatus.FAILED,
    "ExecutionTimedOut": StateMachineStatus.TIMED_OUT,
    "ExecutionAborted": StateMachineStatus.ABORTED,
}
_ATTEMPTS = {
    "TaskScheduled",
    "LambdaFunctionScheduled",
    "ActivityScheduled",
    "MapStateStarted",
    "ParallelStateStarted",
}
_SUCCESSES = {
    "TaskSucceeded",
    "LambdaFunctionSucceeded",
    "ActivitySucceeded",
    "MapStateSucceeded",
    "ParallelStateSucceeded",
}
_FAILURES = {
    "TaskFailed",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "TaskTimedOut",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "MapRunFailed",
    "MapStateFailed",
    "ParallelStateFailed",
}
_ITERATION_ENDS = {"MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted"}
_TIMED_OUT = "States.Timeout"


_ITERATIONS = {
    "MapIterationSucceeded": What.ITERATION_SUCCEEDED,
    "MapIterationFailed": What.ITERATION_FAILED,
    "MapIterationAborted": What.ITERATION_ABORTED,
}


class Timeline:
    """An execution as its events tell it, in their order."""

    def __init__(self) -> None:
        self.started: datetime | None = None
        self.input = ""
        self.end: End | None = None
        self._stays: dict[int, Visit] = {}  # by the number of the event that entered; 0 is outside
        self._at: dict[int, int] = {}  # event -> the stay it belongs to
        self._branch: dict[int, tuple[str, ...]] = {}
        self._running: set[int] = set()
        self._cut_off: set[int] = set()  # the stays in which the execution ended
        self._visits: dict[tuple[tuple[str, ...], str], int] = {}

    @property
    def status(self) -> StateMachineStatus:
        """How the execution stands."""
        return self.end.status if self.end else StateMachineStatus.RUNNING

    @property
    def running(self) -> list[Visit]:
        """The states that are being stayed in, in the order they were entered."""
        return [self._stays[number] for number in sorted(self._running)]

    @property
    def visits(self) -> list[Visit]:
        """All stays, in the order they were entered."""
        return [self._stays[number] for number in sorted(self._stays)]

    @property
    def failures(self) -> list[Visit]:
        """The stays that failed for good, whether or not that was caught, in the order they were entered."""
        return [visit for visit in self.visits if visit.has_failed]

    def add(self, event: HistoryEvent) -> list[Happening]:
        """Take in the next event; returns what happened by it."""
        self._place(event)
        if event.type == "ExecutionStarted":
            self.started, self.input = event.time, event.text("input")
        elif event.type == "ExecutionRedriven":
            self.end = None
            for number in self._cut_off:
                self._stays[number] = replace(self._stays[number], left=None, how=None)
            self._running |= self._cut_off
        elif event.type in _ENDS:
            self._finish(event)
        elif event.type.endswith("StateEntered"):
            return self._enter(event)
        elif event.type.endswith(("StateExited", "StateAborted")):
            return self._leave(event)
        elif event.type in _ITERATIONS:
            iteration = Visit(branch=self._branch[event.id])
            self._close(self._within(iteration.branch), event.time)
            self._branch[event.id] = self._branch[event.id][:-1]
            return [Happening(_ITERATIONS[event.type], iteration, event.time)]
        else:
            return self._work(event)
        return []

    def _place(self, event: HistoryEvent) -> None:
        """Put an event where the one that led to it is."""
        self._at[event.id] = self._at.get(event.previous, 0)
        self._branch[event.id] = self._branch.get(event.previous, ())
        if event.type == "MapIterationStarted":
            iteration = f"{event.text('name')}[{event.text('index')}]"
            self._branch[event.id] = (*self._branch[event.id], iteration)

    def _finish(self, event: HistoryEvent) -> None:
        number, status = self._at[event.id], _ENDS[event.type]
        if number in self._running and status is StateMachineStatus.FAILED:
            # Not every failure has an event of its own: a Choice that matches nothing ends the execution.
            visit = self._stays[number]
            if not visit.has_failed and visit.kind not in {"Map", "Parallel"}:
                error, cause = event.text("error"), event.text("cause")
                self._stays[number] = replace(visit, has_failed=True, error=error, cause=cause)
        self._cut_off = set(self._running)
        self._close(self._cut_off, event.time)
        self.end = End(
            status=status,
            time=event.time,
            output=event.text("output"),
            error=event.text("error"),
            cause=event.text("cause"),
        )

    def _enter(self, event: HistoryEvent) -> list[Happening]:
        branch, state = self._branch[event.id], event.text("name")
        number = self._visits[branch, state] = self._visits.get((branch, state), 0) + 1
        kind = event.type.removesuffix("StateEntered")
        visit = Visit(state, kind, branch, event.time, number, input=event.text("input"))
        self._stays[event.id] = visit
        self._at[event.id] = event.id
        if visit.kind == "Fail":
            self._stays[event.id] = replace(visit, left=event.time, how=What.FAILED)
        else:
            self._running.add(event.id)
        return [Happening(What.ENTERED, visit, event.time)]

    def _leave(self, event: HistoryEvent) -> list[Happening]:
        number = self._stay_of(event)
        visit = self._stays.get(number)
        if visit is None or number not in self._running:
            return []
        self._running.discard(number)
        left = What.CAUGHT if visit.has_failed else What.LEFT
        how = What.ABORTED if event.type.endswith("Aborted") else left
        visit = replace(visit, left=event.time, how=how, output=event.text("output"))
        self._stays[number] = visit
        return [Happening(how, visit, event.time)]

    def _within(self, branch: tuple[str, ...]) -> set[int]:
        """Find what is being stayed in within an iteration of a Map."""
        return {n for n in self._running if self._stays[n].branch[: len(branch)] == branch}

    def _close(self, numbers: set[int], time: datetime) -> None:
        """End stays that nothing says the end of, because what is around them ended."""
        for number in numbers:
            visit = self._stays[number]
            how = What.FAILED if visit.has_failed else What.ABORTED
            self._stays[number] = replace(visit, left=time, how=how)
        self._running -= numbers

    def _stay_of(self, event: HistoryEvent) -> int:
        """Find the stay that ends: a Map's or Parallel's end is led to by something within it."""
        number, name, branch = self._at[event.id], event.text("name"), self._branch[event.id]
        if event.type in {"MapStateAborted", "ParallelStateAborted"}:
            return self._around(event, number)
        if not name or (number in self._stays and self._stays[number].state == name):
            return number
        stays = (n for n in self._running if self._stays[n].state == name and self._stays[n].branch == branch)
        return max(stays, default=0)

    def _work(self, event: HistoryEvent) -> list[Happening]:
        """Take in what a state does between being entered and being left."""
        number = self._at[event.id]
        if event.type.startswith(("MapState", "ParallelState")):
            number = self._around(event, number)
        visit = self._stays.get(number)
        if visit is None:
            return []
        what = None
        if event.type in _ATTEMPTS:
            what = What.RETRIED if visit.attempts else None
            service = ":".join(filter(None, (event.text("resourceType"), event.text("resource"))))
            visit = replace(
                visit,
                attempts=visit.attempts + 1,
                has_failed=False,
                error="",
                cause="",
                job_arn="",
                service=service,
            )
        elif event.type in _SUCCESSES:
            visit = replace(visit, has_failed=False, made_arn=made_arn(event))
        elif event.type in _FAILURES:
            what = What.FAILED
            error = event.text("error") or (_TIMED_OUT if event.type.endswith("TimedOut") else "")
            visit = replace(visit, has_failed=True, error=error, cause=event.text("cause"))
        elif event.type == "TaskSubmitted":
            visit = replace(visit, job_arn=started_arn(event.text("output")))
            what = What.SUBMITTED if visit.job_arn else None
        self._stays[number] = visit
        return [Happening(what, visit, event.time)] if what else []

    def _around(self, event: HistoryEvent, number: int) -> int:
        """Find the Map or Parallel state that an event within it is about."""
        kind = "Map" if event.type.startswith("MapState") else "Parallel"
        visit = self._stays.get(number)
        if visit is not None and visit.kind == kind and number in self._running:
            return number
        branch = self._branch[event.id]
        stays = (
            n
            for n in self._running
            if self._stays[n].kind == kind and self._stays[n].branch == branch[: len(self._stays[n].branch)]
        )
        return max(stays, default=0)
