"""What a state machine's execution ended with, in words: its output, or its error and cause. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from driver.model.documents import object_in
from driver.model.status import StateMachineStatus
from driver.model.values import Deployment

_WIDE = 60  # characters of a list that has one line
# The functions around a pipeline raise these, on purpose: their messages say all, without a traceback.
_RAISED_ON_PURPOSE = {"EventError", "InvalidInputError", "PassingError", "RefusedError"}


def describe_output(text: str) -> list[str]:
    """Lay out a state machine's output, JSON, for reading.

    Each value has a line, indented where it is of an object within; what is no object stays as it is.
    """
    output = object_in(text)
    return [text] if output is None else value_lines(output)


def describe_reason(status: str, error: str, cause: str) -> str:
    """Write why an execution ended with this status, whole; nothing if there is no reason.

    The first line says what matters; see `describe_failure`.
    """
    if status == StateMachineStatus.TIMED_OUT and not (error or cause):
        return "It took longer than the state machine's TimeoutSeconds allow."
    return describe_failure(error, cause)


def describe_failure(error: str, cause: str) -> str:
    """Write an error of Step Functions and its cause, whole; nothing if there is neither.

    A cause is often JSON that holds the reason. A function that raised: its message comes first, the lines of
    its traceback below, unless it is a function around a pipeline that refuses what it is given: its log has
    the traceback. A job that failed, waited for by `.sync`: the description of the job with its
    FailureReason. A nested execution that failed: its description with an error and a cause of its own, which
    may be either. AWS cuts causes, so that one may have ceased to be JSON: it is then told as it is.
    """
    found = object_in(cause) or {}
    message, reason = found.get("errorMessage"), found.get("FailureReason")
    if message:
        trace = None if found.get("errorType") in _RAISED_ON_PURPOSE else found.get("stackTrace")
        text = "\n".join([str(message), *_trace_lines(trace)])
    elif reason:
        job = next((str(value) for name, value in found.items() if name.endswith("JobName")), "")
        text = f"{job}: {reason}" if job else str(reason)
    elif "ExecutionArn" in found and "Status" in found:
        inner = describe_failure(str(found.get("Error") or ""), str(found.get("Cause") or ""))
        machine_and_name = ":".join(str(found["ExecutionArn"]).split(":")[-2:])
        text = f"execution {machine_and_name} ended {found['Status']}" + (f": {inner}" if inner else "")
    else:
        text = cause
    return ": ".join(filter(None, (error, text.strip())))


def value_lines(values: Mapping[str, object]) -> list[str]:
    """Lay out values: a line for each, those of an object or a long list within indented below its name."""
    width = max((len(name) for name, value in values.items() if not _is_tall(value)), default=0)
    lines: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            lines += [name, *(f"  {line}" for line in value_lines(value))]
        elif isinstance(value, list) and _is_tall(value):
            lines += [name, *(f"  {_written(item)}" for item in value)]
        else:
            lines.append(f"{name:<{width}}  {_written(value)}".rstrip())
    return lines


def _is_tall(value: object) -> bool:
    if isinstance(value, list):
        return len(_written(value)) > _WIDE
    return isinstance(value, dict) and bool(value)


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _trace_lines(trace: object) -> list[str]:
    return [f"  {entry}".rstrip() for entry in trace] if isinstance(trace, list) else []


def where_logs_are(deployment: Deployment, groups: Iterable[str], directory: Path, execution: str) -> str:
    """Say how the logs of an execution can be read.

    Parameters
    ----------
    deployment
        What made them.
    groups
        CloudWatch's log groups; empty names are left out.
    directory
        The target's folder, where a local cloud has its own log.
    execution
        What `--execution` takes, and the target's flag if there is one.
    """
    command = f"See the logs with `invoke logs --execution {execution}`, the errors alone with --errors"
    if deployment.endpoint_url is None:
        region = deployment.region
        console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        named = [group for group in groups if group]
        pages = [f"{console}#logsV2:log-groups/log-group/{quote(quote(g, safe=''), safe='')}" for g in named]
        return "\n".join([f"{command}, or at", *pages])
    return f"{command}; the local cloud's own is {directory / 'cloud.log'}."
