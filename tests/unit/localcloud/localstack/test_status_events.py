import json
from datetime import UTC, datetime

import pytest

from localcloud.localstack.status_events import MAX_ESCAPED_BYTES, detail

RUNNING: dict[str, object] = {
    "executionArn": "arn:aws:states:us-west-2:000000000000:execution:machine:run",
    "stateMachineArn": "arn:aws:states:us-west-2:000000000000:stateMachine:machine",
    "name": "run",
    "status": "RUNNING",
    "startDate": datetime(2019, 2, 26, 23, 52, 26, 847_000, UTC),
    "input": "{}",
}


def ended(**fields: object) -> dict[str, object]:
    stop_date = datetime(2019, 2, 26, 23, 52, 31, 881_000, UTC)
    return {**RUNNING, "status": "SUCCEEDED", "stopDate": stop_date, **fields}


def test_a_running_execution_has_neither_end_nor_output() -> None:
    written = json.loads(detail(RUNNING))
    assert written["startDate"] == 1551225146847
    assert {name: written[name] for name in ("stopDate", "output", "outputDetails", "error", "cause")} == {
        "stopDate": None,
        "output": None,
        "outputDetails": None,
        "error": None,
        "cause": None,
    }
    assert (written["input"], written["inputDetails"]) == ("{}", {"included": True})


def test_an_ended_one_has_its_output() -> None:
    written = json.loads(detail(ended(output='"done"')))
    assert written["stopDate"] == 1551225151881
    assert (written["output"], written["outputDetails"]) == ('"done"', {"included": True})


@pytest.mark.parametrize(
    ("input_size", "output_size", "included"),
    [(100, 100, (True, True)), (130_000, 130_000, (False, True)), (100, 255_000, (False, False))],
    ids=["small", "large together", "large output"],
)
def test_what_an_event_cannot_hold_is_left_out(
    input_size: int, output_size: int, included: tuple[bool, bool]
) -> None:
    written = json.loads(detail(ended(input=f'"{"i" * input_size}"', output=f'"{"o" * output_size}"')))
    assert (written["inputDetails"]["included"], written["outputDetails"]["included"]) == included
    assert ((written["input"] is not None), (written["output"] is not None)) == included


def test_data_is_measured_as_it_is_escaped() -> None:
    quotes = json.dumps('"' * (MAX_ESCAPED_BYTES // 4))
    assert len(quotes) < MAX_ESCAPED_BYTES
    assert json.loads(detail(ended(output=quotes)))["output"] is None
