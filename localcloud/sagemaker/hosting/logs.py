"""What a container prints, on its way to CloudWatch Logs: /aws/sagemaker/Endpoints/<endpoint>."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from localcloud.errors import ServiceError
from localcloud.ports import Logs

LOG = logging.getLogger(__name__)

_PIECE = 1 << 18  # bytes that are read at once
_LONGEST = 1 << 17  # bytes of a line that is written as one message; CloudWatch takes 256 KB


def log_group(endpoint: str) -> str:
    """Give the log group of an endpoint (developer guide, "Log Amazon SageMaker Events with CloudWatch")."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


class LogStream:
    """Carries new lines of a file to a log stream, whenever asked; for one thread.

    Parameters
    ----------
    path
        The file; it may not be there yet.
    logs
        CloudWatch Logs.
    group, stream
        Where the lines go.
    clock
        The time that lines get, with its zone.
    """

    def __init__(
        self, path: Path, logs: Logs, group: str, stream: str, clock: Callable[[], datetime]
    ) -> None:
        self._path = path
        self._logs = logs
        self._group = group
        self._stream = stream
        self._clock = clock
        self._read_up_to = 0
        self._rest = b""

    def carry(self, *, is_over: bool = False) -> None:
        """Write the lines that are new; the last one, without its end, only when nothing more will come."""
        while new := self._new_bytes():
            *lines, self._rest = (self._rest + new).split(b"\n")
            if len(self._rest) > _LONGEST:
                lines, self._rest = [*lines, self._rest], b""
            self._write([line[start : start + _LONGEST] for line in lines for start in _starts(line)])
        if is_over and self._rest:
            self._write([self._rest])
            self._rest = b""

    def _new_bytes(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_up_to)
                new = file.read(_PIECE)
        except FileNotFoundError:
            return b""
        self._read_up_to += len(new)
        return new

    def _write(self, lines: list[bytes]) -> None:
        now = int(self._clock().timestamp() * 1000)
        messages = [(now, line.decode("utf-8", "replace").rstrip("\r")) for line in lines]
        events = [(millis, message) for millis, message in messages if message]  # CloudWatch takes none empty
        if not events:
            return
        try:
            self._logs.write(self._group, self._stream, events)
        except ServiceError:
            LOG.warning("%d lines of %s %s are lost", len(events), self._group, self._stream, exc_info=True)


def _starts(line: bytes) -> range:
    """Give where the messages begin that a line is cut into."""
    return range(0, len(line), _LONGEST)
