"""From the events of a history to states: entered, tried, retried, caught, exited. Pure.

An event says which event led to it, and only some events name their state. So each event is placed by the one
before it: a failed task belongs to the state that was entered last on its way, and that state belongs to the
iteration of a Map whose start is on its way. An iteration's end leads back to the Map.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from driver.aws.history import HistoryEvent
from driver.executions.outcomes import describe_failure
from driver.executions.trace import Change, ChangeKind, Outcome, Span
from driver.model.documents import object_in
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
_ITERATION_ENDS = {
    "MapIterationSucceeded": Outcome.SUCCEEDED,
    "MapIterationFailed": Outcome.FAILED,
    "MapIterationAborted": Outcome.STOPPED,
}
_CONTAINERS = {"Map", "Parallel"}


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended; `output` is JSON, empty unless it succeeded."""

    status: StateMachineStatus
    time: datetime
    output: str = ""
    error: str = ""
    cause: str = ""


class Timeline:
    """An execution of a state machine by its events, in their order."""

    def __init__(self) -> None:
        self.started: datetime | None = None
        self.input = ""
        self.end: End | None = None
        self._spans: dict[int, Span] = {}  # by the number of the event that entered the state
        self._at: dict[int, int] = {}  # event -> the span it belongs to; 0 is outside of any
        self._branch: dict[int, tuple[str, ...]] = {}
        self._running: set[int] = set()
        self._tried: set[int] = set()  # spans whose work was started
        self._cut_off: set[int] = set()  # spans that were running when the execution ended
        self._entries: dict[tuple[tuple[str, ...], str], int] = {}

    @property
    def status(self) -> StateMachineStatus:
        """How the execution stands."""
        return self.end.status if self.end else StateMachineStatus.RUNNING

    @property
    def running(self) -> list[Span]:
        """The states that were entered and not exited, in the order of their entries."""
        return [self._spans[number] for number in sorted(self._running)]

    @property
    def spans(self) -> list[Span]:
        """All states, in the order of their entries."""
        return [self._spans[number] for number in sorted(self._spans)]

    def add(self, event: HistoryEvent) -> list[Change]:
        """Take in the next event; returns what is new."""
        self._place(event)
        if event.type == "ExecutionStarted":
            self.started, self.input = event.time, event.text("input")
        elif event.type == "ExecutionRedriven":
            self.end = None
            for number in self._cut_off:
                self._spans[number] = replace(self._spans[number], ended=None, outcome=Outcome.RUNNING)
            self._running |= self._cut_off
        elif event.type in _ENDS:
            self._finish(event)
        elif event.type.endswith("StateEntered"):
            return self._enter(event)
        elif event.type.endswith(("StateExited", "StateAborted")):
            return self._exit(event)
        elif event.type in _ITERATION_ENDS:
            branch, outcome = self._branch[event.id], _ITERATION_ENDS[event.type]
            within = {n for n in self._running if self._spans[n].branch[: len(branch)] == branch}
            self._close(within, event.time)
            self._branch[event.id] = branch[:-1]
            iteration = Span("", "", event.time, event.time, outcome, branch)
            return [Change(ChangeKind.ITERATION_ENDED, iteration, event.time)]
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
        error, cause = event.text("error"), event.text("cause")
        if number in self._running and status is StateMachineStatus.FAILED:
            # Not every failure has an event of its own: a Choice that matches nothing ends the execution.
            span = self._spans[number]
            if not span.has_failed and span.kind not in _CONTAINERS:
                self._spans[number] = replace(span, has_failed=True, reason=describe_failure(error, cause))
        self._cut_off = set(self._running)
        self._close(self._cut_off, event.time)
        self.end = End(status, event.time, event.text("output"), error, cause)

    def _enter(self, event: HistoryEvent) -> list[Change]:
        branch, state = self._branch[event.id], event.text("name")
        number = self._entries[branch, state] = self._entries.get((branch, state), 0) + 1
        kind = event.type.removesuffix("StateEntered")
        span = Span(state, kind, event.time, branch=branch, number=number, input=event.text("input"))
        self._at[event.id] = event.id
        if kind == "Fail":
            span = replace(span, ended=event.time, outcome=Outcome.FAILED)
        else:
            self._running.add(event.id)
        self._spans[event.id] = span
        return [Change(ChangeKind.ENTERED, span, event.time)]

    def _exit(self, event: HistoryEvent) -> list[Change]:
        number = self._number_of(event)
        span = self._spans.get(number)
        if span is None or number not in self._running:
            return []
        self._running.discard(number)
        outcome = Outcome.CAUGHT if span.has_failed else Outcome.SUCCEEDED
        outcome = Outcome.STOPPED if event.type.endswith("Aborted") else outcome
        span = replace(span, ended=event.time, outcome=outcome, output=event.text("output"))
        self._spans[number] = span
        return [Change(ChangeKind.EXITED, span, event.time)]

    def _close(self, numbers: set[int], time: datetime) -> None:
        """End states that no event says the end of, because what is around them ended."""
        for number in numbers:
            span = self._spans[number]
            outcome = Outcome.FAILED if span.has_failed else Outcome.STOPPED
            self._spans[number] = replace(span, ended=time, outcome=outcome)
        self._running -= numbers

    def _number_of(self, event: HistoryEvent) -> int:
        """Find the state that is exited: a Map's or Parallel's exit is led to by an event within it."""
        number, name, branch = self._at[event.id], event.text("name"), self._branch[event.id]
        if event.type in {"MapStateAborted", "ParallelStateAborted"}:
            return self._around(event, number)
        if not name or (number in self._spans and self._spans[number].name == name):
            return number
        return self._newest(n for n, span in self._open() if span.name == name and span.branch == branch)

    def _work(self, event: HistoryEvent) -> list[Change]:
        """Take in what a state does between its entry and its exit."""
        number = self._at[event.id]
        if event.type.startswith(("MapState", "ParallelState")):
            number = self._around(event, number)
        span = self._spans.get(number)
        if span is None:
            return []
        kind = None
        if event.type in _ATTEMPTS:
            attempts = span.attempts
            if number in self._tried:
                kind, attempts = ChangeKind.RETRIED, attempts + 1
            self._tried.add(number)
            work = ":".join(filter(None, (event.text("resourceType"), event.text("resource"))))
            span = replace(
                span,
                attempts=attempts,
                has_failed=False,
                is_submitted=False,
                reason="",
                resource_arn="",
                work=work,
                function=called_function(event),
            )
        elif event.type in _SUCCESSES:
            span = replace(span, has_failed=False, resource_arn=span.resource_arn or made_arn(event))
        elif event.type in _FAILURES:
            kind = ChangeKind.FAILED
            error = event.text("error") or ("States.Timeout" if event.type.endswith("TimedOut") else "")
            span = replace(span, has_failed=True, reason=describe_failure(error, event.text("cause")))
        elif event.type == "TaskSubmitted":
            span = replace(span, resource_arn=started_arn(event.text("output")), is_submitted=True)
            kind = ChangeKind.SUBMITTED if span.resource_arn else None
        self._spans[number] = span
        return [Change(kind, span, event.time)] if kind else []

    def _around(self, event: HistoryEvent, number: int) -> int:
        """Find the Map or Parallel state that an event within it is about."""
        kind = "Map" if event.type.startswith("MapState") else "Parallel"
        span = self._spans.get(number)
        if span is not None and span.kind == kind and number in self._running:
            return number
        branch = self._branch[event.id]
        return self._newest(
            n for n, span in self._open() if span.kind == kind and span.branch == branch[: len(span.branch)]
        )

    def _open(self) -> Iterable[tuple[int, Span]]:
        return ((number, self._spans[number]) for number in self._running)

    @staticmethod
    def _newest(numbers: Iterable[int]) -> int:
        return max(numbers, default=0)


