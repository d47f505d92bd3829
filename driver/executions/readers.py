"""Reading executions: a state machine's by its history, a pipeline's by its description and its steps.

Each answer of AWS is one request, and each request is made only while its answer can still change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from enum import Enum

from driver.aws.history import HistoryEvent, Reading
from driver.executions.deployed import Deployed
from driver.executions.names import Kind
from driver.executions.timeline import Timeline
from driver.executions.trace import Change, ChangeKind, Outcome, Span, Trace
from driver.model.status import StateMachineStatus, Status
from driver.model.values import PipelineExecution, Step

ANSWER_STEP = "answer-task"  # the pipeline's last step, which answers the state machine


class Request(Enum):
    """The requests that tell how an execution stands."""

    HISTORY = "GetExecutionHistory"
    STEPS = "ListPipelineExecutionSteps"
    PIPELINE = "DescribePipelineExecution"


class StateMachineReader:
    """One execution of a state machine."""

    def __init__(self, deployed: Deployed, arn: str) -> None:
        self._deployed = deployed
        self._reading = Reading()
        self.arn = arn
        self.timeline = Timeline()
        self.events: list[HistoryEvent] = []

    @property
    def status(self) -> StateMachineStatus:
        """How the execution stands."""
        return self.timeline.status

    @property
    def running(self) -> list[Span]:
        """The states that were entered and not exited."""
        return self.timeline.running

    @property
    def spans(self) -> list[Span]:
        """All states that were entered."""
        return self.timeline.spans

    @property
    def unread(self) -> int:
        """How many events are known whose predecessors are not read yet."""
        return len(self._reading.waiting)

    @property
    def version(self) -> object:
        """What differs after an answer that said something new."""
        return self._reading.read_to, self.unread

    def requests(self, parent: StateMachineStatus | None = None) -> Iterator[Request]:
        """Give the requests whose answers can still change."""
        if not self.status.is_terminal:
            yield Request.HISTORY

    def ask(self, request: Request = Request.HISTORY) -> list[Change]:
        """Make one request; returns what is new."""
        page = self._deployed.connection.state_machines.history(self.arn, self._reading)
        self._reading, events = self._reading.take(page)
        self.events += events
        return [change for event in events for change in self.timeline.add(event)]

    def read(self) -> None:
        """Read all there is by now, page after page: 25 requests for 25,000 events, AWS's limit."""
        self.ask()
        while self.unread:
            self.ask()

    def trace(
        self, definition: Mapping[str, object] | None = None, children: tuple[Trace, ...] = ()
    ) -> Trace:
        """Put what was read into a trace."""
        end = self.timeline.end
        return Trace(
            arn=self.arn,
            kind=self._deployed.kind_of(self.arn),
            status=self.status,
            started=self.timeline.started,
            ended=end.time if end else None,
            definition=definition or {},
            input=self.timeline.input,
            output=end.output if end else "",
            error=end.error if end else "",
            cause=end.cause if end else "",
            spans=tuple(self.spans),
            children=children,
        )


