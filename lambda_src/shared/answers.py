"""What a waiting task can be told, within the limits of SendTaskSuccess and SendTaskFailure."""

from dataclasses import dataclass
from enum import StrEnum

ERROR_LIMIT = 256
"""Characters of an error that SendTaskFailure takes."""
CAUSE_LIMIT = 32_768
"""Characters of a cause that SendTaskFailure takes."""
OUTPUT_LIMIT = 262_144
"""Bytes of an output that SendTaskSuccess takes."""


@dataclass(frozen=True, slots=True)
class Success:
    """The task succeeds with this output, JSON of at most `OUTPUT_LIMIT` bytes."""

    output: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The task fails; error and cause keep to `ERROR_LIMIT` and `CAUSE_LIMIT`."""

    error: str
    cause: str


Answer = Success | Failure


class Delivery(StrEnum):
    """What became of an answer."""

    ANSWERED = "answered"
    """At least one task had waited for it."""
    EARLIER = "earlier"
    """The pipeline's last step had answered before, as it should."""
    DEAD = "dead"
    """No task waits any more: answered before, timed out or aborted."""
    NONE = "none"
    """There was no token to answer."""
