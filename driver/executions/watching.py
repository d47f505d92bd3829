"""Watching an execution and those that it waits for: one request a look.

Asking once a second thus means one request a second, however many executions there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from driver.executions.deployed import Deployed
from driver.executions.names import Kind
from driver.executions.readers import PipelineReader, Reader, Request, StateMachineReader, reader_of
from driver.executions.trace import Change, ChangeKind, Span, Trace
from driver.model.status import StateMachineStatus, Status

_IN_A_ROW = 3  # looks at what runs, until the executions around it are looked at
Question = tuple[str, Request]  # an execution's ARN, and what is asked of it


@dataclass(frozen=True, slots=True)
class Progress:
    """What one look brought; two are equal if nothing is new."""

    versions: tuple[object, ...]  # what is known of each execution
    changes: tuple[Change, ...] = field(compare=False)
    has_ended: bool  # of the execution; a pipeline that it started may take a little longer
    is_complete: bool  # all has ended, and all of it was seen


class Watch:
    """One execution, and the executions that its states wait for."""

    def __init__(self, deployed: Deployed, arn: str) -> None:
        self.deployed = deployed
        self._readers: dict[str, Reader] = {arn: reader_of(deployed, arn)}
        self.arn = arn
        self._held: list[Change] = []
        self.asked: list[Question] = []

    @property
    def root(self) -> Reader:
        """The reader of the execution itself."""
        return self._readers[self.arn]

    @property
    def kind(self) -> Kind:
        """What it is an execution of."""
        return self.deployed.kind_of(self.arn)

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.deployed.short_name(self.arn)

    @property
    def status(self) -> str:
        """AWS's status of the execution, and that of its pipeline where that is of interest."""
        pipeline = self.pipeline
        if pipeline is None or pipeline is self.root or pipeline.status is Status.UNKNOWN:
            return self.root.status
        if pipeline.status is Status.EXECUTING and not self.has_ended:
            return self.root.status
        return f"{self.root.status}, pipeline {pipeline.status}"

    @property
    def pipeline(self) -> PipelineReader | None:
        """The pipeline execution: itself, or the last that it started."""
        readers = [reader for reader, _, _ in self._tree() if isinstance(reader, PipelineReader)]
        return readers[-1] if readers else None

    @property
    def has_ended(self) -> bool:
        """Whether the execution has ended; a pipeline that it started may take a little longer."""
        return self.root.status.is_terminal

    @property
    def is_complete(self) -> bool:
        """Whether all has ended and all of it was seen."""
        return self._next() is None

    @property
    def running(self) -> list[Span]:
        """The innermost states and steps that run."""
        return [
            span
            for reader, _, _ in self._tree()
            for span in reader.running
            if not self._runs(span.execution_arn)
        ]

    @property
    def has_begun(self) -> bool:
        """Whether a state was entered or a step started."""
        return any(reader.spans for reader in self._readers.values())

    @property
    def last_step_ended(self) -> datetime | None:
        """When the pipeline's last step ended, while the next one or the end is waited for."""
        pipeline = None if self.has_ended else self.pipeline
        return pipeline.last_end if pipeline else None

    @property
    def unread(self) -> int:
        """How many events are known whose predecessors are not read yet."""
        return sum(r.unread for r in self._readers.values() if isinstance(r, StateMachineReader))

    def look(self) -> Progress:
        """Make the request that is most likely to bring news; none if there can be none any more."""
        question, changes = self._next(), list[Change]()
        if question:
            arn, request = question
            self.asked.append(question)
            depth = next(depth for reader, depth, _ in self._tree() if reader.arn == arn)
            reader = self._readers[arn]
            changes = [replace(change, depth=depth) for change in reader.ask(request)]
            for found in self._started(reader):
                self._readers.setdefault(found, reader_of(self.deployed, found))
            if isinstance(reader, StateMachineReader):
                changes = self._hold(reader, changes)
            elif request is Request.STEPS or self.is_complete:
                changes, self._held = [*changes, *self._held], []
        versions = tuple(reader.version for reader in self._readers.values())
        return Progress(versions, tuple(changes), self.has_ended, self.is_complete)

    def _hold(self, reader: StateMachineReader, changes: list[Change]) -> list[Change]:
        """Keep back what followed the start of a pipeline until its last steps are listed."""
        pipelines = [child for child in self._children(reader) if isinstance(child, PipelineReader)]
        if not reader.status.is_terminal or not any(
            Request.STEPS in pipeline.requests(reader.status) for pipeline in pipelines
        ):
            return changes
        started = [number for number, change in enumerate(changes, 1) if change.kind is ChangeKind.SUBMITTED]
        shown = max(started, default=0)
        self._held = changes[shown:]
        return changes[:shown]

    def catch_up(self) -> None:
        """Look at once until the execution itself is read."""
        self.look()
        while self.unread:
            self.look()

    def trace(self) -> Trace:
        """Put what was seen into a trace, without definitions."""
        return self._trace(self.root)

    def _trace(self, reader: Reader) -> Trace:
        if isinstance(reader, PipelineReader):
            return reader.trace()
        return reader.trace(children=tuple(self._trace(child) for child in self._children(reader)))

    def _next(self) -> Question | None:
        """Choose the next request.

        The innermost executions that run go before all else, with one request about the others after every
        three. Otherwise it is what was not asked for the longest time.
        """
        useful = [
            (reader.arn, request) for reader, _, parent in self._tree() for request in reader.requests(parent)
        ]
        running = [question for question in useful if question in self._innermost()]
        others = [question for question in useful if question not in running]
        last = self.asked[-_IN_A_ROW:]
        if running and others:
            is_others_turn = len(last) == _IN_A_ROW and all(question in running for question in last)
            useful = others if is_others_turn else running
        newest_first = self.asked[::-1]
        return max(
            useful,
            key=lambda asked: newest_first.index(asked) if asked in newest_first else len(newest_first),
            default=None,
        )

    def _innermost(self) -> list[Question]:
        """Give the requests about executions that do something themselves."""
        found: list[Question] = []
        for reader, _, _ in self._tree():
            if isinstance(reader, PipelineReader):
                found += [(reader.arn, Request.STEPS)] if reader.running else []
            elif reader is not self.root and not self._children(reader):
                found.append((reader.arn, Request.HISTORY))
        return found

    def _tree(self) -> Iterator[tuple[Reader, int, StateMachineStatus | None]]:
        """Go through the execution and what it waits for: each with its depth and its parent's status."""

        def below(
            reader: Reader, depth: int, parent: StateMachineStatus | None
        ) -> Iterator[tuple[Reader, int, StateMachineStatus | None]]:
            yield reader, depth, parent
            for child in self._children(reader):
                if isinstance(reader, StateMachineReader):
                    yield from below(child, depth + 1, reader.status)

        return below(self.root, 0, None)

    def _children(self, reader: Reader) -> list[Reader]:
        return [self._readers[arn] for arn in self._started(reader)]

    @staticmethod
    def _started(reader: Reader) -> list[str]:
        """Find the executions that states wait for, and pipelines, which end a little after their states."""
        if isinstance(reader, PipelineReader):
            return []
        submitted = (span for span in reader.spans if span.is_submitted and span.execution_arn)
        arns = (s.execution_arn for s in submitted if s.ended is None or "/execution/" in s.execution_arn)
        return list(dict.fromkeys(arns))

    def _runs(self, arn: str) -> bool:
        return arn in self._readers and not self._readers[arn].status.is_terminal
