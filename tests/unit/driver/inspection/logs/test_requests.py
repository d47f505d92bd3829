import json
from datetime import timedelta

from driver.aws.logs import LogEvent
from driver.inspection.logs.requests import of_execution
from tests.unit.driver.fakes import NOON, PIPELINE

OURS = f"{PIPELINE}/execution/abcdefghijkl"
THEIRS = f"{PIPELINE}/execution/zyxwvutsrqpo"
NAMES = frozenset({OURS, "abcdefghijkl", "run-1-0123"})


def request(number: int, *messages: str, stream: str = "s") -> list[LogEvent]:
    """A request's lines from START to REPORT, as Lambda writes them."""
    lines = [
        f"START RequestId: {number} Version: $LATEST",
        *messages,
        f"END RequestId: {number}",
        f"REPORT RequestId: {number}\tDuration: 1 ms",
    ]
    return [
        LogEvent(NOON + timedelta(seconds=number), "g", stream, f"{number}-{index}", text)
        for index, text in enumerate(lines)
    ]


def said(message: str, **subject: str | None) -> str:
    return json.dumps({"level": "INFO", "message": message, **subject})


def picked(*requests: list[LogEvent], is_over: bool = False) -> list[str]:
    events = [event for part in requests for event in part]
    return [event.message for event in of_execution(events, NAMES, is_over=is_over)]


def test_a_request_that_names_the_execution_is_its_own_with_every_line() -> None:
    ours = request(1, said("Answered", pipelineExecutionArn=OURS), "plain text")
    theirs = request(2, said("Answered", pipelineExecutionArn=THEIRS), "plain text")
    assert picked(ours, theirs) == [event.message for event in ours]


def test_a_run_id_or_an_id_in_a_text_names_it_too() -> None:
    by_run = request(1, said("Started", runId="run-1-0123"))
    by_text = request(2, said("Started the job sagestep-abcdefghijkl.", vejArn="arn:job"))
    assert len(picked(by_run, by_text)) == len(by_run) + len(by_text)


def test_a_request_that_failed_before_it_knew_any_execution_is_shown() -> None:
    lost = request(1, said("The step fails", vejArn=None), "Traceback (most recent call last): …")
    assert picked(lost) == [event.message for event in lost]


def test_a_request_that_has_named_none_yet_is_waited_for_while_it_may() -> None:
    begun = request(1, "Loading")[:2]
    assert picked(begun) == []
    assert picked(begun, is_over=True) == [event.message for event in begun]
    named = [*begun, *request(1, said("Answered", pipelineExecutionArn=OURS))[1:2]]
    assert picked(named) == [event.message for event in named]


def test_of_several_messages_in_one_request_those_about_others_are_left_out() -> None:
    both = request(1, said("Ours", pipelineExecutionArn=OURS), said("Theirs", pipelineExecutionArn=THEIRS))
    assert not any("Theirs" in message for message in picked(both))
    assert len(picked(both)) == len(both) - 1


def test_requests_are_told_apart_stream_by_stream() -> None:
    ours = request(1, said("Ours", pipelineExecutionArn=OURS), stream="a")
    theirs = request(1, said("Theirs", pipelineExecutionArn=THEIRS), stream="b")
    mixed = [event for pair in zip(ours, theirs, strict=True) for event in pair]
    assert picked(mixed) == [event.message for event in ours]


def test_a_name_that_only_begins_alike_is_another() -> None:
    other = request(1, said("Started", runId="run-1-01234"), said("Started", pipelineExecutionArn=f"{OURS}x"))
    assert picked(other) == []


def test_a_cold_start_belongs_to_the_request_after_it() -> None:
    theirs = request(1, said("Theirs", pipelineExecutionArn=THEIRS))
    start = LogEvent(NOON + timedelta(seconds=2), "g", "s", "2", "INIT_START Runtime Version: python:3.13")
    ours = request(2, said("Ours", pipelineExecutionArn=OURS))
    assert picked(theirs, [start], ours) == [start.message, *(event.message for event in ours)]
