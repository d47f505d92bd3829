"""Sizes of events and of log lines: what AWS takes, and no more.

Sources: AWS Compute Blog, "More room to build: serverless services now support payloads up to 1 MB"
(2026-01-29), and EventBridge user guide, "Calculating PutEvents event entry size"; API reference of
CloudWatch Logs, "PutLogEvents". What a member's model limits is checked for all services in `requests`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.events import provider as events
from localstack.services.logs.provider import LogsProvider
from localstack.utils.patch import patch

MEBIBYTE = 1_048_576
"""Bytes that the events of one PutEvents, and the lines of one PutLogEvents, may have together."""

BYTES_BESIDE_MESSAGE = 26
"""What each log event counts besides its message."""

TAKEN_BY_LOCALSTACK = 262_144
"""Characters of an event's detail from which on LocalStack refuses it, as AWS did until 2026."""

Entry = Mapping[str, Any]


def apply() -> None:
    """Apply all patches of this module."""
    let_events_have_a_mebibyte()
    refuse_log_lines_that_are_too_long()


def let_events_have_a_mebibyte() -> None:
    """Defect: an event may have 256 KB, and ten of them as much each."""
    validate = events.validate_event

    def validate_event(event: Entry) -> object:
        detail = event.get("Detail") or ""
        if len(detail) < TAKEN_BY_LOCALSTACK:
            return validate(event)
        stand_in = "{}" if _is_object(detail) else "{"
        return validate({**event, "Detail": stand_in})

    events.validate_event = validate_event

    @patch(events.EventsProvider.put_events)
    def put_events(
        original: Callable[..., object],
        self: events.EventsProvider,
        context: RequestContext,
        entries: Sequence[Entry],
        **request: object,
    ) -> object:
        if sum(map(_size, entries)) >= MEBIBYTE:
            message = "Total size of the entries in the request is over the limit."
            raise CommonServiceException("ValidationException", message, 400, sender_fault=True)
        return original(self, context, entries=entries, **request)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _size(entry: Entry) -> int:
    """Count an entry as EventBridge does."""
    texts = [
        entry.get("Source"),
        entry.get("DetailType"),
        entry.get("Detail"),
        *(entry.get("Resources") or ()),
    ]
    time = 14 if entry.get("Time") else 0
    return time + sum(len(text.encode()) for text in texts if text)


def refuse_log_lines_that_are_too_long() -> None:
    """Defect: PutLogEvents takes lines and batches of any size."""

    @patch(LogsProvider.put_log_events)
    def put_log_events(
        original: Callable[..., object],
        self: LogsProvider,
        context: RequestContext,
        log_events: Sequence[Entry],
        **request: object,
    ) -> object:
        size = sum(len(event["message"].encode()) + BYTES_BESIDE_MESSAGE for event in log_events)
        if size > MEBIBYTE:
            what = "Log event" if len(log_events) == 1 else "Upload"
            message = f"{what} too large: {size} bytes exceeds limit of {MEBIBYTE}"
            raise CommonServiceException("InvalidParameterException", message, 400, sender_fault=True)
        return original(self, context, log_events=log_events, **request)
