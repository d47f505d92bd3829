"""The life of a job as a pure function: state and event in, next state and effects out.

Statuses and secondary statuses are those of the service model (``TrainingJobStatus``, ``SecondaryStatus``);
messages are those that DescribeTrainingJob gives. Processing and Transform jobs live the same life and show
less of it: they have no secondary status.

A job that was asked to stop, or ran out of time, has stopped when its container has ended, whatever it
ended with; until then its status is Stopping.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """TrainingJobStatus, ProcessingJobStatus, TransformJobStatus."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    @property
    def terminal(self) -> bool:
        """Whether nothing more can happen."""
        return self in {Status.COMPLETED, Status.FAILED, Status.STOPPED}


class Stage(StrEnum):
    """SecondaryStatus."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    UPLOADING = "Uploading"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"
    MAX_RUNTIME_EXCEEDED = "MaxRuntimeExceeded"
    MAX_WAIT_TIME_EXCEEDED = "MaxWaitTimeExceeded"

    @property
    def message(self) -> str:
        """What DescribeTrainingJob says of it."""
        return _MESSAGES[self]


_MESSAGES = {
    Stage.STARTING: "Starting the training job",
    Stage.DOWNLOADING: "Downloading input data",
    Stage.TRAINING: "Training image download completed. Training in progress.",
    Stage.UPLOADING: "Uploading generated training model",
    Stage.STOPPING: "Stopping the training job",
    Stage.COMPLETED: "Training job completed",
    Stage.FAILED: "Training job failed",
    Stage.STOPPED: "Training job stopped",
    Stage.MAX_RUNTIME_EXCEEDED: "Training job runtime exceeded MaxRuntimeInSeconds provided",
    Stage.MAX_WAIT_TIME_EXCEEDED: "Training job exceeded MaxWaitTimeInSeconds provided",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """A stage that a job went through; `end` is None while it is in it."""

    stage: Stage
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job; times are aware, in UTC.

    - `transitions`: all stages so far, the present one last.
    - `started`: when it began to work; None while it waits for a thread.
    - `out_of_time`: the stage in which it ends because of its StoppingCondition; None while it has time.
    """

    created: datetime
    modified: datetime
    status: Status
    transitions: tuple[Transition, ...]
    started: datetime | None = None
    ended: datetime | None = None
    out_of_time: Stage | None = None
    failure_reason: str | None = None
    exit_message: str | None = None

    @property
    def stage(self) -> Stage:
        """The current stage."""
        return self.transitions[-1].stage


@dataclass(frozen=True, slots=True)
class StageBegun:
    """The job goes on to its next stage."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The job is asked to stop."""


@dataclass(frozen=True, slots=True)
class TimeUp:
    """It has run, or waited and run, as long as it may."""

    stage: Stage = Stage.MAX_RUNTIME_EXCEEDED


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing of the job runs any more. It failed if there is a reason."""

    failure_reason: str | None = None
    exit_message: str | None = None


Event = StageBegun | StopAsked | TimeUp | Ended


class Effect(StrEnum):
    """What is to be done about a change."""

    PUBLISH = "publish"  # an event to EventBridge
    STOP_CONTAINER = "stop container"


@dataclass(frozen=True, slots=True)
class Turn:
    """What followed from an event; the same state where nothing did."""

    state: JobState
    effects: tuple[Effect, ...] = ()


def initial_state(now: datetime) -> JobState:
    """Give the state of a job that was just created."""
    return JobState(now, now, Status.IN_PROGRESS, (Transition(Stage.STARTING, now),))


def advance(state: JobState, event: Event, now: datetime) -> Turn:
    """Take one event. `now`: the time of the event, aware, in UTC."""
    if state.status.terminal:
        return Turn(state)
    match event:
        case StageBegun(stage):
            return _begin(state, stage, now)
        case StopAsked():
            return _stop(state, now, None)
        case TimeUp(stage):
            return _stop(state, now, stage)
        case Ended():
            return _end(state, event, now)


def _begin(state: JobState, stage: Stage, now: datetime) -> Turn:
    if state.status is Status.STOPPING and stage is not Stage.UPLOADING:
        return Turn(state)
    moved = _move(state, state.status, stage, now)
    if stage is Stage.STARTING:  # again
        return Turn(moved, (Effect.PUBLISH,))
    return Turn(replace(moved, started=moved.started or now), (Effect.PUBLISH,))


def _stop(state: JobState, now: datetime, out_of_time: Stage | None) -> Turn:
    if state.status is Status.STOPPING:
        return Turn(state)
    stopping = replace(_move(state, Status.STOPPING, Stage.STOPPING, now), out_of_time=out_of_time)
    if state.started is None:
        return _end(stopping, Ended(), now)
    return Turn(stopping, (Effect.PUBLISH, Effect.STOP_CONTAINER))


def _end(state: JobState, end: Ended, now: datetime) -> Turn:
    if state.status is Status.STOPPING:
        status, stage = Status.STOPPED, state.out_of_time or Stage.STOPPED
    elif end.failure_reason is not None:
        status, stage = Status.FAILED, Stage.FAILED
    else:
        status, stage = Status.COMPLETED, Stage.COMPLETED
    over = _move(state, status, stage, now)
    *earlier, last = over.transitions
    return Turn(
        replace(
            over,
            transitions=(*earlier, replace(last, end=now)),
            ended=now,
            failure_reason=end.failure_reason if status is Status.FAILED else None,
            exit_message=end.exit_message,
        ),
        (Effect.PUBLISH,),
    )


def _move(state: JobState, status: Status, stage: Stage, now: datetime) -> JobState:
    *earlier, last = state.transitions
    transitions = (*earlier, replace(last, end=now), Transition(stage, now))
    return replace(state, status=status, transitions=transitions, modified=now)
