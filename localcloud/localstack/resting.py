"""Executions that have ended, kept small: as what describes them, and what a redrive goes on with.

LocalStack keeps what ran an execution: its environment, locks, and each event as a dictionary.
"""

import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from localstack.aws.api.stepfunctions import ExecutionStatus
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E501
    MapRunRecordPoolManager,
)
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
from localstack.services.stepfunctions.backend.state_machine import StateMachineInstance

from localcloud.localstack.history import PackedEvents
from localcloud.localstack.progress import Progress


class _NoRuns(MapRunRecordPoolManager):
    """The Map Runs of an execution without any."""

    def get_all(self) -> list[Any]:
        """Give none."""
        return []


_NO_RUNS, _NOTHING = _NoRuns(), Progress()


class RestingHistory:
    """The history of an execution that has ended."""

    __slots__ = ("_cloud_watch_logging_session", "_event_id_gen", "_history_event_list", "finished")
    ended: ClassVar[bool] = True

    def __init__(self, session: Any, generator: Any, events: Sequence[Any], finished: int) -> None:
        self._cloud_watch_logging_session, self._event_id_gen = session, generator
        self._history_event_list, self.finished = events, finished

    def get_event_history(self) -> list[Any]:
        """Give the events."""
        return list(self._history_event_list)


class RestingEnvironment:
    """What an environment is asked for once its execution has ended."""

    __slots__ = ("_state_mutex", "event_manager", "map_run_record_pool_manager", "progress", "variable_store")
    waiting_callbacks: ClassVar[Sequence[Any]] = ()

    def __init__(self, history: RestingHistory, runs: Any, variables: Any, progress: Progress) -> None:
        self._state_mutex = threading.RLock()
        self.event_manager, self.variable_store, self.progress = history, variables, progress
        self.map_run_record_pool_manager = runs


class RestingWorker:
    """In place of the worker of an execution that has ended."""

    __slots__ = ("_execution", "env")

    def __init__(self, execution: Execution, env: RestingEnvironment) -> None:
        self._execution, self.env = execution, env

    def awake(self) -> ExecutionWorker:
        """Make a worker like the one that it had."""
        return self._execution._get_start_execution_worker()

    def stop(self, **_: object) -> None:
        """Do nothing: it has ended."""


_machines: "weakref.WeakValueDictionary[tuple[str, str | None], StateMachineInstance]" = (
    weakref.WeakValueDictionary()
)
"""What executions that have ended share; by ARN and revision."""

_OF_MACHINE = ("name", "definition", "role_arn", "create_date", "sm_type", "logging_config", "tracing_config")


def rest(execution: Execution) -> None:
    """Keep only what is needed of an execution that has ended; whoever ends it holds its lock."""
    env = execution.exec_worker.env
    history = env.event_manager
    with history.adding:
        if not history.ended:
            return
    packed = PackedEvents(history._history_event_list)
    resting = RestingHistory(
        execution._cloud_watch_logging_session, history._event_id_gen, packed, history.finished
    )
    runs = env.map_run_record_pool_manager if env.map_run_record_pool_manager.get_all() else _NO_RUNS
    is_redrivable = execution.exec_status != ExecutionStatus.SUCCEEDED
    variables, progress = (env.variable_store, env.progress) if is_redrivable else (None, _NOTHING)
    execution.exec_worker = RestingWorker(execution, RestingEnvironment(resting, runs, variables, progress))
    execution.state_machine = _shared(execution.state_machine)


def _shared(machine: StateMachineInstance) -> StateMachineInstance:
    """Give an equal copy that other executions have: each begins with a copy of its own."""
    key = machine.arn, machine.revision_id
    known = _machines.get(key)
    if known is not None and all(getattr(known, name) == getattr(machine, name) for name in _OF_MACHINE):
        return known
    _machines[key] = machine
    return machine


def revived(execution: Execution, saved: Mapping[str, Any]) -> RestingWorker:
    """Make an execution's worker of what was saved."""
    history = saved["history"]
    runs = _NO_RUNS
    if saved["map_runs"]:
        runs = MapRunRecordPoolManager()
        runs._pool.update(saved["map_runs"])
    resting = RestingHistory(
        execution._cloud_watch_logging_session, history["_event_id_gen"], history["_history_event_list"], 0
    )
    return RestingWorker(execution, RestingEnvironment(resting, runs, saved["variables"], saved["progress"]))
