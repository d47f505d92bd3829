"""JSON objects in texts of AWS, and what the documents of `--json` have in common.

Each document has a schema, `driver/commands/schemas/NAME.schema.json`. Its number `version` is raised when
something that a program may rely on changes its meaning or goes; what is only added leaves it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

Document = Mapping[str, object]


def object_in(text: str) -> Document | None:
    """Read a JSON object; None if the text is something else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def object_of(value: object) -> Mapping[str, object]:
    """Return a JSON object; an empty one where the value is none."""
    return value if isinstance(value, dict) else {}


def moment(time: datetime | None) -> str | None:
    """Write a point in time: ISO 8601 with its offset from UTC; None while it is not known."""
    return time.isoformat() if time else None
