"""Runs an execution of a state machine from where it stood: after a redrive, or a stop of the local cloud."""

from collections.abc import Callable

from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventManager
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker

from localcloud.localstack.patches.progress import take_up
from localcloud.localstack.resting import RestingWorker


class ContinuedWorker(ExecutionWorker):
    """Runs an execution from where it stood, with the variables that it had.

    - `continued`: makes the history that is added to, of the one before.
    - `error`: what it failed with.
    """

    def __init__(
        self,
        before: ExecutionWorker | RestingWorker,
        continued: Callable[[EventManager], EventManager],
        error: str | None = None,
    ) -> None:
        if isinstance(before, RestingWorker):
            env, before = before.env, before.awake()
            before.env = env
        super().__init__(
            evaluation_details=before._evaluation_details,
            exec_comm=before._execution_communication,
            cloud_watch_logging_session=before._cloud_watch_logging_session,
            activity_store=before._activity_store,
            local_mock_test_case=before._local_mock_test_case,
        )
        self._before, self._continued, self._error = before, continued, error

    def _get_evaluation_environment(self) -> Environment:
        if self.env is not None:
            return self.env
        env = super()._get_evaluation_environment()
        before = self._before.env
        env.event_manager = self._continued(before.event_manager)
        if before.map_run_record_pool_manager.get_all():
            env.map_run_record_pool_manager = before.map_run_record_pool_manager
        env.variable_store = before.variable_store
        take_up(env, before.progress.again(self._error))
        return env
