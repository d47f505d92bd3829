"""A Map Run: its child executions, how they are described, and the threads that run them."""

import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any

from localstack.aws.api.stepfunctions import (
    ExecutionRedrivenEventDetails,
    ExecutionStartedEventDetails,
    HistoryEventExecutionDataDetails,
    HistoryEventType,
    MapRunStatus,
)
from localstack.services.stepfunctions.asl.component.program.program import Program
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E501
    MapRunRecord,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramTimedOut,
)
from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

from localcloud.localstack.children import AGAIN, PENDING, SUCCEEDED, Child, Children, iso
from localcloud.localstack.patches.execution_threads import CAUSE, EXECUTIONS
from localcloud.states_language.batches import is_exceeded
from localcloud.watch import WATCH

LOG = logging.getLogger(__name__)

MOST = 50
"""So many children of one Map Run run at once. AWS runs 10,000; here each needs two threads."""

MAX_REDRIVES = 1000


class MapRun(MapRunRecord):
    """A Map Run as it is kept and described.

    - `files`: what was exported, as the manifest tells it.
    - `engine`: what runs its children, while it runs; not saved.
    """

    max_concurrency: int
    tolerated_failure_count: int
    tolerated_failure_percentage: float

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.children = Children()
        self.is_express = False
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.version = 0
        self.engine: Engine | None = None

    @property
    def execution_prefix(self) -> str:
        """The ARN of its children, without their names."""
        kind = "express" if self.is_express else "execution"
        return f"{self.map_state_machine_arn.replace(':stateMachine:', f':{kind}:')}:"

    @property
    def label(self) -> str:
        """The label of its Map state, or what stands for it."""
        return str(self.map_state_machine_arn.rpartition("/")[2])

    def take(self, fresh: "MapRun") -> None:
        """Run again with the limits of a new one."""
        now = datetime.now(UTC)
        self.tolerated_failure_count = fresh.tolerated_failure_count
        self.tolerated_failure_percentage = fresh.tolerated_failure_percentage
        self.max_concurrency = fresh.max_concurrency
        self.status, self.stop_date = MapRunStatus.RUNNING, None
        self.redrive_count += 1
        self.redrive_date = now
        self.children.redrive(now)
        self.version += 1

    def set_stop(self, status: MapRunStatus) -> None:
        """End."""
        self.children.settle()
        self.engine = None
        super().set_stop(status)
        self.version += 1

    def interrupt(self, cause: str) -> None:
        """Fail, with what runs: the process that ran it has ended."""
        if self.status == MapRunStatus.RUNNING:
            self.children.interrupt("States.TaskFailed", cause)
            self.set_stop(MapRunStatus.FAILED)

    def describe(self) -> Any:
        """Give what DescribeMapRun answers."""
        now = datetime.now(UTC)
        described = super().describe() | {
            "itemCounts": self.children.count(now, of_items=True),
            "executionCounts": self.children.count(now, of_items=False),
            "redriveCount": self.redrive_count,
        }
        return described if self.redrive_date is None else described | {"redriveDate": self.redrive_date}


