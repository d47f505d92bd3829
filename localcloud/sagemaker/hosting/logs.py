"""What a container prints, on its way to CloudWatch Logs: such as /aws/sagemaker/Endpoints/<endpoint>."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from localcloud.errors import ServiceError
from localcloud.ports import Logs
from localcloud.sagemaker.files.container_log import ContainerLog

LOG = logging.getLogger(__name__)


def log_group(arn: str) -> str:
    """Give the log group of an endpoint or an inference component.

    Source: developer guide, "Log Amazon SageMaker Events with CloudWatch".
    """
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return f"/aws/sagemaker/{'Endpoints' if kind == 'endpoint' else 'InferenceComponents'}/{name}"


class LogStream:
    """Carries new lines of a file to a log stream, whenever asked; for one thread.

    `path`: the file; it may not be there yet.
    """

    def __init__(
        self, path: Path, logs: Logs, group: str, stream: str, clock: Callable[[], datetime]
    ) -> None:
        self._log = ContainerLog(path)
        self._logs = logs
        self._group = group
        self._stream = stream
        self._clock = clock

    def carry(self, *, is_over: bool = False) -> None:
        """Write the lines that are new; the last one, without its end, only when nothing more will come."""
        for messages in self._log.messages(to_the_end=is_over):
            now = int(self._clock().timestamp() * 1000)
            try:
                self._logs.write(self._group, self._stream, [(now, message) for message in messages])
            except ServiceError:
                LOG.warning(
                    "%d lines of %s %s are lost", len(messages), self._group, self._stream, exc_info=True
                )
