"""Executions, branches and iterations remember how far they came, and a redrive goes on from there.

A state that was entered is not entered again: its events stand in the history already.
"""

from collections.abc import Callable
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType
from localstack.services.stepfunctions.asl.component.state.state import CommonStateField
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.inline_iteration_component import (  # noqa: E501
    InlineIterationComponent,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iteration_worker import (  # noqa: E501
    IterationWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.job import (
    Job,
    JobPool,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_parallel import (
    branches_decl,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_parallel.branch_worker import (  # noqa: E501
    BranchWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_parallel.branches_decl import (  # noqa: E501
    BranchesDecl,
    BranchWorkerPool,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.utils.patch import patch

from localcloud.localstack.progress import Progress

INLINE_ITERATIONS = 40
"""So many iterations of an inline Map run at once (developer guide, "Using Map state in Inline mode")."""

_ENTERED = frozenset(kind for kind in HistoryEventType if kind.endswith("StateEntered"))
_DIVIDED = frozenset({HistoryEventType.ParallelStateStarted, HistoryEventType.MapStateStarted})


def apply() -> None:
    """Apply all patches of this module."""
    let_scopes_remember_their_state()
    let_parallels_keep_what_succeeded()
    let_maps_keep_what_succeeded()
    let_workers_run_any_number_of_iterations()


def take_up(env: Environment, progress: Progress) -> None:
    """Let a scope begin, or go on where it stood; what its history has is not told again."""
    env.progress = progress
    if not progress.is_continued:
        return
    if progress.variables is not None:
        env.variable_store = progress.variables
    told = {HistoryEventType.MapIterationStarted} | _ENTERED
    if progress.parts is not None or progress.map_run is not None:
        told |= _DIVIDED
    env.event_history_context.told = told


def let_scopes_remember_their_state() -> None:
    """Defect: an environment knows the state that comes next, and no longer the input of the one it is in."""

    @patch(Environment.__init__)
    def make(original: Callable[..., None], self: Environment, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.progress = Progress()

    @patch(Environment.open_frame)
    def open_frame(original: Callable[..., Environment], self: Environment, *args: object) -> Environment:
        frame = original(self, *args)
        frame.progress = self.progress  # the same scope
        if told := getattr(self.event_history_context, "told", None):
            frame.event_history_context.told = told
        return frame

    @patch(CommonStateField._get_state_entered_event_details)
    def entered(original: Callable[..., Any], self: CommonStateField, env: Environment) -> Any:
        details = original(self, env)
        is_continued = env.progress.is_continued
        env.progress.enter(self.name, details["input"], env.variable_store)
        if not is_continued and (told := getattr(env.event_history_context, "told", None)):
            told.clear()
        return details

    @patch(CommonStateField._eval_body)
    def _eval_body(original: Callable[..., None], self: CommonStateField, env: Environment) -> None:
        original(self, env)
        if told := getattr(env.event_history_context, "told", None):
            told.clear()  # the state that was taken up has ended


def let_parallels_keep_what_succeeded() -> None:
    """Defect: a Parallel can run all of its branches only."""

    def _eval_body(self: BranchesDecl, env: Environment) -> None:
        given = env.stack.pop()
        parts = env.progress.divide(len(self.programs))
        pending = [
            (part, program) for part, program in zip(parts, self.programs, strict=True) if not part.is_done
        ]
        pool = BranchWorkerPool(workers_num=len(pending))
        workers = []
        for part, program in pending:
            frame = env.open_inner_frame()
            frame.states.reset(input_value=given)
            take_up(frame, part)
            workers.append(BranchWorker(branch_worker_comm=pool, program=program, env=frame))
        for worker in workers:
            worker.start()
        if workers:
            pool.wait()
        error = pool.get_exit_event_details()
        for worker in workers:
            if error is not None:
                worker.stop(stop_date=_now(), cause=None, error=None)
            env.close_frame(worker.env)
        if error is not None:
            raise _failure(env, error)
        env.stack.append([part.output for part in parts])

    BranchesDecl._eval_body = _eval_body


def _now() -> Any:
    return branches_decl.datetime.datetime.now()


def _failure(env: Environment, details: Any) -> Exception:
    name = branches_decl.CustomErrorName(error_name=details.get("error"))
    event = branches_decl.EventDetails(executionFailedEventDetails=details)
    failed = branches_decl.FailureEvent(env, name, HistoryEventType.ExecutionFailed, event)
    failure: Exception = branches_decl.FailureEventException(failure_event=failed)
    return failure


def let_maps_keep_what_succeeded() -> None:
    """Defects: an inline Map can run all of its items only, and all at once, however many they are."""

    def _eval_body(self: InlineIterationComponent, env: Environment) -> None:
        eval_input = env.stack.pop()
        items = eval_input.input_items
        env.progress.divide(len(items))
        pool = JobPool(job_program=self._get_iteration_program(), job_inputs=items)
        limit = min(eval_input.max_concurrency or INLINE_ITERATIONS, INLINE_ITERATIONS, len(items))
        for _ in range(limit):
            self._launch_worker(env=env, eval_input=eval_input, job_pool=pool)
        pool.await_jobs()
        if (failure := pool.get_worker_exception()) is not None:
            raise failure
        env.stack.append([job.job_output for job in pool.get_closed_jobs()])

    InlineIterationComponent._eval_body = _eval_body

    @patch(IterationWorker._eval_job)
    def _eval_job(original: Callable[..., None], self: IterationWorker, env: Environment, job: Job) -> None:
        part = self._env.progress.parts[job.job_index]
        if part.is_done:
            job.job_output = part.output
            return
        take_up(env, part)
        original(self, env, job)


def let_workers_run_any_number_of_iterations() -> None:
    """Defect: a worker calls itself for its next iteration; some hundreds are too many for Python's stack."""

    def _eval_pool(self: IterationWorker, job: Job | None, worker_frame: Environment) -> None:
        if job is None:
            self._env.close_frame(worker_frame)
        while job is not None:
            frame = worker_frame.open_inner_frame()
            self._eval_job(env=frame, job=job)
            worker_frame.close_frame(frame)
            following = None
            if not isinstance(job.job_output, Exception) and not self.stopped():
                following = self._job_pool.next_job()
                if following is None:  # the last iteration is what the following states come from
                    last = frame.event_history_context.last_published_event_id
                    worker_frame.event_history_context.source_event_id = last
            if following is None:
                self._env.close_frame(worker_frame)  # before the Map goes on, which waits for its jobs
            self._job_pool.close_job(job)
            job = following

    IterationWorker._eval_pool = _eval_pool
