"""One run of a step: resolved, performed, followed to its end.

Whatever goes wrong inside a step, the host's ports included, fails that step with a reason and is logged:
an execution never hangs because of an internal error.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from localcloud.errors import ServiceError
from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.callback_step import send
from localcloud.sagemaker.pipelines.documents import read_json
from localcloud.sagemaker.pipelines.expressions import Environment
from localcloud.sagemaker.pipelines.reading import ExceptionType, StepError
from localcloud.sagemaker.pipelines.request_step import FollowedStep
from localcloud.sagemaker.pipelines.service import Service, StartedJob
from localcloud.sagemaker.pipelines.state import ExecutionInfo, ExecutionState, execution_variables
from localcloud.sagemaker.pipelines.steps import (
    CallbackMessage,
    Context,
    Failed,
    Outcome,
    TimedOut,
    Waiting,
    Work,
)
from localcloud.sagemaker.pipelines.turn import Event, StepBegun, StepEnded
from localcloud.sagemaker.wire.roles import role_of_step
from localcloud.sagemaker.workers import Workers

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the steps of an execution may use.

    `messengers`: threads for short tasks.
    `issue_token`: makes a token that leads back to a step.
    """

    ports: Ports
    service: Service
    clock: Callable[[], datetime]
    timer: Callable[[float, Callable[[], object]], Callable[[], None]]
    messengers: Workers
    issue_token: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class StepRun:
    """One run of a step.

    `state`: gives the state of the execution now.
    `handle`: takes an event; tells whether it came in time to matter.
    `number`: tells this run from others of the same step.
    """

    info: ExecutionInfo
    state: Callable[[], ExecutionState]
    handle: Callable[[Event], bool]
    dependencies: Dependencies
    name: str
    number: int

    def begin(self) -> None:
        """Run the step, on this thread; what goes on by itself is followed without one."""
        self._end(self._resolve_and_perform)

    def ask_to_stop(self, message: CallbackMessage) -> None:
        """Send the message that says Stopping; where it cannot be sent, nobody would ever answer."""

        def ask() -> None:
            send(message, "Stopping", self._ports())

        self._end(ask)

    def follow(self, job: StartedJob) -> None:
        """End the step with its job."""
        self.dependencies.service.when_over(job, partial(self._job_is_over, job))

    def stop_job(self, job: StartedJob) -> None:
        """Ask its job to stop; one that the role may not stop goes on, and the step with it."""
        try:
            self._service(self._ports()).stop(job)
        except ServiceError as error:
            LOG.warning("%s of %s is not stopped: %s", job.name, self.info.arn, error)

    def _ports(self) -> Ports:
        """Give the ports of the pipeline's role, in a session of this step."""
        role = role_of_step(self.info.role_arn, self.info.arn, self.name)
        return self.dependencies.ports.working_as(role)

    def _service(self, ports: Ports) -> Service:
        return self.dependencies.service.working_as(ports.permissions)

    def _end(self, attempt: Callable[[], Outcome | None]) -> None:
        """Try something for the step; whatever goes wrong fails it."""
        try:
            outcome = attempt()
        except StepError as error:
            outcome = Failed(str(error), error.exception)
        except Exception as error:  # the boundary between a step and the engine: report, and fail the step
            LOG.exception("Step %s of %s met an internal error", self.name, self.info.arn)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            outcome = Failed(reason, ExceptionType.SERVICE_FAULT)
        if outcome is None:
            return
        self._tell(outcome)
        if isinstance(outcome, Waiting) and outcome.job is not None:
            self.follow(outcome.job)  # not before the engine knows of the job: what comes first would be lost

    def _tell(self, outcome: Outcome) -> None:
        self.handle(StepEnded(self.name, outcome, self.number))

    def _job_is_over(self, job: StartedJob) -> None:
        self.dependencies.messengers.submit(partial(self._end, partial(self._conclude, job)))

    def _conclude(self, job: StartedJob) -> Outcome:
        step = self.info.definition.graph.steps[self.name]
        assert isinstance(step, FollowedStep)
        return step.conclude(self._context(self._ports()), job)

    def _resolve_and_perform(self) -> Outcome | None:
        ports = self._ports()
        work = self.info.definition.graph.steps[self.name].resolve(self._context(ports))
        begun = StepBegun(self.name, work.metadata, work.message, self.number, work.cache_key)
        return self._perform(work, ports) if self.handle(begun) else None

    def _context(self, ports: Ports) -> Context:
        step = self.state().steps.get(self.name)
        return Context(
            environment=self._environment(ports),
            execution_arn=self.info.arn,
            role_arn=self.info.role_arn,
            service=self._service(ports),
            issue_token=partial(self.dependencies.issue_token, self.name),
            metadata={} if step is None else step.metadata,
            working_as=self.dependencies.ports.working_as,
        )

    def _perform(self, work: Work, ports: Ports) -> Outcome:
        if work.time_limit is None:
            return work.perform(ports)
        late = TimedOut(f"ClientError: The step took longer than {work.time_limit:g} seconds.")
        cancel = self.dependencies.timer(work.time_limit, partial(self._tell, late))
        try:
            return work.perform(ports)
        finally:
            cancel()

    def _environment(self, ports: Ports) -> Environment:
        info, state = self.info, self.state()
        return Environment(
            parameters=info.parameters,
            execution=execution_variables(info, self.dependencies.clock()),
            properties={name: step.properties for name, step in state.steps.items()},
            read_json=partial(read_json, ports.objects),
        )
