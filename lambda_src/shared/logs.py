"""Log lines as JSON objects, each with what it is about: an execution, a job, a run."""

import json
import logging
import sys
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import TextIO

SUBJECT = "subject"
"""The attribute of a log record that holds what its line is about."""
NAMESPACE = "sagestep"
"""The CloudWatch namespace of what is counted."""

_METRIC = "metric"


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is counted, by the dimensions it is told apart by."""

    name: str
    dimensions: Mapping[str, str]

    def members(self, created: float) -> dict[str, object]:
        """Give what a log line must hold for CloudWatch to count one.

        The embedded metric format: CloudWatch reads it from a function's log, with no call.

        `created`: when it happened, in seconds since the epoch.
        """
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [list(self.dimensions)],
            "Metrics": [{"Name": self.name, "Unit": "Count"}],
        }
        metadata = {"Timestamp": int(created * 1000), "CloudWatchMetrics": [directive]}
        return {"_aws": metadata, **self.dimensions, self.name: 1}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, subject, and what it counts or failed with."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{record.msecs:03.0f}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, SUBJECT, {}),
        }
        metric = getattr(record, _METRIC, None)
        if isinstance(metric, Metric):
            line |= metric.members(record.created)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class SubjectLog(logging.LoggerAdapter[logging.Logger]):
    """A logger whose every line says what it is about."""

    def process(
        self, msg: object, kwargs: MutableMapping[str, object]
    ) -> tuple[object, MutableMapping[str, object]]:
        """Put the subject beside the message."""
        return msg, {**kwargs, "extra": {SUBJECT: dict(self.extra or {})}}


def about(logger: logging.Logger, **subject: object) -> SubjectLog:
    """Give a log whose lines name these subjects, such as ``pipelineExecutionArn``.

    A subject is None where the event does not say.
    """
    return SubjectLog(logger, subject)


def count(log: SubjectLog, metric: Metric, message: str) -> None:
    """Write a warning that counts one, at whatever level the log is: a count left out is a wrong count."""
    extra = {SUBJECT: dict(log.extra or {}), _METRIC: metric}
    logger = log.logger
    logger.handle(
        logger.makeRecord(logger.name, logging.WARNING, __file__, 0, message, (), None, extra=extra)
    )


def configured(name: str, level: str, stream: TextIO = sys.stdout) -> logging.Logger:
    """Give a function's logger, writing JSON lines at a level such as ``INFO``."""
    logger = logging.getLogger(name)
    logger.setLevel(level)
    # The Lambda runtime's own handler on the root logger would write every line a second time.
    logger.propagate = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.handlers = [handler]
    return logger
