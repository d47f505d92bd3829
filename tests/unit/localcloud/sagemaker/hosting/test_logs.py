from collections.abc import Sequence
from pathlib import Path

import pytest

from localcloud.errors import ServiceError
from localcloud.sagemaker.hosting.logs import LogStream
from tests.unit.localcloud.sagemaker.cloud import Clock


class Logs:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.trouble: Exception | None = None

    def write(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        assert (group, stream) == ("group", "A/i-1")
        assert all(millis > 1_700_000_000_000 for millis, _ in lines)
        if self.trouble:
            raise self.trouble
        self.lines.extend(message for _, message in lines)


class Tail:
    def __init__(self, path: Path) -> None:
        self.path, self.logs = path, Logs()
        self.stream = LogStream(path, self.logs, "group", "A/i-1", Clock())

    def print(self, text: str) -> None:
        with self.path.open("ab") as file:
            file.write(text.encode())


@pytest.fixture
def tail(tmp_path: Path) -> Tail:
    return Tail(tmp_path / "output.log")


def test_lines_go_out_once_they_are_complete(tail: Tail) -> None:
    tail.stream.carry()
    tail.print("one\ntw")
    tail.stream.carry()
    assert tail.logs.lines == ["one"]
    tail.print("o\r\n\nthree")
    tail.stream.carry()
    assert tail.logs.lines == ["one", "two"]


def test_the_last_line_goes_out_without_its_end_when_all_is_over(tail: Tail) -> None:
    tail.print("last words")
    tail.stream.carry(is_over=True)
    tail.stream.carry(is_over=True)
    assert tail.logs.lines == ["last words"]


def test_a_long_line_is_cut_into_messages_that_cloudwatch_takes(tail: Tail) -> None:
    tail.print("x" * 3_000_000 + "\nshort\n")
    tail.stream.carry()
    assert "".join(tail.logs.lines) == "x" * 3_000_000 + "short"
    assert max(len(line) for line in tail.logs.lines) + 26 == 1_048_576


def test_lines_that_cannot_be_written_are_reported_and_stop_nothing(
    tail: Tail, caplog: pytest.LogCaptureFixture
) -> None:
    tail.logs.trouble = ServiceError("ServiceUnavailable", "closed", 503)
    tail.print("lost\n")
    tail.stream.carry()
    assert "1 lines of group A/i-1 are lost" in caplog.text
    tail.logs.trouble = None
    tail.print("found\n")
    tail.stream.carry()
    assert tail.logs.lines == ["found"]
