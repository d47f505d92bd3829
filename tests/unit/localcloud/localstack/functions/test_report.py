from datetime import UTC, datetime

import pytest

from localcloud.localstack.functions.exchange import Ending, Outcome
from localcloud.localstack.functions.report import Invoked, log_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
INVOKED = Invoked("r-1", "$LATEST", memory_size=128, timeout=3.0)


def lines(outcome: Outcome, printed: str = "", peak_memory: int | None = 36) -> list[str]:
    return log_of(INVOKED, outcome, printed, peak_memory, NOW).splitlines(keepends=False)


def test_a_first_invocation_tells_how_long_the_start_took() -> None:
    outcome = Outcome(Ending.RESPONSE, b"1", seconds=0.0123, init_seconds=0.1)
    assert log_of(INVOKED, outcome, "hello\n", 36, NOW) == (
        "START RequestId: r-1 Version: $LATEST\n"
        "hello\n"
        "END RequestId: r-1\n"
        "REPORT RequestId: r-1\tDuration: 12.30 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 36 MB\tInit Duration: 100.00 ms\t\n"
    )


def test_a_later_invocation_has_no_start() -> None:
    assert "Init Duration" not in lines(Outcome(Ending.RESPONSE, b"1", seconds=0.01))[-1]


def test_what_nobody_measured_is_not_reported() -> None:
    assert "Max Memory" not in lines(Outcome(Ending.RESPONSE, b"1", seconds=0.01), peak_memory=None)[-1]


def test_an_error_of_several_lines_stays_one_line() -> None:
    printed = "[ERROR] ValueError: no\rTraceback (most recent call last):\r  File\n"
    assert printed in log_of(INVOKED, Outcome(Ending.ERROR, b"{}", seconds=0.01), printed, None, NOW)


def test_a_function_that_prints_no_line_end_does_not_swallow_lambdas_line() -> None:
    assert "\nno end\nEND RequestId: r-1\n" in log_of(
        INVOKED, Outcome(Ending.RESPONSE, b"", seconds=0.01), "no end", None, NOW
    )


def test_a_timeout_is_told_with_its_moment() -> None:
    written = lines(Outcome(Ending.TIMEOUT, b"", seconds=3.0), "working\n")
    assert written[1:3] == ["working", "2026-01-02T03:04:05.678Z r-1 Task timed out after 3.00 seconds"]
    assert "\tStatus: timeout\t" in written[-1]


def test_a_process_that_ended_is_told_with_the_reason() -> None:
    written = lines(Outcome(Ending.EXIT, b"Runtime exited with error: exit status 1", seconds=0.01))
    assert written[1:3] == [
        "RequestId: r-1 Error: Runtime exited with error: exit status 1",
        "Runtime.ExitError",
    ]
    assert written[-1].endswith("Status: error\tError Type: Runtime.ExitError\t")


@pytest.mark.parametrize("ending", [Ending.ERROR, Ending.INIT_ERROR])
def test_an_error_of_the_function_is_reported_by_its_type(ending: Ending) -> None:
    outcome = Outcome(ending, b'{"errorType": "ValueError"}', seconds=0.01)
    assert lines(outcome)[-1].endswith("Status: error\tError Type: ValueError\t")
