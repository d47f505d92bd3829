"""State machines' executions: each is a part, with its history and what it needs to be redriven.

An execution that runs is written again with each event of its history, one that has ended no more.
"""

from typing import Any

from localstack.aws.api.stepfunctions import ExecutionStatus
from localstack.services.stepfunctions.asl.eval.event.logging import CloudWatchLoggingSession
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
from localstack.services.stepfunctions.backend.state_machine import StateMachineInstance
from localstack.services.stepfunctions.backend.store import sfn_stores

from localcloud.errors import CLOUD_STOPPED
from localcloud.localstack.children import Chunk
from localcloud.localstack.history import PackedEvents
from localcloud.localstack.patches import task_tokens
from localcloud.localstack.resting import RestingWorker, revived
from localcloud.localstack.state import resuming
from localcloud.localstack.state.codec import Codec, Reduced, Revision

Values = dict[str, Any]

_waiting: list[tuple[Execution, list[tuple[str, float]] | None]] = []
"""Executions that ran, and the tokens they waited for; None for one that had not begun."""

_OF_PROCESS = ("exec_worker", "_activity_store", "_cloud_watch_logging_session")
_OF_HISTORY = ("_event_id_gen", "_history_event_list", "ended")


def teach(codec: Codec) -> None:
    """Let executions and state machines be parts."""
    codec.revisions |= {Chunk: Chunk.revision}
    codec.revisions |= {Execution: _revision, StateMachineInstance: lambda one: (*vars(one).values(),)}
    codec.reducers[Execution] = _reduced
    codec.reducers[CloudWatchLoggingSession] = lambda one: (type(one), (one.execution_arn, one.configuration))


def tokens() -> dict[str, str]:
    """Give all tokens of tasks that there were, and their state machines."""
    return task_tokens._machines


def _revision(execution: Execution) -> Revision:
    worker = execution.exec_worker
    if isinstance(worker, RestingWorker):
        runs = sum(one.version for one in worker.env.map_run_record_pool_manager.get_all())
        return str(execution.exec_status), len(worker.env.event_manager._history_event_list), runs
    history: Any = worker.env.event_manager._history_event_list if worker and worker.env else ()
    finished = worker.env.event_manager.finished if history else 0
    tokens = "".join(sorted(one.callback_id for one in list(worker.env.waiting_callbacks))) if history else ""
    runs = worker.env.map_run_record_pool_manager.get_all() if history else ()
    progress = finished + sum(one.version for one in runs)
    return str(execution.exec_status), len(history), progress, execution.redrive_count, tokens


def _reduced(execution: Execution) -> Reduced:
    kept = {name: value for name, value in vars(execution).items() if name not in _OF_PROCESS}
    session, worker = execution._cloud_watch_logging_session, execution.exec_worker
    return _execution, (type(execution), kept, session, None if worker is None else _progress(worker))


def _progress(worker: ExecutionWorker) -> Values | None:
    env = worker.env
    if env is None:
        return None
    history = env.event_manager
    runs = env.map_run_record_pool_manager.get_all()
    return {
        "history": {name: getattr(history, name) for name in _OF_HISTORY},
        "variables": env.variable_store,
        "progress": env.progress,
        "waiting": [(one.callback_id, resuming.deadline_of(one)) for one in list(env.waiting_callbacks)],
        "map_runs": {one.map_run_arn: _at_rest(one) for one in runs},
    }


def _at_rest(record: Any) -> Any:
    copied = object.__new__(type(record))
    vars(copied).update(vars(record) | {"engine": None})
    return copied


def _execution(kind: type[Execution], kept: Values, session: Any, progress: Values | None) -> Execution:
    execution: Execution = object.__new__(kind)
    vars(execution).update(kept)
    execution._cloud_watch_logging_session = session
    execution._activity_store = sfn_stores[kept["account_id"]][kept["region_name"]].activities
    execution.exec_worker = None
    if progress is not None:
        for run in progress["map_runs"].values():
            run.interrupt(CLOUD_STOPPED)
        is_over = isinstance(progress["history"]["_history_event_list"], PackedEvents)
        execution.exec_worker = (revived if is_over else _worker)(execution, progress)
    if execution.exec_status == ExecutionStatus.RUNNING:
        has_begun = progress is not None and progress["history"]["_history_event_list"]
        _waiting.append((execution, progress["waiting"] if progress and has_begun else None))
    return execution


def _worker(execution: Execution, progress: Values) -> ExecutionWorker:
    worker = execution._get_start_execution_worker()
    worker.env = env = worker._get_evaluation_environment()
    vars(env.event_manager).update(progress["history"])
    env.event_manager.started.set()
    env.variable_store = progress["variables"]
    env.progress = progress["progress"]
    env.map_run_record_pool_manager._pool.update(progress["map_runs"])
    return worker


def are_running() -> bool:
    """Tell whether an execution may go on without a request."""
    return any(
        execution.exec_status == ExecutionStatus.RUNNING
        for _, _, store in list(sfn_stores.iter_stores())
        for execution in list(store.executions.values())
    )


def resume() -> None:
    """Let executions go on that ran when the local cloud stopped."""
    resuming.apply()
    waiting, _waiting[:] = list(_waiting), []
    for execution, tokens in waiting:
        if tokens is None:  # it had not begun
            execution.exec_worker, execution.exec_status = None, None
            execution.start()
        else:
            resuming.resume(execution, tokens)
