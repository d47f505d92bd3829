"""What to ask next of an execution that is being watched, and what is known after each answer.

Every look is one request, so that asking once a second means one request a second. A look is worth its
request only if its answer can still change; when nothing is left to ask, all has been seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from driver.model.status import StateMachineStatus
from driver.model.values import PipelineExecution, StateMachineExecution, Step

ANSWER_STEP = "answer-task"  # the pipeline's last step, which answers the state machine
_STEPS_IN_A_ROW = 3  # looks at running steps, until what runs around them gets its turn


class Request(Enum):
    """The questions there are, by the operation that answers each."""

    STATE_MACHINE = "GetExecutionHistory"
    STEPS = "ListPipelineExecutionSteps"
    PIPELINE = "DescribePipelineExecution"


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been seen of an execution so far.

    Parameters
    ----------
    state_machine_arn
        The state machine's execution; empty if a pipeline execution is watched alone.
    pipeline_arn
        The pipeline execution; empty while it is not known.
    state_machine, pipeline, steps
        The answers; None or empty while there is none.
    steps_are_final
        Whether the steps were listed after the pipeline execution was seen to have ended.
    asked
        The requests so far, the newest last. What differs in nothing else is no news.
    """

    state_machine_arn: str = ""
    pipeline_arn: str = ""
    state_machine: StateMachineExecution | None = None
    pipeline: PipelineExecution | None = None
    steps: tuple[Step, ...] = ()
    steps_are_final: bool = False
    asked: tuple[Request, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """What the user calls it: the last part of the ARN."""
        if self.state_machine_arn:
            return self.state_machine_arn.rpartition(":")[2]
        return self.pipeline_arn.rpartition("/")[2]

    @property
    def status(self) -> str:
        """AWS's word for how it stands, as far as it was looked at."""
        watched = self.state_machine if self.state_machine_arn else self.pipeline
        return watched.status if watched else "not known"

    @property
    def has_ended(self) -> bool:
        """Whether what is watched has ended; a state machine's pipeline may take a little longer."""
        watched = self.state_machine if self.state_machine_arn else self.pipeline
        return watched is not None and watched.status.is_terminal

    @property
    def is_complete(self) -> bool:
        """Whether all has ended, and all of it was seen."""
        return next_request(self) is None

    def with_state_machine(self, execution: StateMachineExecution) -> Seen:
        """Add an answer about the state machine; it names the pipeline execution once there is one."""
        return replace(
            self,
            state_machine=execution,
            pipeline_arn=execution.pipeline_arn or self.pipeline_arn,
            asked=(*self.asked, Request.STATE_MACHINE),
        )

    def with_pipeline(self, execution: PipelineExecution) -> Seen:
        """Add an answer about the pipeline execution."""
        return replace(self, pipeline=execution, asked=(*self.asked, Request.PIPELINE))

    def with_steps(self, steps: tuple[Step, ...]) -> Seen:
        """Add an answer about the steps."""
        is_final = self.pipeline is not None and self.pipeline.status.is_terminal
        return replace(self, steps=steps, steps_are_final=is_final, asked=(*self.asked, Request.STEPS))


def next_request(seen: Seen) -> Request | None:
    """Choose the next look.

    Parameters
    ----------
    seen
        What has been seen so far.

    Returns
    -------
    Request or None
        Running steps go before all else, with a look around now and then. Otherwise it is what was not asked
        for the longest time. None if no answer can be news any more.
    """
    useful = [request for request in Request if _is_useful(seen, request)]
    if not useful:
        return None
    steps_only = (Request.STEPS,) * _STEPS_IN_A_ROW
    if Request.STEPS in useful and _something_runs(seen):
        others: list[Request] = [request for request in useful if request is not Request.STEPS]
        if not others or seen.asked[-_STEPS_IN_A_ROW:] != steps_only:
            return Request.STEPS
        useful = others
    newest_first = (*seen.asked[::-1], *reversed(Request))
    return max(useful, key=newest_first.index)


def _is_useful(seen: Seen, request: Request) -> bool:
    """Tell whether the answer to a request can still change."""
    state_machine, pipeline = seen.state_machine, seen.pipeline
    match request:
        case Request.STATE_MACHINE:
            return bool(seen.state_machine_arn) and not (state_machine and state_machine.status.is_terminal)
        case Request.STEPS:
            is_known = pipeline is not None or bool(seen.state_machine_arn)
            return bool(seen.pipeline_arn) and is_known and not (seen.steps_are_final or _is_answered(seen))
        case Request.PIPELINE:
            if not seen.pipeline_arn or (pipeline and pipeline.status.is_terminal):
                return False
            if state_machine is None:
                return True
            if not state_machine.status.is_terminal:
                return not (_something_runs(seen) or _is_answered(seen))
            # Once its last step has told the state machine of a success, it has nothing left to do.
            return not (state_machine.status is StateMachineStatus.SUCCEEDED and _is_answered(seen))


def _something_runs(seen: Seen) -> bool:
    return any(not step.status.is_terminal for step in seen.steps)


def _is_answered(seen: Seen) -> bool:
    """Tell whether the last step has ended: no step comes after it."""
    answered = any(step.name == ANSWER_STEP and step.status.is_terminal for step in seen.steps)
    return answered and not _something_runs(seen)
