"""The saved state of the local cloud, on its way into a snapshot and out of one.

Its program makes it portable: the driver knows neither its format nor its version.
"""

from __future__ import annotations

import errno
import os
import subprocess
import uuid
from pathlib import Path

from driver.deployments.cloud_environment import CloudEnvironment
from driver.deployments.cloud_record import CloudRecord
from driver.host.disk_space import full_disk
from driver.model.exceptions import BrokenFileError, LocalCloudError
from driver.model.values import Access, RunningCloud

_MODULE = "localcloud.localstack.state.portable"
_UNUSABLE, _FULL = 3, 4  # its exit codes


class PortableCloud:
    """Writes the state of a local cloud that is stopped, and takes one.

    `directory`: the folder of the local target; `installation`: the folder that holds `localcloud`.
    """

    def __init__(self, directory: Path, python: CloudEnvironment, installation: Path) -> None:
        self._directory = directory
        self._saved = directory / "cloud" / "saved"
        self._record = CloudRecord(directory)
        self._python = python
        self._installation = installation

    @property
    def last(self) -> RunningCloud | None:
        """The cloud that was started last."""
        return self._record.read()

    def export(self, folder: Path, port: int) -> None:
        """Write a portable copy of the state into a new folder."""
        self._run("export", str(self._saved), str(folder), str(port))

    def prepare(self, folder: Path, port: int) -> None:
        """Make a portable state one for this target and a port; nothing outside of the folder is changed.

        Raises `BrokenFileError` if it was cut or changed, or is of another version.
        """
        self._run("import", str(folder), str(port), str(self._saved))

    def take(self, folder: Path, port: int, access: Access) -> RunningCloud:
        """Let this target have a prepared state: a cloud that is paused, with an instance of its own."""
        self._saved.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.replace(self._saved)
        # This is the process of a driver, which is never taken for that of a cloud.
        cloud = RunningCloud(os.getpid(), port, uuid.uuid4().hex, access, "never")
        self._record.write(cloud)
        return cloud

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._python.make()), "-m", _MODULE, *arguments],
            cwd=self._installation,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        lines = done.stderr.strip().splitlines()
        said = lines[-1] if lines else f"exit code {done.returncode}"
        if done.returncode == _FULL:
            raise full_disk(OSError(errno.ENOSPC, said))
        if done.returncode == _UNUSABLE:
            raise BrokenFileError(
                "The state of the local cloud in the snapshot cannot be used.",
                f"{said[:1].upper()}{said[1:]}.",
                "Nothing was changed. A snapshot is loaded by the version of sagestep, LocalStack and Python "
                "that has saved it.",
            )
        raise LocalCloudError(
            "The state of the local cloud cannot be copied.", said, "Correct that and try again."
        )
