"""Log events of CloudWatch, and lines as they are shown. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

from driver.aws.logs import LogEvent
from driver.model.documents import Document


@dataclass(frozen=True, slots=True)
class LogLine:
    """An event, its source, and whether it is an error."""

    event: LogEvent
    source: str
    is_error: bool = False

    @property
    def time(self) -> str:
        """When, in ISO 8601."""
        return self.event.time.isoformat(timespec="milliseconds")

    def document(self) -> Document:
        """Put it into the document that driver/commands/schemas/logs.schema.json describes."""
        return {
            "time": self.time,
            "source": self.source,
            "group": self.event.group,
            "stream": self.event.stream,
            "message": self.event.message,
            "is_error": self.is_error,
        }
