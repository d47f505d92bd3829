"""Log events as CloudWatch has them, and lines as they are told: pure values."""

from __future__ import annotations

from dataclasses import dataclass

from driver.aws.logs import LogEvent


@dataclass(frozen=True, slots=True)
class LogLine:
    """An event with what is known of it: whose it is, and whether it tells of an error."""

    event: LogEvent
    source: str
    is_error: bool = False

    def as_document(self) -> dict[str, object]:
        """Write it as driver/commands/schemas/logs.schema.json describes."""
        return {
            "time": self.event.time.isoformat(timespec="milliseconds"),
            "source": self.source,
            "group": self.event.group,
            "stream": self.event.stream,
            "message": self.event.message,
            "is_error": self.is_error,
        }
