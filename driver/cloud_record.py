"""The record of the local cloud that was started last: `cloud.json` in its target's folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from driver.files import write_atomically
from driver.models import Access, RunningCloud


def write_record(path: Path, cloud: RunningCloud) -> None:
    """Remember a cloud."""
    write_atomically(path, json.dumps(asdict(cloud)).encode())


def read_record(path: Path) -> RunningCloud | None:
    """Return the cloud that was started last, whether or not it still runs; None if that is not known."""
    try:
        values = json.loads(path.read_bytes())
        access = values.get("access", {})
        return RunningCloud(
            int(values["pid"]),
            int(values["port"]),
            str(values["instance"]),
            Access(bool(access.get("is_open")), tuple(map(str, access.get("allowed_origins", ())))),
            str(values.get("started", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
