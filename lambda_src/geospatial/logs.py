"""Log lines as JSON objects, each with the execution and the job it is about."""

import json
import logging
import sys
import time
from collections.abc import MutableMapping
from typing import TextIO

SUBJECT = "subject"
"""The attribute of a log record that holds what its line is about."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, what the line is about, and an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{record.msecs:03.0f}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, SUBJECT, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class SubjectLog(logging.LoggerAdapter[logging.Logger]):
    """A logger whose every line says which pipeline execution and which job it is about."""

    def process(
        self, msg: object, kwargs: MutableMapping[str, object]
    ) -> tuple[object, MutableMapping[str, object]]:
        """Put the subject beside the message."""
        return msg, {**kwargs, "extra": {SUBJECT: dict(self.extra or {})}}


def about(logger: logging.Logger, *, execution_arn: object = None, vej_arn: object = None) -> SubjectLog:
    """Give a log about one execution and one job; None where the event does not say."""
    return SubjectLog(logger, {"pipelineExecutionArn": execution_arn, "vejArn": vej_arn})


def configured(level: str, stream: TextIO = sys.stdout) -> logging.Logger:
    """Give the function's logger, writing JSON lines at a level such as ``INFO``."""
    logger = logging.getLogger("geospatial")
    logger.setLevel(level)
    # The Lambda runtime's own handler on the root logger would write every line a second time.
    logger.propagate = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.handlers = [handler]
    return logger
