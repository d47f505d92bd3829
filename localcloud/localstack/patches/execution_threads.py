"""Threads of executions of state machines: one that ends before its execution does makes the execution fail.

Such a thread cannot be started again in the middle of a state. Without this, whoever waits for it, an
execution, a Map or a Parallel, would wait for ever.
"""

import json
import logging
from collections.abc import Callable
from threading import Thread, current_thread

from localstack.aws.api.stepfunctions import ExecutionFailedEventDetails, HistoryEventType
from localstack.services.stepfunctions.asl.component.eval_component import EvalComponent
from localstack.services.stepfunctions.asl.component.program.program import Program
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iteration_worker import (  # noqa: E501
    IterationWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_parallel.branch_worker import (  # noqa: E501
    BranchWorker,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.program_state import ProgramEnded
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
from localstack.utils.patch import patch

from localcloud.watch import WATCH

LOG = logging.getLogger(__name__)

CAUSE = "An internal error ended the thread that ran this execution; see the local cloud's log."
EXECUTIONS = "step-functions-execution"
"""What these threads are called in `/_sagestep/info`, all together."""


class ThreadEndedError(Exception):
    """The thread of an iteration has ended."""


def apply() -> None:
    """Apply all patches of this module."""
    let_executions_fail_with_their_thread()
    let_programs_fail_with_their_thread()
    let_branches_fail_with_their_thread()
    let_maps_fail_with_the_threads_of_their_iterations()


def fail(env: Environment, what: str, error: BaseException | None = None) -> None:
    """Log that a thread has ended, and fail its execution or branch, unless that has ended."""
    if not env.is_running():
        return
    LOG.error("The thread of %s has ended; it fails by States.Runtime", what, exc_info=error)
    WATCH.note(EXECUTIONS, f"the thread of {what} ended, and it failed by States.Runtime,")
    details = ExecutionFailedEventDetails(error="States.Runtime", cause=CAUSE)
    env.set_error(details)
    if not env.is_frame():
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionFailed,
            event_details=EventDetails(executionFailedEventDetails=details),
        )


def let_executions_fail_with_their_thread() -> None:
    """Defect: an error outside the interpreter leaves an execution RUNNING for ever."""

    @patch(ExecutionWorker._execution_logic)
    def _execution_logic(original: Callable[[ExecutionWorker], None], self: ExecutionWorker) -> None:
        try:
            original(self)
        except BaseException as error:  # whatever ends this thread
            fail(self.env, f"the execution {self._evaluation_details.execution_details.arn}", error)
            self._execution_communication.terminated()


def let_programs_fail_with_their_thread() -> None:
    """Defects: where the thread that runs the states ends, nobody ends the execution or the branch.

    And each execution, branch and iteration has a second thread, that waits for the one that runs its states.
    """

    def evaluate(self: Program, env: Environment) -> None:
        progress = env.progress
        env.next_state_name = progress.state if progress.is_continued else self.start_at.start_at_name
        if progress.is_continued:
            env.states.reset(input_value=json.loads(progress.given))
        if self.timeout_seconds is None:
            EvalComponent.eval(self, env)  # in this thread: it has nothing else to do
        else:
            thread = Thread(target=EvalComponent.eval, args=(self, env), daemon=True)
            thread.start()
            thread.join(self.timeout_seconds.timeout_seconds)
            if thread.is_alive():
                env.set_timed_out()
        if isinstance(env._program_state, ProgramEnded):
            progress.finish(env.states.get_input())
            env.event_manager.finished += 1
        fail(env, "the states of an execution")

    Program.eval = evaluate


def let_branches_fail_with_their_thread() -> None:
    """Defect: where the thread of a branch ends, its Parallel waits for ever."""

    @patch(BranchWorker._thread_routine)
    def _thread_routine(original: Callable[[BranchWorker], None], self: BranchWorker) -> None:
        try:
            original(self)
        except BaseException as error:  # whatever ends this thread
            fail(self.env, "a branch", error)
            self._branch_worker_comm.on_terminated(env=self.env)


def let_maps_fail_with_the_threads_of_their_iterations() -> None:
    """Defect: where the thread of iterations ends, their Map waits for ever."""

    @patch(IterationWorker.eval)
    def evaluate(original: Callable[[IterationWorker], None], self: IterationWorker) -> None:
        try:
            original(self)
        except BaseException as error:  # whatever ends this thread
            LOG.exception("The thread %s of iterations has ended; their Map fails", current_thread().name)
            WATCH.note(EXECUTIONS, "the thread of iterations ended, and their Map failed")
            pool = self._job_pool
            with pool._mutex:
                pool._worker_exception = pool._worker_exception or ThreadEndedError(CAUSE)
                pool._worker_exception.__cause__ = error
                pool._notify_on_termination()