class Engine:
    """Runs the children of a Map Run, a bounded number at once, until all have ended or too many have failed.

    `make`: makes the environment of a child.
    """

    def __init__(self, run: MapRun, program: Program, make: Callable[[Child], Environment]) -> None:
        self._run, self._program, self._make = run, program, make
        self._lock = Lock()
        waiting = [one for one in run.children if one.status in {PENDING, AGAIN}]
        self._pending = deque(waiting)
        self._running: dict[int, Environment] = {}
        self._workers = 0
        self._over = Event()
        self._failed, self._total = run.children.failed_items()
        self.is_exceeded = self._is_closed = False

    def run(self) -> None:
        """Run all children; return when they have ended, or the Map Run has."""
        self.adapt()
        self._over.wait()

    def adapt(self) -> None:
        """Heed the concurrency of the Map Run: start threads, or have as many end as are too many."""
        with self._lock:
            missing = min(self._limit() - self._workers, len(self._pending))
            for _ in range(missing):
                self._workers += 1
                Thread(target=self._work, name="map-run-child", daemon=True).start()
            if not self._workers:
                self._over.set()

    def close(self) -> None:
        """Abort what runs, and begin nothing more."""
        with self._lock:
            self._is_closed = True
            self._pending.clear()
            running = list(self._running.values())
        for env in running:
            env.set_stop(stop_date=datetime.now(UTC), cause=None, error=None)
        for one in self._run.children:
            one.end("ABORTED")
        self._over.set()

    def stop(self, child: Child, error: str | None, cause: str | None) -> None:
        """Stop one child."""
        with self._lock:
            env = self._running.get(child.index)
        if env is not None:
            env.set_stop(stop_date=datetime.now(UTC), cause=cause, error=error)
            child.end("ABORTED", error=error, cause=cause)

    def _limit(self) -> int:
        return min(self._run.max_concurrency or MOST, MOST)

    def _work(self) -> None:
        while (child := self._next()) is not None:
            try:
                env = self._begin(child)
                self._program.eval(env)
                self._conclude(child, env)
            except BaseException:  # whatever ends this thread, its child has ended
                LOG.exception("A child execution of %s has ended by an internal error", self._run.map_run_arn)
                WATCH.note(EXECUTIONS, "a child execution ended by an internal error and failed")
                child.end("FAILED", error="States.Runtime", cause=CAUSE)
            with self._lock:
                self._running.pop(child.index, None)
                self._run.version += 1
                if child.status in {"FAILED", "TIMED_OUT"}:
                    self._failed += child.items
                run = self._run
                limits = run.tolerated_failure_count or 0, run.tolerated_failure_percentage or 0
                is_too_much = not self.is_exceeded and is_exceeded(self._failed, self._total, *limits)
                self.is_exceeded = self.is_exceeded or is_too_much
            if is_too_much:
                self.close()

    def _next(self) -> Child | None:
        with self._lock:
            if self._pending and self._workers <= self._limit():
                return self._pending.popleft()
            self._workers -= 1
            if not self._workers:
                self._over.set()
            return None

    def _begin(self, child: Child) -> Environment:
        is_again = child.status == AGAIN
        keeps = is_again and not self._run.is_express
        before = child.history() if keeps else []
        env = self._make(child)
        history = env.event_manager
        history._history_event_list = before
        history._event_id_gen._next_id = len(before) + 1
        child.begin(before, env.progress)
        told = env.states.context_object.context_object_data["Execution"]
        told["RedriveCount"] = child.redrives  # developer guide, "Context object"; 0 before the first
        if child.redrives and child.redriven and not self._run.is_express:
            told["RedriveTime"] = iso(child.redriven)
        with self._lock:
            self._running[child.index] = env
            is_closed = self._is_closed
        if is_closed:
            env.set_stop(stop_date=datetime.now(UTC), cause=None, error=None)
        if keeps:
            details = EventDetails(
                executionRedrivenEventDetails=ExecutionRedrivenEventDetails(redriveCount=child.redrives)
            )
            env.event_history_context.source_event_id = len(before)
            history.add_event(env.event_history_context, HistoryEventType.ExecutionRedriven, details)
        else:
            data = HistoryEventExecutionDataDetails(truncated=False)
            started = ExecutionStartedEventDetails(
                input=child.given, inputDetails=data, roleArn=env.aws_execution_details.role_arn
            )
            history.add_event(
                env.event_history_context,
                HistoryEventType.ExecutionStarted,
                EventDetails(executionStartedEventDetails=started),
                update_source_event_id=False,
            )
        return env

    def _conclude(self, child: Child, env: Environment) -> None:
        state = env.program_state()
        if isinstance(state, ProgramEnded):
            child.end(SUCCEEDED, to_json_str(env.states.get_input(), separators=(",", ":")))
        elif isinstance(state, ProgramError):
            error = state.error or {}
            child.end("FAILED", error=error.get("error"), cause=error.get("cause"))
        elif isinstance(state, ProgramTimedOut):
            child.end("TIMED_OUT")
        else:
            child.end("ABORTED", error=getattr(state, "error", None), cause=getattr(state, "cause", None))
