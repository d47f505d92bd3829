"""The record of the local cloud that was started last, and a copy of it: the cloud is found by it alone."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from driver.host.files import write_atomically
from driver.host.kept_files import read_record, set_aside
from driver.model.choices import IamMode
from driver.model.exceptions import BrokenFileError
from driver.model.records import text_of
from driver.model.values import Access, RunningCloud


class CloudRecord:
    """`cloud.json` in the folder of the local target."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "cloud.json"
        self._copy = directory / "state-backups/cloud.json"

    def write(self, cloud: RunningCloud) -> None:
        """Record a cloud."""
        for path in (self._path, self._copy):
            write_atomically(path, json.dumps(asdict(cloud)).encode(), durable=True)

    def read(self) -> RunningCloud | None:
        """Return the cloud that was started last, whether or not it still runs; None if that is not known."""
        for path in (self._path, self._copy):
            with suppress(BrokenFileError):
                cloud = read_record(path, "The record of the local cloud", "", _running_cloud)
                if cloud:
                    self._mend(path, cloud)
                    return cloud
        return None

    @property
    def written_at(self) -> float:
        """When a cloud was recorded last, in seconds since 1970; 0 if there is no record."""
        return self._path.stat().st_mtime if self._path.is_file() else 0.0

    def forget(self) -> None:
        """Remove the record, or whatever is in its place."""
        for path in (self._path, self._copy):
            if path.is_dir():
                set_aside(path)
            path.unlink(missing_ok=True)

    def _mend(self, read: Path, cloud: RunningCloud) -> None:
        """Write the record anew from its copy, if that is possible: a full disk keeps nobody from reading."""
        if read != self._path:
            with suppress(OSError):
                write_atomically(self._path, json.dumps(asdict(cloud)).encode())


def _running_cloud(record: dict[str, Any]) -> RunningCloud:
    access = record.get("access", {})
    if not isinstance(access, dict):
        raise ValueError("does not say who may use the cloud")  # noqa: TRY004 - the content is wrong
    origins = tuple(map(str, access.get("allowed_origins", ())))
    return RunningCloud(
        int(record["pid"]),
        int(record["port"]),
        text_of(record, "instance"),
        Access(
            bool(access.get("is_open")),
            origins,
            IamMode(access.get("iam", IamMode.OFF)),
            str(access.get("deployer_policy", "")),
        ),
        str(record.get("started", "")),
    )
