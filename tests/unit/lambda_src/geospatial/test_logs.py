import io
import json
import logging
from datetime import datetime

from lambda_src.geospatial.logs import JsonFormatter, about, configured


def written(log: logging.Logger) -> io.StringIO:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    return stream


def test_a_line_says_when_what_and_about_which_execution_and_job() -> None:
    logger = logging.Logger("test")
    stream = written(logger)
    about(logger, execution_arn="execution", vej_arn="job").info("Seen: %s\nand done", "Zürich")
    line = json.loads(stream.getvalue())
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "level": "INFO",
        "message": "Seen: Zürich\nand done",
        "pipelineExecutionArn": "execution",
        "vejArn": "job",
    }


def test_an_exception_stays_within_its_line() -> None:
    logger = logging.Logger("test")
    stream = written(logger)
    try:
        int("no")
    except ValueError:
        about(logger).exception("Failed.")
    assert "ValueError: invalid literal" in json.loads(stream.getvalue())["exception"]


def test_the_function_logs_each_line_once_and_from_its_level_on() -> None:
    stream = io.StringIO()
    configured("INFO", io.StringIO())
    logger = configured("WARNING", stream)
    about(logger).info("quiet")
    about(logger).warning("loud")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["loud"]