def called_function(event: HistoryEvent) -> str:
    """Find the function that a state calls, by its ARN or by the name in the request to `lambda:invoke`."""
    resource = event.text("resource")
    if event.type == "LambdaFunctionScheduled":
        return resource
    is_call = event.text("resourceType") == "lambda" and resource.startswith("invoke")
    return str((object_in(event.text("parameters")) or {}).get("FunctionName", "")) if is_call else ""


def started_arn(output: str) -> str:
    """Find the ARN of the job or execution in a service's answer to a request that started one.

    A function that starts a pipeline answers with its ARN, too; Lambda calls a function's answer `Payload`.
    """
    answer = object_in(output) or {}
    payload = answer.get("Payload")
    if isinstance(payload, Mapping):
        return str(payload.get("pipelineExecutionArn", ""))
    return next((str(answer[key]) for key in answer if key.endswith(("JobArn", "ExecutionArn"))), "")


def made_arn(event: HistoryEvent) -> str:
    """Find the ARN of what a task made and did not wait for: the only ARN in its answer."""
    if not event.text("resource").startswith(("create", "start", "update")):
        return ""
    answer = object_in(event.text("output")) or {}
    arns = [str(value) for key, value in answer.items() if key.lower().endswith("arn")]
    return arns[0] if len(arns) == 1 else ""
