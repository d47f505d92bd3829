"""Runs: what one execution of the state machine is called on SageMaker's side and in the token store.

One id is the key under which task tokens are stored, the display name of the pipeline execution and the
token that makes its start idempotent, so that each finds the others. A pipeline parameter carries it:
the task token itself may not fit there (2048 characters against 1024; botocore's service models).
"""

import hashlib
import re

from .events import EventError

RUN_ID_PARAMETER = "parameter_run_id"
"""The pipeline parameter that carries the run id; empty where no state machine waits."""

# With the hash 73 characters: a display name has at most 82, an idempotency token 32 to 128.
_NAME_LENGTH = 40
_EXECUTION_ARN = re.compile(r"arn:[^:]+:states:[^:]+:[0-9]+:execution:[^:]+:(?P<name>[^:]+)")
_RUN_ID = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,39}-)?[0-9a-f]{32}")


def run_id(execution_arn: str) -> str:
    """Give the run id of an execution of the state machine: the same whoever asks, whenever.

    Returns what its name can contribute to a display name, and a hash; 32 to 73 characters. Raises
    `EventError` if the text is not such an ARN.
    """
    match = _EXECUTION_ARN.fullmatch(execution_arn)
    if match is None:
        raise EventError(f"'{execution_arn}' is not the ARN of an execution of a standard state machine.")
    slug = re.sub(r"[^A-Za-z0-9]+", "-", match["name"]).strip("-")[:_NAME_LENGTH]
    digest = hashlib.sha256(execution_arn.encode()).hexdigest()[:32]
    return f"{slug}-{digest}" if slug else digest


def is_run_id(text: str) -> bool:
    """Tell whether a text that came from outside may be used as a run id: it becomes part of a key."""
    return _RUN_ID.fullmatch(text) is not None
