import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.terraform.events import (
    ChangeSummary,
    Diagnostic,
    Note,
    OutputValues,
    Phase,
    ResourceEvent,
    parse_event,
)

QUEUE = {"addr": "module.queue.aws_sqs_queue.this", "resource_type": "aws_sqs_queue"}


@pytest.mark.parametrize("phase", Phase)
def test_a_hook_tells_resource_action_and_seconds(phase: Phase) -> None:
    message = {"type": phase, "hook": {"resource": QUEUE, "action": "create", "elapsed_seconds": 25}}
    assert parse_event(json.dumps(message)) == ResourceEvent(phase, QUEUE["addr"], "create", 25)


def test_a_summary_tells_what_it_counts() -> None:
    message = {
        "type": "change_summary",
        "changes": {"add": 3, "change": 1, "import": 0, "remove": 2, "operation": "plan"},
    }
    event = parse_event(json.dumps(message))
    assert event == ChangeSummary("plan", add=3, change=1, remove=2)
    assert event.total == 6


def test_a_diagnostic_tells_where_it_comes_from() -> None:
    diagnostic = {"severity": "error", "summary": "creating SQS Queue", "detail": "denied", "address": "a.b"}
    event = parse_event(json.dumps({"type": "diagnostic", "diagnostic": diagnostic}))
    assert event == Diagnostic("error", "creating SQS Queue", "denied", "a.b")
    assert event.is_error


def test_outputs_of_an_apply_have_values() -> None:
    outputs = {
        "bucket_name": {"sensitive": False, "type": "string", "value": "b"},
        "password": {"sensitive": True, "type": "string"},
    }
    assert parse_event(json.dumps({"type": "outputs", "outputs": outputs})) == OutputValues(
        {"bucket_name": "b"}
    )


def test_outputs_of_a_plan_are_none() -> None:
    outputs = {"bucket_name": {"sensitive": False, "action": "create"}}
    assert parse_event(json.dumps({"type": "outputs", "outputs": outputs})) is None


@pytest.mark.parametrize("line", ["", "\n", '{"type":"refresh_start"}', '{"type":"version"}'])
def test_what_tells_nothing_is_no_event(line: str) -> None:
    assert parse_event(line) is None


def test_plain_text_is_a_note() -> None:
    line = 'Successfully configured the backend "local"!\n'
    assert parse_event(line) == Note(line.strip())


@given(st.text())
def test_no_line_is_too_odd(line: str) -> None:
    parse_event(line)


kinds = st.sampled_from([*Phase, "change_summary", "diagnostic", "outputs", "log"])
keys = st.sampled_from(["hook", "resource", "changes", "add", "diagnostic", "outputs", "@message"])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(keys, scalars, max_size=3)


@given(kinds, st.dictionaries(keys, values, max_size=4))
def test_no_message_is_too_odd(kind: str, parts: dict[str, object]) -> None:
    parse_event(json.dumps(parts | {"type": kind}))
