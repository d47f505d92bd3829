import io
import json
from datetime import UTC, datetime

import pytest

from driver.aws.logs import LogEvent
from driver.host.console import Console
from driver.inspection.logs.events import LogLine
from driver.inspection.logs.view import LogView, readable

JOB = "sagestep-train-run-20261121T150747-bbed45"


class Terminal(io.StringIO):
    """A terminal of ample width."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def line(message: str, source: str = "geospatial", *, is_error: bool = False) -> LogLine:
    time = datetime(2026, 11, 21, 12, 0, 0, 250_000, UTC)
    return LogLine(LogEvent(time, "g", "s", "1", message), source, is_error)


def shown(stream: io.StringIO, *lines: LogLine) -> str:
    view = LogView(Console(stream, io.StringIO(), ask=lambda _: ""))
    for each in lines:
        view.show(each)
    return stream.getvalue()


def test_where_there_is_no_terminal_a_line_has_the_whole_time_and_source() -> None:
    text = shown(io.StringIO(), line("accuracy=1.0", JOB), line("Training failed\n", JOB, is_error=True))
    assert text == (
        f"2026-11-21T12:00:00.250+00:00 {JOB}   accuracy=1.0\n"
        f"2026-11-21T12:00:00.250+00:00 {JOB} ✗ Training failed\n"
    )


def test_long_lines_go_whole_and_what_looks_like_markup_stays() -> None:
    message = "[bold]" + "x" * 400
    assert message in shown(io.StringIO(), line(message))


def test_on_a_terminal_each_source_has_its_colour_and_errors_are_red(terminal: Terminal) -> None:
    text = shown(
        terminal, line("one"), line("two", "answer_task"), line("three"), line("four", is_error=True)
    ).splitlines()
    colours = [part.partition("m")[0] for part in text]
    assert colours == ["\x1b[36", "\x1b[35", "\x1b[36", "\x1b[1;31"]


def test_no_color_is_heeded_and_errors_are_marked_still(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(terminal, line("four", is_error=True))
    assert "✗ four" in text
    assert "\x1b[3" not in text


def test_long_names_are_cut_in_the_middle_on_a_terminal_alone(terminal: Terminal) -> None:
    assert "sagestep-train…0747-bbed45 " in shown(terminal, line("accuracy=1.0", JOB))


def test_more_sources_than_colours_begin_anew(terminal: Terminal) -> None:
    text = shown(terminal, *(line("x", f"source-{number}") for number in range(7))).splitlines()
    assert text[0].partition("m")[0] == text[6].partition("m")[0]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('{"time": "…", "level": "INFO", "message": "Started.", "vejArn": "arn"}', "INFO Started."),
        (
            '{"level": "ERROR", "message": "It fails", "exception": "Traceback\\n  x"}',
            "ERROR It fails\nTraceback\n  x",
        ),
        (
            json.dumps(
                {
                    "type": "TaskFailed",
                    "execution_arn": "arn",
                    "details": {
                        "error": "States.TaskFailed",
                        "cause": json.dumps({"TrainingJobName": "t", "FailureReason": "no column"}),
                    },
                }
            ),
            "TaskFailed States.TaskFailed: t: no column",
        ),
        (
            '{"type": "FailStateEntered", "execution_arn": "arn", "details": {"name": "Failed"}}',
            "FailStateEntered Failed",
        ),
        ('{"type": "ExecutionAborted", "execution_arn": "arn", "details": "cut {"}', "ExecutionAborted"),
        ("epoch 1\repoch 2", "epoch 1\nepoch 2"),
        ("\x1b[2J\x1b[31mred\x1b[0m", "red"),
        ('{"accuracy": 1}', '{"accuracy": 1}'),
    ],
)
def test_messages_are_written_as_people_read_them(message: str, text: str) -> None:
    assert readable(message) == text
