import io
import json
import logging
from datetime import datetime

from lambda_src.shared.logs import JsonFormatter, Metric, about, configured, count


def written(log: logging.Logger) -> io.StringIO:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    return stream


def test_a_line_says_when_what_and_about_which_execution_and_job() -> None:
    logger = logging.Logger("test")
    stream = written(logger)
    about(logger, pipelineExecutionArn="execution", vejArn="job").info("Seen: %s\nand done", "Zürich")
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
    configured("test", "INFO", io.StringIO())
    logger = configured("test", "WARNING", stream)
    about(logger).info("quiet")
    about(logger).warning("loud")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_what_is_counted_is_a_line_in_the_embedded_metric_format() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    logger = logging.Logger("test")
    stream = written(logger)
    count(about(logger, runId="run-1"), Metric("SwallowedAnswers", {"PipelineName": "p"}), "Too late.")
    line = json.loads(stream.getvalue())
    timestamp = line["_aws"].pop("Timestamp")
    assert isinstance(timestamp, int)
    assert abs(timestamp / 1000 - datetime.fromisoformat(line.pop("time")).timestamp()) < 0.002
    assert line == {
        "level": "WARNING",
        "message": "Too late.",
        "runId": "run-1",
        "PipelineName": "p",
        "SwallowedAnswers": 1,
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "sagestep",
                    "Dimensions": [["PipelineName"]],
                    "Metrics": [{"Name": "SwallowedAnswers", "Unit": "Count"}],
                }
            ]
        },
    }


def test_a_quiet_log_counts_all_the_same() -> None:
    stream = io.StringIO()
    logger = configured("test", "CRITICAL", stream)
    count(about(logger), Metric("SwallowedAnswers", {}), "Too late.")
    about(logger).error("Not written.")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["Too late."]
