"""The log of a container on its way to CloudWatch Logs, as it comes.

Groups and streams are those of the developer guide, "Log groups and streams that Amazon SageMaker AI sends
to Amazon CloudWatch Logs".
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from localcloud.errors import ServiceError
from localcloud.ports import Logs
from localcloud.sagemaker.files.container_log import ContainerLog
from localcloud.sagemaker.jobs.job import JobInfo

LOG = logging.getLogger(__name__)

Lines = Sequence[tuple[int, str]]


class LogStream:
    """A log stream of a job; what CloudWatch refuses is lost, and the job goes on."""

    def __init__(self, logs: Logs, info: JobInfo, host: str, now: datetime, suffix: str = "") -> None:
        self._logs = logs
        self._group = f"/aws/sagemaker/{info.kind}Jobs"
        self._stream = f"{info.name}/{host}-{int(now.timestamp())}{suffix}"
        self._complained = False

    def write(self, lines: Lines) -> None:
        """Append lines."""
        if not lines:
            return
        try:
            self._logs.write(self._group, self._stream, lines)
        except ServiceError as error:
            if not self._complained:
                LOG.warning("%s %s cannot be written: %s", self._group, self._stream, error)
            self._complained = True


class LogFollower:
    """Reads on in a log file and hands over whole lines, a bounded number at once.

    - `file`: what a container appends to.
    - `clock`: gives the time that new lines are stamped with.
    - `listeners`: who gets the lines.
    """

    def __init__(
        self, file: Path, clock: Callable[[], datetime], listeners: Sequence[Callable[[Lines], None]]
    ) -> None:
        self._log = ContainerLog(file)
        self._clock = clock
        self._listeners = listeners

    def follow(self, *, to_the_end: bool = False) -> None:
        """Hand over the lines that are new; at the end also one without a line break."""
        for messages in self._log.messages(to_the_end=to_the_end):
            millis = int(self._clock().timestamp() * 1000)
            lines = [(millis, message) for message in messages]
            for listener in self._listeners:
                listener(lines)
