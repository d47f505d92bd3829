"""The documents of `--json`: what all of them have in common.

Each has a schema, `driver/commands/schemas/NAME.schema.json`. Its number `version` is raised when something
that a program may rely on changes its meaning or goes; what is only added leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

Document = Mapping[str, object]


def moment(time: datetime | None) -> str | None:
    """Write a point in time: ISO 8601 with its offset from UTC; None while it is not known."""
    return time.isoformat() if time else None
