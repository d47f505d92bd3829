"""The lines that Lambda itself writes around an invocation's log.

Source: AWS Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs" (plain text format).
"""

import math
from dataclasses import dataclass
from datetime import datetime

from localcloud.localstack.functions.exchange import Ending, Outcome
from localcloud.localstack.functions.faults import error_type, timeout_reason
from localcloud.localstack.functions.output import lines_of


@dataclass(frozen=True, slots=True)
class Invoked:
    """What a report is about: memory in MB, time-out in seconds, both as configured."""

    request_id: str
    version: str
    memory_size: int
    timeout: float


def log_of(invoked: Invoked, outcome: Outcome, printed: str, peak_memory: int | None, now: datetime) -> str:
    """Write the log of one invocation.

    - `printed`: what the function wrote to stdout and stderr.
    - `peak_memory`: the process's peak memory in MB, None where this machine does not tell.
    - `now`: the moment of writing, in UTC.
    """
    request = f"RequestId: {invoked.request_id}"
    lines = [f"START {request} Version: {invoked.version}", *lines_of(printed)]
    if outcome.ending is Ending.TIMEOUT:
        stamp = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
        lines.append(f"{stamp} {invoked.request_id} {timeout_reason(invoked.timeout)}")
    elif outcome.ending is Ending.EXIT:
        lines += [f"{request} Error: {outcome.payload.decode()}", "Runtime.ExitError"]
    lines += [f"END {request}", _report(invoked, outcome, peak_memory)]
    return "\n".join(lines) + "\n"


def _report(invoked: Invoked, outcome: Outcome, peak_memory: int | None) -> str:
    milliseconds = outcome.seconds * 1000
    fields = [
        f"REPORT RequestId: {invoked.request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(milliseconds)} ms",
        f"Memory Size: {invoked.memory_size} MB",
    ]
    if peak_memory is not None:
        fields.append(f"Max Memory Used: {peak_memory} MB")
    if outcome.init_seconds is not None:
        fields.append(f"Init Duration: {outcome.init_seconds * 1000:.2f} ms")
    if outcome.ending is Ending.TIMEOUT:
        fields.append("Status: timeout")
    elif outcome.ending is Ending.EXIT:
        fields += ["Status: error", "Error Type: Runtime.ExitError"]
    elif outcome.ending is not Ending.RESPONSE:
        fields += ["Status: error", f"Error Type: {error_type(outcome.payload)}"]
    return "\t".join(fields) + "\t"