class PipelineReader:
    """One execution of a pipeline."""

    def __init__(self, deployed: Deployed, arn: str) -> None:
        self._deployed = deployed
        self._pipelines = deployed.connection.pipelines
        self._execution: PipelineExecution | None = None
        self._steps: tuple[Step, ...] = ()
        self._steps_are_final = False  # they were listed after the execution was seen to have ended
        self.arn = arn

    @property
    def status(self) -> Status:
        """How the execution stands; UNKNOWN while it was not asked for."""
        return self._execution.status if self._execution else Status.UNKNOWN

    @property
    def running(self) -> list[Span]:
        """The steps that run."""
        return [span for span in self.spans if span.ended is None]

    @property
    def spans(self) -> list[Span]:
        """All steps that were started."""
        return [_span(step, step.started) for step in self._steps if step.started]

    @property
    def last_end(self) -> datetime | None:
        """When the last step ended, while none runs."""
        if self._runs:
            return None
        return max((step.ended for step in self._steps if step.ended), default=None)

    @property
    def version(self) -> object:
        """What differs after an answer that said something new."""
        return self._execution, self._steps, self._steps_are_final

    def requests(self, parent: StateMachineStatus | None = None) -> Iterator[Request]:
        """Give the requests whose answers can still change.

        Parameters
        ----------
        parent
            The status of the state machine's execution that waits for this one; None if there is none.
        """
        is_known = self._execution is not None or parent is not None
        if is_known and not (self._steps_are_final or self._is_answered):
            yield Request.STEPS
        if self.status.is_terminal:
            return
        if parent is None or parent.is_terminal:
            # Once its last step has told the state machine of a success, the pipeline has nothing left to do.
            is_useful = not (parent is StateMachineStatus.SUCCEEDED and self._is_answered)
        else:
            is_useful = not (self._runs or self._is_answered)
        if is_useful:
            yield Request.PIPELINE

    def ask(self, request: Request) -> list[Change]:
        """Make one request; returns what is new."""
        if request is Request.PIPELINE:
            self._execution = self._pipelines.describe(self.arn)
            return []
        before = {step.name: step.status for step in self._steps}
        self._steps = self._pipelines.steps(self.arn)
        self._steps_are_final = self.status.is_terminal
        return [
            Change(ChangeKind.STATUS, _span(step, started), step.ended or started)
            for step in self._steps
            if (started := step.started or step.ended) and before.get(step.name) is not step.status
        ]

    def read(self) -> None:
        """Read all there is by now."""
        self.ask(Request.PIPELINE)
        self.ask(Request.STEPS)

    def trace(self, definition: Mapping[str, object] | None = None, parameters: str = "") -> Trace:
        """Put what was read into a trace.

        Parameters
        ----------
        definition
            The pipeline's: it knows the types of the steps, even of one that failed before it did anything.
        parameters
            JSON of what the execution was started with.
        """
        execution, kinds = self._execution, dict(_kinds((definition or {}).get("Steps")))
        return Trace(
            arn=self.arn,
            kind=Kind.PIPELINE,
            status=self.status,
            started=execution.started if execution else None,
            ended=execution.ended if execution else None,
            definition=definition or {},
            input=parameters,
            cause=execution.reason if execution else "",
            spans=tuple(replace(span, kind=kinds.get(span.name, span.kind)) for span in self.spans),
        )

    @property
    def _runs(self) -> bool:
        return any(not step.status.is_terminal for step in self._steps)

    @property
    def _is_answered(self) -> bool:
        """Whether the last step has ended: no step comes after it."""
        answered = any(step.name == ANSWER_STEP and step.status.is_terminal for step in self._steps)
        return answered and not self._runs


Reader = StateMachineReader | PipelineReader


def reader_of(deployed: Deployed, arn: str) -> Reader:
    """Make the reader of an execution."""
    if deployed.kind_of(arn) is Kind.PIPELINE:
        return PipelineReader(deployed, arn)
    return StateMachineReader(deployed, arn)


def _span(step: Step, started: datetime) -> Span:
    is_cached = step.is_cached and step.status is Status.SUCCEEDED
    return Span(
        name=step.name,
        kind=step.type,
        started=started,
        ended=step.ended,
        outcome=Outcome.CACHED if is_cached else Outcome.of(step.status),
        attempts=step.attempts,
        reason=step.reason,
        resource_arn=step.resource_arn,
        output=step.output,
        has_failed=step.status.is_failure,
        status=step.status,
        work=step.waits_for,
        function=step.waits_for if ":function:" in step.waits_for else "",
    )


def _kinds(steps: object) -> Iterator[tuple[str, str]]:
    """Go through the steps of a definition, those within conditions too; give names and types."""
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, Mapping):
            continue
        yield str(step.get("Name")), str(step.get("Type"))
        arguments = step.get("Arguments")
        if isinstance(arguments, Mapping):
            yield from _kinds(arguments.get("IfSteps"))
            yield from _kinds(arguments.get("ElseSteps"))
