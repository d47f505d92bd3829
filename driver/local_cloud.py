"""Starting, finding and stopping the embedded local cloud: a process of another environment.

The cloud is known by the token it was started with, its instance: it says it, with its process id, in its
answer to `GET /_sagestep/info`, so that no other server on the port can be mistaken for it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from driver.cloud_info import fetch_cloud_info
from driver.exceptions import BrokenFileError, LocalCloudError
from driver.files import write_atomically
from driver.kept_files import read_record, set_aside, text_of
from driver.models import RunningCloud

_MODULE = "localcloud.localstack"
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_LOOK_SECONDS = 0.05
_LOG_LINES = 15
_PORTS = 100  # that are tried
# What a process needs to run at all. The user's credentials and settings are none of the cloud's business.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class Processes(Protocol):
    """What is asked of the machine; `driver.processes.HostProcesses` is the real one."""

    def start(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path
    ) -> int:
        """Start a process and return its id."""

    def terminate(self, pid: int) -> None:
        """Ask a process to end."""

    def kill_group(self, pid: int) -> None:
        """End a process and its children at once."""

    def has_ended(self, pid: int) -> bool:
        """Tell whether a process is gone."""

    def command_line(self, pid: int) -> str:
        """Return the words a process was started with."""

    def is_port_free(self, port: int) -> bool:
        """Tell whether a port can be listened on."""

    def port_holder(self, port: int) -> str:
        """Name who listens on a port."""


class LocalCloud:
    """The local cloud of one `.sagestep` folder.

    Parameters
    ----------
    directory
        The local target's folder; record, log and the cloud's own state lie in it.
    project
        The repository's root, which holds the package `localcloud` and its environment.
    environ
        The user's environment, of which only the bare necessities are passed on.
    processes, fetch_info, clock, sleep
        The machine, HTTP, and time in seconds.
    """

    def __init__(
        self,
        directory: Path,
        project: Path,
        environ: Mapping[str, str],
        processes: Processes,
        *,
        fetch_info: Callable[[str], Mapping[str, object] | None] = fetch_cloud_info,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.log = directory / "cloud.log"
        self._state_directory = directory / "cloud"
        self._record = directory / "cloud.json"
        self._record_copy = directory / "state-backups/cloud.json"  # the cloud is found by it alone
        self._project = project
        self._python = project / "localcloud/.venv/bin/python"
        self._environment = {name: environ[name] for name in _PASSED_ON if name in environ}
        self._processes = processes
        self._fetch_info = fetch_info
        self._clock = clock
        self._sleep = sleep

    def find(self) -> RunningCloud | None:
        """Return the running local cloud, if it answers."""
        cloud = self._recorded()
        return cloud if cloud and self._answers(cloud) else None

    def last_port(self) -> int | None:
        """Return the port of the cloud that was started last, whether or not it still runs."""
        cloud = self._recorded()
        return cloud.port if cloud else None

    def free_port(self, first: int) -> int:
        """Return the first port, from that one on, that nobody listens on.

        Raises
        ------
        LocalCloudError
            If there is none among the next hundred.
        """
        ports = range(first, first + _PORTS)
        found = next((port for port in ports if self._processes.is_port_free(port)), None)
        if found is None:
            raise LocalCloudError(
                "The local cloud finds no free port.",
                f"All from {first} to {ports[-1]} are taken.",
                "Name another with `--port NUMBER` or SAGESTEP_PORT.",
            )
        return found

    def check(self, port: int) -> None:
        """Make sure that a cloud can be started.

        Raises
        ------
        LocalCloudError
            If its environment is not installed or the port is taken.
        """
        if not self._python.is_file():
            raise LocalCloudError(
                "The local cloud is not installed.",
                f"There is no {self._python}.",
                "Run `make install`.",
            )
        # A process of ours that does not answer may hold the port: `start` ends it.
        if self.find_process() is None and not self._processes.is_port_free(port):
            raise self._port_taken(port)

    def start(self, port: int) -> RunningCloud:
        """Start a cloud and wait until all of it can be used.

        Raises
        ------
        LocalCloudError
            If it ends or does not answer in time; with the last lines of its log.
        """
        self.stop()  # one that hangs, or whose driver was killed while it started
        self._state_directory.mkdir(parents=True, exist_ok=True)
        instance = uuid.uuid4().hex
        options = {
            "--port": str(port),
            "--state-dir": str(self._state_directory),
            "--instance": instance,
            "--images": str(self._project / "resources/images.toml"),
        }
        command = [str(self._python), "-m", _MODULE]
        command += [word for option in options.items() for word in option]
        pid = self._processes.start(command, self._project, self._environment, self.log)
        cloud = RunningCloud(pid, port, instance)
        try:
            for path in (self._record, self._record_copy):
                write_atomically(path, json.dumps(asdict(cloud)).encode(), durable=True)
            self._wait_until_ready(cloud)
        except BaseException:
            self._end(pid)
            raise
        return cloud

    def find_process(self) -> int | None:
        """Return the process that was started last, if it still runs, whether or not it answers."""
        cloud = self._recorded()
        if cloud is None or self._processes.has_ended(cloud.pid):
            return None
        # Another process may have got its id since.
        return cloud.pid if _MODULE in self._processes.command_line(cloud.pid) else None

    def stop(self) -> None:
        """Stop the cloud that was started last, if it still runs, and forget it."""
        pid = self.find_process()
        if pid is not None:
            self._end(pid)
        for path in (self._record, self._record_copy):
            if path.is_dir():
                set_aside(path)
            path.unlink(missing_ok=True)

    def _end(self, pid: int) -> None:
        """End a process and all that it started: first asked, then made to."""
        self._processes.terminate(pid)
        deadline = self._clock() + _STOP_SECONDS
        while not self._processes.has_ended(pid) and self._clock() < deadline:
            self._sleep(_LOOK_SECONDS)
        self._processes.kill_group(pid)

    def _wait_until_ready(self, cloud: RunningCloud) -> None:
        deadline = self._clock() + _START_SECONDS
        while not self._answers(cloud):
            if self._processes.has_ended(cloud.pid):
                if not self._processes.is_port_free(cloud.port):
                    raise self._port_taken(cloud.port)
                raise self._not_started("It ended while it was starting")
            if self._clock() > deadline:
                raise self._not_started(f"It did not answer within {_START_SECONDS:.0f} seconds")
            self._sleep(_LOOK_SECONDS)

    def _answers(self, cloud: RunningCloud) -> bool:
        info = self._fetch_info(cloud.endpoint_url) or {}
        return (info.get("instance"), info.get("pid")) == (cloud.instance, cloud.pid)

    def _recorded(self) -> RunningCloud | None:
        for path in (self._record, self._record_copy):
            with suppress(BrokenFileError):
                found = read_record(path, "The record of the local cloud", "", _running_cloud)
                if found:
                    self._mend_record(path, found)
                    return found
        return None

    def _mend_record(self, read: Path, cloud: RunningCloud) -> None:
        """Write the record anew from its copy, if that is possible: a full disk keeps nobody from reading."""
        if read != self._record:
            with suppress(OSError):
                write_atomically(self._record, json.dumps(asdict(cloud)).encode())

    def _port_taken(self, port: int) -> LocalCloudError:
        holder = self._processes.port_holder(port) or "another program"
        if self._fetch_info(f"http://127.0.0.1:{port}"):
            holder += ", the local cloud of another folder"
        return LocalCloudError(
            f"The local cloud cannot use port {port}.",
            f"It is taken by {holder}.",
            "Choose another with `--port NUMBER` or SAGESTEP_PORT, or end that program.",
        )

    def _not_started(self, what_happened: str) -> LocalCloudError:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        last = "\n".join(lines[-_LOG_LINES:]) or "(nothing)"
        return LocalCloudError(
            "The local cloud did not start.",
            f"{what_happened}; the end of its log:\n{last}",
            f"The whole log is {self.log}. If a package is missing, run `make install`.",
        )


def _running_cloud(record: dict[str, Any]) -> RunningCloud:
    pid, port = record["pid"], record["port"]
    if type(pid) is not int or type(port) is not int:
        raise ValueError("has no numbers as pid and port")
    return RunningCloud(pid, port, text_of(record, "instance"))
