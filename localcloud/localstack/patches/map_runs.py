"""UpdateMapRun: how many items of a Map Run run at the same time, and how many may fail, while it runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import MapRunStatus, ResourceNotFound, UpdateMapRunOutput
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
    DistributedIterationComponentEvalInput,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.distributed_item_processor_worker import (  # noqa: E501
    DistributedItemProcessorWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E501
    MapRunRecord,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iteration_worker import (  # noqa: E501
    IterationWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iterator.distributed_iterator_worker import (  # noqa: E501
    DistributedIteratorWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.job import (
    JobPool,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.patch import patch

from localcloud.localstack.patches.token_answers import check


def apply() -> None:
    """Apply all patches of this module."""
    update_map_runs()


@dataclass
class Workers:
    """The workers of a Map Run; each runs one item after the other."""

    pool: JobPool
    launch: Callable[[], IterationWorker]
    running: int = 0
    limit: int = 0
    """How many may run; 0 is no limit."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def adapt(self, limit: int) -> None:
        """Take another limit: launch workers for it, or have as many end as are too many."""
        with self.lock:
            self.limit = limit
            waiting = len(self.pool._open_jobs)
            missing = min(limit - self.running, waiting) if limit else waiting
            for _ in range(missing):
                self.launch()
                self.running += 1

    def is_one_too_many(self) -> bool:
        """Tell a worker that has run an item whether it ends."""
        with self.lock:
            if not self.limit or self.running <= self.limit:
                return False
            self.running -= 1
            return True


def update_map_runs() -> None:
    """Defect: tolerances are refused with status 501, and another concurrency is described but not heeded."""
    launch = DistributedIterationComponent._launch_worker

    def launch_worker(
        self: DistributedIterationComponent,
        env: Environment,
        eval_input: DistributedIterationComponentEvalInput,
        job_pool: JobPool,
    ) -> IterationWorker:
        record = eval_input.map_run_record
        if getattr(record, "workers", None) is None:
            record.workers = Workers(job_pool, lambda: launch(self, env, eval_input, job_pool))
        with record.workers.lock:
            record.workers.running += 1
        return launch(self, env, eval_input, job_pool)

    def stopped(self: DistributedItemProcessorWorker) -> bool:
        return bool(self._map_run_record.workers.is_one_too_many())

    DistributedIterationComponent._launch_worker = launch_worker
    DistributedItemProcessorWorker.stopped = DistributedIteratorWorker.stopped = stopped

    @patch(StepFunctionsProvider.update_map_run)
    def update_map_run(
        original: Callable[..., object],
        self: StepFunctionsProvider,
        context: RequestContext,
        map_run_arn: str,
        *,
        max_concurrency: int | None = None,
        tolerated_failure_percentage: float | None = None,
        tolerated_failure_count: int | None = None,
        **_: object,
    ) -> UpdateMapRunOutput:
        check(
            "UpdateMapRun",
            mapRunArn=map_run_arn,
            maxConcurrency=max_concurrency,
            toleratedFailurePercentage=tolerated_failure_percentage,
            toleratedFailureCount=tolerated_failure_count,
        )
        record = _find(self, context, map_run_arn)
        record.update(max_concurrency, tolerated_failure_count, tolerated_failure_percentage)
        workers = getattr(record, "workers", None)
        if max_concurrency is not None and workers is not None and record.status == MapRunStatus.RUNNING:
            workers.adapt(max_concurrency)
        return UpdateMapRunOutput()


def _find(provider: StepFunctionsProvider, context: RequestContext, arn: str) -> MapRunRecord:
    for execution in list(provider.get_store(context).executions.values()):
        worker = execution.exec_worker
        if worker is not None and worker.env is not None:
            record = worker.env.map_run_record_pool_manager.get(arn)
            if record is not None:
                return record
    raise ResourceNotFound(f"Resource not found: '{arn}'")
