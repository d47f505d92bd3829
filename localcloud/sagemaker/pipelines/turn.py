"""What the engine is told and what it orders: events in, commands out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from localcloud.sagemaker.pipelines.service import StartedJob
from localcloud.sagemaker.pipelines.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from localcloud.sagemaker.pipelines.steps import CallbackMessage, Outcome


@dataclass(frozen=True, slots=True)
class ExecutionBegun:
    """The execution begins."""


@dataclass(frozen=True, slots=True)
class StepBegun:
    """A started step is resolved and about to have its effect.

    `run`: which run of the step it is about; None for whichever there is.
    """

    step: str
    metadata: Mapping[str, object]
    message: CallbackMessage | None = None
    run: int | None = None
    cache_key: str | None = None


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step has an outcome.

    `run`: which run of the step it is about; None for whichever there is.
    """

    step: str
    outcome: Outcome
    run: int | None = None


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Somebody called StopPipelineExecution."""


@dataclass(frozen=True, slots=True)
class RetryRequested:
    """Somebody called RetryPipelineExecution; the parallelism is replaced where it is given."""

    max_parallel: int | None = None


@dataclass(frozen=True, slots=True)
class ParallelismChanged:
    """Somebody changed how many steps may run at once."""

    max_parallel: int


Event = ExecutionBegun | StepBegun | StepEnded | StopRequested | RetryRequested | ParallelismChanged


@dataclass(frozen=True, slots=True)
class RunStep:
    """Resolve a step and let it have its effect, after a delay in seconds."""

    step: str
    run: int
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class AskToStop:
    """Tell whoever will answer a callback that the execution is stopping."""

    step: str
    run: int
    message: CallbackMessage


@dataclass(frozen=True, slots=True)
class StopJob:
    """Stop the job of a step."""

    step: str
    job: StartedJob


@dataclass(frozen=True, slots=True)
class PublishExecution:
    """Publish an event: the execution's status has changed."""

    previous: ExecutionStatus | None
    current: ExecutionStatus
    end_time: datetime | None


@dataclass(frozen=True, slots=True)
class PublishStep:
    """Publish an event: a step's status has changed."""

    step: str
    previous: StepStatus | None
    current: StepState


Command = RunStep | AskToStop | StopJob | PublishExecution | PublishStep


@dataclass(frozen=True, slots=True)
class Turn:
    """What an event led to; the commands are carried out in this order."""

    state: ExecutionState
    commands: tuple[Command, ...]
