"""How Lambda words the failures that the function itself cannot report.

Source: AWS Lambda developer guide, "Troubleshoot invocation issues in Lambda", and what Invoke answers there.
"""

import json
import signal

NOT_STARTED = "Runtime failed to start"
"""Why a process that never ran has ended; the local cloud's log tells more."""

RESPONSE_BYTES = 6 * 1024 * 1024 + 100
"""The largest result of a function, the same for every way of invoking it (AWS Lambda quotas: 6 MB)."""


def exit_error(request_id: str, reason: str) -> bytes:
    """Give the payload for a process that ended by itself."""
    return _payload("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def exit_reason(return_code: int) -> str:
    """Say why the process ended, as Lambda's log does; the code is that of `subprocess.Popen`."""
    if return_code == 0:
        return "Runtime exited without providing a reason"
    if return_code > 0:
        return f"Runtime exited with error: exit status {return_code}"
    name = signal.strsignal(-return_code) or f"signal {-return_code}"
    return f"Runtime exited with error: signal: {name.lower()}"


def timeout_error(request_id: str, timeout: float) -> bytes:
    """Give the payload for an invocation that ran longer than the function's time-out, in seconds."""
    return _payload("Sandbox.Timedout", f"RequestId: {request_id} Error: {timeout_reason(timeout)}")


def timeout_reason(timeout: float) -> str:
    """Say that the time-out, in seconds, is over, as Lambda's log does."""
    return f"Task timed out after {timeout:.2f} seconds"


def response_too_large() -> bytes:
    """Give the payload for a result of more than `RESPONSE_BYTES`."""
    message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
    return _payload("Function.ResponseSizeTooLarge", message)


def init_error(request_id: str, payload: bytes) -> bytes:
    """Name the request in the error of a function that could not be loaded: the process does not know it."""
    try:
        error = json.loads(payload)
    except ValueError:
        return payload
    if not isinstance(error, dict) or error.get("requestId"):
        return payload
    return json.dumps({**error, "requestId": request_id}).encode()


def error_type(payload: bytes) -> str:
    """Read the error's type out of a payload, "Unknown" where it has none."""
    try:
        error = json.loads(payload)
    except ValueError:
        return "Unknown"
    name = error.get("errorType") if isinstance(error, dict) else None
    return name if isinstance(name, str) and name else "Unknown"


def _payload(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
