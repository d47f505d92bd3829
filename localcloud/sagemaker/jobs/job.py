"""One job: what was asked, how far it is; safe to use from any thread.

Under its lock, and nowhere else, an event becomes the next state. Its events to EventBridge go out in
order, on the threads of the outbox.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from localcloud.ports import Caller
from localcloud.sagemaker.jobs.lifecycle import Effect, Event, JobState, Status, advance, initial_state
from localcloud.sagemaker.wire.requests import Request


class Kind(StrEnum):
    """A type of job, by its name in the API's members."""

    TRAINING = "Training"
    PROCESSING = "Processing"
    TRANSFORM = "Transform"
    TUNING = "HyperParameterTuning"

    @property
    def noun(self) -> str:
        """What it is called in sentences and, with ``-job``, in ARNs."""
        return "hyper-parameter-tuning" if self is Kind.TUNING else self.value.lower()

    @property
    def has_stages(self) -> bool:
        """Whether the API tells its secondary status."""
        return self is Kind.TRAINING


@dataclass(frozen=True, slots=True)
class JobInfo:
    """What never changes about a job.

    `tuning_job_arn`: the tuning job that has launched it; None where somebody else has.
    """

    kind: Kind
    caller: Caller
    name: str
    request: Request
    tuning_job_arn: str | None = None

    @property
    def arn(self) -> str:
        """The job's ARN."""
        region, account = self.caller.region, self.caller.account_id
        return f"arn:aws:sagemaker:{region}:{account}:{self.kind.noun}-job/{self.name}"


class Stoppable(Protocol):
    """What does a job's work: its container, or the training jobs of a tuning job."""

    def terminate(self) -> None:
        """End soon, and do not wait for it."""
        ...

    def kill(self) -> None:
        """End at once, and do not wait for it."""
        ...


class Job:
    """A job of any type.

    - `clock`: gives the time, aware, in UTC.
    - `publish`: tells EventBridge of a state; called under the lock, so it must only queue.
    """

    def __init__(
        self,
        info: JobInfo,
        clock: Callable[[], datetime],
        publish: Callable[["Job", JobState], None],
        state: JobState | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        self.info = info
        self.details: dict[str, object] = details or {}
        """Members of DescribeXJob that the job's work found out; filled before it ends."""
        self._clock = clock
        self._publish = publish
        self._lock = threading.Lock()  # guards everything below
        self._state = state or initial_state(clock())
        self._container: Stoppable | None = None
        self._killed = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def state(self) -> JobState:
        """How far the job is."""
        return self._state

    @property
    def is_wanted(self) -> bool:
        """Whether it should go on with its work."""
        return self._state.status is Status.IN_PROGRESS

    @property
    def publisher(self) -> Callable[["Job", JobState], None]:
        """What tells EventBridge of its states."""
        return self._publish

    def publish(self, state: JobState) -> None:
        """Tell EventBridge of a state."""
        self._publish(self, state)

    def handle(self, event: Event) -> bool:
        """Take an event; tell whether it came in time to matter."""
        with self._lock:
            turn = advance(self._state, event, self._clock())
            if turn.state is self._state:
                return False
            is_news = self.info.kind.has_stages or turn.state.status is not self._state.status
            self._state = turn.state
            if Effect.PUBLISH in turn.effects and is_news:
                self._publish(self, turn.state)
            container = self._container if Effect.STOP_CONTAINER in turn.effects else None
            listeners: list[Callable[[], None]] = []
            if turn.state.status.terminal:
                listeners, self._listeners = self._listeners, listeners
        if container is not None:
            container.terminate()
        for listener in listeners:
            listener()
        return True

    def change(self, request: Request) -> bool:
        """Have another request from now on; tell whether the job had not ended yet."""
        with self._lock:
            if self._state.status.terminal:
                return False
            self.info = replace(self.info, request=request)
            self._state = replace(self._state, modified=self._clock())
            return True

    def when_over(self, listener: Callable[[], None]) -> None:
        """Call a listener once, when the job is over; at once, on this thread, where it is over already.

        It may be called from any thread, must not block, and must not raise.
        """
        with self._lock:
            if not self._state.status.terminal:
                self._listeners.append(listener)
                return
        listener()

    def attach(self, container: Stoppable) -> None:
        """Remember what is to be told to stop; a job that is to stop already tells it at once."""
        with self._lock:
            self._container = container
            wanted, killed = self.is_wanted, self._killed
        if killed:
            container.kill()
        elif not wanted:
            container.terminate()

    def detach(self) -> None:
        """Forget the container: it has ended."""
        with self._lock:
            self._container = None

    def kill(self) -> None:
        """End its container at once, or as soon as there is one."""
        with self._lock:
            self._killed = True
            container = self._container
        if container is not None:
            container.kill()


_LONGEST_REASON = 1024  # characters (service model, FailureReason)
_LONGEST_TEXT = 960  # of the file: what it says must leave room for the exit code


def failure_reason(file: Path, code: int, host: str | None = None) -> str:
    """Say why a container failed, in AWS's form: what it wrote to a file, and its exit code.

    `host`: which of several it is.
    """
    text = ""
    if file.is_file():
        with file.open("rb") as opened:
            text = opened.read(4 * _LONGEST_TEXT).decode("utf-8", "replace")[:_LONGEST_TEXT].strip()
    text = f"{host}: {text or 'it has left no reason'}" if host else text
    return f"AlgorithmError: {text}, exit code: {code}"[:_LONGEST_REASON]


def first_failure(codes: Mapping[str, int], files: Mapping[str, Path]) -> str | None:
    """Say why the first of the hosts failed that did; None where none has failed.

    - `codes`: exit codes by the hosts' names, in the order of their ends.
    - `files`: where each host has written its reason.
    """
    name = next((name for name, code in codes.items() if code != 0), None)
    if name is None:
        return None
    return failure_reason(files[name], codes[name], name if len(files) > 1 else None)


def read_start(file: Path, size: int) -> str:
    """Read so many bytes of a text, less those of a character that is cut off at the end.

    Raises `UnicodeDecodeError` if the file is not UTF-8.
    """
    with file.open("rb") as opened:
        start = opened.read(size)
    try:
        return start.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(start) < size or error.start < size - 3:
            raise
        return start[: error.start].decode("utf-8")
