"""Which requests of a Lambda function worked for one execution: pure.

A function's stream holds the lines of one request after another, from START to REPORT. The functions of
this project write JSON lines that name what they are about (lambda_src/shared/logs.py); START, END and
REPORT, a traceback or a time-out name nothing, and belong to the request around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from driver.aws.logs import LogEvent
from driver.model.documents import object_in

# Members of a JSON line that say which execution it is about.
_SUBJECTS = ("executionArn", "pipelineExecutionArn", "runId", "vejArn", "vejName")
_BEGINNING = re.compile(r"(INIT_START|START) ")
_STARTED = "START "
_REPORT = "REPORT "  # the last line of every request, however it ended


def of_execution(events: Iterable[LogEvent], names: frozenset[str], *, is_over: bool) -> Iterator[LogEvent]:
    """Pick the events of those requests that worked for an execution.

    Parameters
    ----------
    events
        A function's, within the execution's time, the oldest first.
    names
        What lines of the execution name.
    is_over
        Whether no request can go on: one that has named nothing yet may still name another execution.

    Yields
    ------
    LogEvent
        All of a request that names the execution, but for lines about another one: the queue hands over
        several messages at once. All of a request that names none, too: it may have failed before it knew
        any. They come request by request.
    """
    for request in _requests(events):
        named = set(naming(request, names))
        others = {event for event in request if event not in named and _is_about_something(event)}
        is_complete = is_over or any(event.message.startswith(_REPORT) for event in request)
        if named or (is_complete and not others):
            yield from (event for event in request if event not in others)


def naming(events: Iterable[LogEvent], names: frozenset[str]) -> Iterator[LogEvent]:
    """Pick the events that name an execution; `run-1` is not named by `run-10`, nor by `run-1-2`."""
    pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    return (event for event in events if pattern.search(event.message))


def _is_about_something(event: LogEvent) -> bool:
    line = object_in(event.message) if event.message.startswith("{") else None
    return line is not None and any(line.get(subject) for subject in _SUBJECTS)


def _requests(events: Iterable[LogEvent]) -> Iterator[list[LogEvent]]:
    """Cut each stream where a request begins; INIT_START, which comes before START, belongs to it."""
    streams: dict[str, list[LogEvent]] = {}
    for event in events:
        streams.setdefault(event.stream, []).append(event)
    for stream in streams.values():
        request: list[LogEvent] = []
        has_started = False
        for event in stream:
            if _BEGINNING.match(event.message) and has_started:
                yield request
                request, has_started = [], False
            has_started = has_started or event.message.startswith(_STARTED)
            request.append(event)
        if request:
            yield request
