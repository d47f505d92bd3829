"""Which lines are errors, and which lines led to them. Pure.

A JSON line is an error by its level, a line of Lambda by its words, any other line by an upper-case level
(ERROR, CRITICAL, FATAL) or by an exception's name before a colon. Of a state machine's events only the end of
the execution is one: a task's failure may be retried or caught, and what is not ends the execution with the
same words. A Python traceback is an error from its first line to its last. A metric such as `error=0.12` is
no error. The last line of a job that failed is an error in any case.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from driver.aws.logs import LogEvent
from driver.inspection.logs.events import LogLine
from driver.model.documents import object_in

BEFORE = 5  # lines of the same stream that are shown before an error

_LEVELS = {"ERROR", "CRITICAL", "FATAL"}
_TELLING = re.compile(
    r"\b(ERROR|CRITICAL|FATAL)\b"
    r"|^([A-Za-z_]\w*\.)*[A-Z]\w*(Error|Exception|Interrupt|Exit)(:|$)"
    r"|Task timed out after [\d.]+ seconds"
    r"|\tStatus: (error|timeout)\b"
)
_TRACEBACK = "Traceback (most recent call last)"
_END_TYPES = {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}


class ErrorJudge:
    """Finds errors, stream by stream: the lines of a traceback belong together."""

    def __init__(self) -> None:
        self._in_traceback: set[tuple[str, str]] = set()

    def is_error(self, event: LogEvent) -> bool:
        """Judge the next event of its stream."""
        stream, message = (event.group, event.stream), event.message
        if stream in self._in_traceback:
            if not message.startswith((" ", "\t")) and message:
                self._in_traceback.discard(stream)
            return True
        if message.lstrip().startswith(_TRACEBACK) and "\n" not in message:
            self._in_traceback.add(stream)
            return True
        line = structured(message)
        if line is not None:
            return _says_so(line)
        return _TRACEBACK in message or _TELLING.search(message) is not None


class ErrorFilter:
    """Picks errors, each after the lines of its stream that led to it."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], deque[LogLine]] = {}

    def take(self, lines: Iterable[LogLine], failed: frozenset[str] = frozenset()) -> list[LogLine]:
        """Take in the next lines, in the order of time; returns those to show.

        `failed` names the jobs that are known by now to have failed; their lines may have come before.
        """
        told: list[LogLine] = []
        for line in lines:
            before = self._before.setdefault((line.event.group, line.event.stream), deque(maxlen=BEFORE))
            if line.is_error:
                told += [*before, line]
                before.clear()
            else:
                before.append(line)
        for before in self._before.values():
            if before and before[-1].source in failed:
                last = replace(before.pop(), is_error=True)
                told += [*before, last]
                before.clear()
        return told


def with_last_words(lines: list[LogLine], failed: frozenset[str]) -> list[LogLine]:
    """Mark the last line of each job that failed as an error."""
    last = {line.event.stream: line for line in lines if line.source in failed}.values()
    return [replace(line, is_error=True) if line in last else line for line in lines]


def structured(message: str) -> Mapping[str, object] | None:
    """Read a JSON line that has a level, or is an event of a state machine; None if it is another."""
    line = object_in(message) if message.startswith("{") else None
    return line if line and ("level" in line or "execution_arn" in line) else None


def _says_so(line: Mapping[str, object]) -> bool:
    if "level" in line:
        return str(line["level"]).upper() in _LEVELS or "exception" in line
    return line.get("type") in _END_TYPES
