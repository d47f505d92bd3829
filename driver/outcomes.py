"""What a state machine's execution ended with, in words: its output, or its error and cause. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from driver.models import AnyExecution, PipelineExecution
from driver.status import StateMachineStatus


def describe_output(text: str) -> list[str]:
    """Lay out a state machine's output for reading.

    Parameters
    ----------
    text
        JSON.

    Returns
    -------
    list of str
        A line for each value, those of an object within the object indented; the text as it is if it is no
        object.
    """
    output = _read_object(text)
    return [text] if output is None else _lines(output)


def describe_reason(execution: AnyExecution) -> str:
    """Write why an execution ended as it did, whole; nothing if there is no reason.

    The first line says what matters. A function that raised is described by Step Functions as a JSON object:
    its message comes first, the lines of its traceback below.
    """
    if isinstance(execution, PipelineExecution):
        return execution.reason
    if execution.status is StateMachineStatus.TIMED_OUT and not (execution.error or execution.cause):
        return "It took longer than the state machine's TimeoutSeconds allow."
    raised = _read_object(execution.cause) or {}
    message, trace = raised.get("errorMessage"), raised.get("stackTrace")
    lines = [str(message), *_trace_lines(trace)] if message else [execution.cause]
    return ": ".join(filter(None, (execution.error, "\n".join(lines).strip())))


def _read_object(text: str) -> Mapping[str, object] | None:
    try:
        read = json.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _lines(values: Mapping[str, object]) -> list[str]:
    width = max(map(len, values), default=0)
    lines: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            lines += [name, *(f"  {line}" for line in _lines(value))]
        else:
            said = value if isinstance(value, str) else json.dumps(value)
            lines.append(f"{name:<{width}}  {said}".rstrip())
    return lines


def _trace_lines(trace: object) -> list[str]:
    return [f"  {entry}".rstrip() for entry in trace] if isinstance(trace, list) else []
