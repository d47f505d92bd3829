"""The EventBridge event of an execution's change of status, as AWS writes it.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html, with its examples
and its limit for input and output.
"""

import json
from collections.abc import Mapping
from datetime import datetime

SOURCE = "aws.states"
DETAIL_TYPE = "Step Functions Execution Status Change"

MAX_ESCAPED_BYTES = 248 * 1024
"""Above this AWS leaves out the input, and the output too where it alone is larger."""


def detail(described: Mapping[str, object]) -> str:
    """Write the event's detail.

    `described`: what DescribeExecution answers: dates are `datetime.datetime`, input and output JSON texts.
    """
    data = {name: _text(described.get(name)) for name in ("input", "output")}
    sizes = {name: len(json.dumps(text)) if text is not None else 0 for name, text in data.items()}
    left_out = set()
    if sizes["input"] + sizes["output"] > MAX_ESCAPED_BYTES:
        left_out.add("input")
    if sizes["output"] > MAX_ESCAPED_BYTES:
        left_out.add("output")
    return json.dumps(
        {
            "executionArn": described["executionArn"],
            "stateMachineArn": described["stateMachineArn"],
            "stateMachineVersionArn": described.get("stateMachineVersionArn"),
            "stateMachineAliasArn": described.get("stateMachineAliasArn"),
            "name": described["name"],
            "status": described["status"],
            "startDate": _milliseconds(described["startDate"]),
            "stopDate": _milliseconds(described.get("stopDate")),
        }
        | {name: None if name in left_out else text for name, text in data.items()}
        | {
            f"{name}Details": None if text is None else {"included": name not in left_out}
            for name, text in data.items()
        }
        | {
            "error": described.get("error"),
            "cause": described.get("cause"),
            "redriveCount": described.get("redriveCount", 0),
            "redriveDate": _milliseconds(described.get("redriveDate")),
            "redriveStatus": described.get("redriveStatus"),
            "redriveStatusReason": described.get("redriveStatusReason"),
        }
    )


def _text(value: object) -> str | None:
    assert value is None or isinstance(value, str)
    return value


def _milliseconds(date: object) -> int | None:
    return int(date.timestamp() * 1000) if isinstance(date, datetime) else None
