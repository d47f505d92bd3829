"""Runs an execution of a state machine from a state on: after a redrive, or a stop of the local cloud."""

from collections.abc import Callable

from localstack.services.stepfunctions.asl.component.common.flow.start_at import StartAt
from localstack.services.stepfunctions.asl.component.eval_component import EvalComponent
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_manager import EventManager
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker

from localcloud.localstack.redriving import Place


class ContinuedWorker(ExecutionWorker):
    """Runs an execution from a state on, with the variables that it had.

    - `place`: that state; None begins with the first one.
    - `continued`: makes the history that is added to, of the one before.
    """

    def __init__(
        self, before: ExecutionWorker, place: Place | None, continued: Callable[[EventManager], EventManager]
    ) -> None:
        super().__init__(
            evaluation_details=before._evaluation_details,
            exec_comm=before._execution_communication,
            cloud_watch_logging_session=before._cloud_watch_logging_session,
            activity_store=before._activity_store,
            local_mock_test_case=before._local_mock_test_case,
        )
        self._before, self._place, self._continued = before, place, continued

    def _get_evaluation_entrypoint(self) -> EvalComponent:
        program = super()._get_evaluation_entrypoint()
        if self._place is not None:
            program.start_at = StartAt(start_at_name=self._place.state)
        return program

    def _get_evaluation_environment(self) -> Environment:
        if self.env is not None:
            return self.env
        env = super()._get_evaluation_environment()
        env.event_manager = self._continued(self._before.env.event_manager)
        env.variable_store = self._before.env.variable_store
        env.map_run_record_pool_manager = self._before.env.map_run_record_pool_manager
        if self._place is not None:
            env.states.reset(input_value=self._place.given)
        return env
