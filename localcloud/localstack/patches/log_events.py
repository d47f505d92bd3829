"""Logs: a long one is neither kept in memory nor read as a whole."""

import json
from collections.abc import Callable

from localstack.services.logs.provider import get_pattern_matcher
from localstack.utils.patch import patch
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogGroup, LogStream
from moto.logs.responses import LogsResponse

from localcloud.localstack.log_pages import MOST_EVENTS, Found, page_of_group, page_of_stream
from localcloud.localstack.log_store import Events


def apply() -> None:
    """Apply all patches of this module.

    Defect: all events of all logs are in memory, at four times their size, and each read copies all of a
    stream, each description of a group all of its streams. AWS gives pages of 1 MB.
    """

    @patch(LogStream.__init__)
    def __init__(  # noqa: N807
        original: Callable[..., None], self: LogStream, *arguments: object, **named: object
    ) -> None:
        original(self, *arguments, **named)
        self.events = Events()

    @patch(LogStream._update, pass_target=False)
    def _update(self: LogStream) -> None:
        self.first_event_timestamp, self.last_event_timestamp = self.events.span() or (None, None)

    @patch(LogStream.get_log_events, pass_target=False)
    def get_log_events(  # noqa: PLR0917 - moto's
        self: LogStream,
        start_time: int | None,
        end_time: int | None,
        limit: int | None,
        next_token: str | None,
        start_from_head: bool,
    ) -> tuple[list[Found], str, str]:
        try:
            return page_of_stream(
                self.events, (start_time, end_time), limit or MOST_EVENTS, next_token, bool(start_from_head)
            )
        except ValueError as error:
            raise InvalidParameterException(str(error)) from error

    @patch(LogGroup.filter_log_events, pass_target=False)
    def filter_log_events(  # noqa: PLR0917 - moto's
        self: LogGroup,
        log_group_name: str,
        log_stream_names: list[str],
        start_time: int | None,
        end_time: int | None,
        limit: int | None,
        next_token: str | None,
        filter_pattern: str | None,
        interleaved: bool,
    ) -> tuple[list[Found], str | None, list[Found]]:
        streams = {
            name: stream.events
            for name, stream in list(self.streams.items())
            if not log_stream_names or name in log_stream_names
        }
        matches = get_pattern_matcher(filter_pattern) if filter_pattern else None
        page, token = page_of_group(
            log_group_name,
            streams,
            (start_time, end_time),
            lambda event: matches is None or matches(filter_pattern, event),
            limit=limit or MOST_EVENTS,
            token=next_token,
            interleaved=interleaved,
        )
        searched = [{"logStreamName": name, "searchedCompletely": True} for name in streams]
        return page, token, searched

    let_streams_be_chosen_by_a_prefix()


def let_streams_be_chosen_by_a_prefix() -> None:
    """Defect: FilterLogEvents ignores logStreamNamePrefix, and gives the events of all streams."""

    @patch(LogsResponse.filter_log_events)
    def filter_log_events(original: Callable[[LogsResponse], str], self: LogsResponse) -> str:
        prefix, group = self._get_param("logStreamNamePrefix"), self._get_param("logGroupName")
        if prefix is None or group not in self.logs_backend.groups:
            return original(self)
        if self._get_param("logStreamNames"):
            raise InvalidParameterException(
                "logStreamNames and logStreamNamePrefix cannot be given together."
            )
        names = [name for name in list(self.logs_backend.groups[group].streams) if name.startswith(prefix)]
        if not names:
            return json.dumps({"events": [], "searchedLogStreams": []})
        self.body = json.dumps(json.loads(self.body) | {"logStreamNames": names})
        return original(self)
