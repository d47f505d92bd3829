"""Starts, finds and stops the local cloud: a process with a Python environment of its own.

A cloud is recognized by a token that it got at its start, its instance. The answer to `GET /_sagestep/info`
has it, with the process id, so that no other server on the port is taken for it. A cloud that does not answer
still exists while its process lives: the driver waits for it, and never ends it without asking.
"""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

from driver.deployments.cloud_access import read_cloud_keys
from driver.deployments.cloud_environment import CloudEnvironment
from driver.deployments.cloud_process import MODULE, CloudProcess
from driver.deployments.cloud_record import CloudRecord
from driver.deployments.records import records_in
from driver.deployments.saved_state import SavedState, why_not_saved, why_refused
from driver.host.beside import beside
from driver.host.files import locked
from driver.host.patience import Patience
from driver.host.processes import HostProcesses
from driver.model.exceptions import CloudBusyError, LocalCloudError, UnusableCloudError
from driver.model.values import CLOSED, OPEN_KEYS, Access, Keys, RunningCloud
from driver.settings.project import Project

_PATH = "/_sagestep/info"
LOOK_SECONDS = 2.0


def fetch_cloud_info(endpoint_url: str, seconds: float = LOOK_SECONDS) -> Mapping[str, object] | None:
    """Ask an endpoint whether it is one of our local clouds, and which.

    The connection is direct: a proxy of the user has no way to the loopback of this machine.

    Returns
    -------
    Mapping or None
        `instance`, `pid` and `version`; None if nothing, or something else, answers within `seconds`.
    """
    address = urlsplit(endpoint_url)
    secure = address.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(address.hostname or "", address.port or (443 if secure else 80), timeout=seconds)
    try:
        connection.request("GET", _PATH)
        response = connection.getresponse()
        info = json.loads(response.read()) if response.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return info if isinstance(info, dict) else None


def changes_in(info: Mapping[str, object] | None, instance: str | None) -> int | None:
    """Read how many requests may have changed a resource in a run of a cloud; None: it does not tell."""
    count = (info or {}).get("changes")
    is_meant = info is not None and instance is not None and info.get("instance") == instance
    return count if is_meant and isinstance(count, int) else None


_START_SECONDS = 60.0
BUSY_SECONDS = 60.0  # until one that does not answer is given up
_LONG_LOOK_SECONDS = 30.0  # at one that is known to be busy
_PAUSE_SECONDS = 0.05
_LOG_LINES = 15
_PORTS = 100  # that are tried
# What a process needs to run at all. The user's credentials and settings are none of the cloud's business.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class LocalCloud:
    """The local cloud of one `.sagestep` folder.

    - `directory`: the folder of the local target, with the record, the log and the state of the cloud.
    - `project`: whose images the cloud runs; `python`: the environment of the cloud.
    - `environ`: the user's environment, of which only a few variables are passed on.
    - `patience`: seconds to wait for a cloud that does not answer.
    - `working`: shows that the driver waits for something.
    - `meanwhile`: what can be done beside the start of a cloud that is taken up.
    """

    def __init__(
        self,
        directory: Path,
        project: Project,
        python: CloudEnvironment,
        environ: Mapping[str, str],
        processes: HostProcesses,
        *,
        patience: float = BUSY_SECONDS,
        working: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext(),
        meanwhile: Callable[[], object] = lambda: None,
        fetch_info: Callable[[str, float], Mapping[str, object] | None] = fetch_cloud_info,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.log = directory / "cloud.log"
        self._directory = directory
        self._state_directory = directory / "cloud"
        self._saved = SavedState(self._state_directory / "saved")
        self._images = directory / "images.toml"  # `invoke up` writes it before
        self._record = CloudRecord(directory)
        self._project = project
        self._python = python
        self._environment = {name: environ[name] for name in _PASSED_ON if name in environ}
        self._processes = processes
        self._seconds = patience
        self._working = working
        self._meanwhile = meanwhile
        self._fetch_info = fetch_info
        self._patience = Patience(clock, sleep, _PAUSE_SECONDS)
        self._process = CloudProcess(processes, self._patience)

    def find(self) -> RunningCloud | None:
        """Return the running local cloud; one that does not answer is waited for while its process lives.

        Raises `CloudBusyError` if it does not answer in time.
        """
        cloud = self._record.read()
        if cloud is None or self._answers(cloud, LOOK_SECONDS):
            return cloud
        return self._await_answer(cloud) if self._process.lives(cloud) else None

    def take_up(self, access: Callable[[Access], Access] = lambda last: last) -> RunningCloud | None:
        """Return the running local cloud; one that has stopped and saved its state is started with it.

        `access` tells who may use one that is started, given who could use it before.

        Raises
        ------
        CloudBusyError
            If it runs and does not answer in time.
        UnusableCloudError
            If its saved state cannot be loaded.
        LocalCloudError
            If it cannot be started; its state stays as it is.
        """
        running = self.find()
        if running or not self.is_paused:
            return running
        with locked(self._directory):
            running, last = self.find(), self._record.read()
            if running or last is None or not self._saved.exists():
                return running  # another task has started or deleted it meanwhile
            self.check(last.port)
            with self._working("Starting the local cloud with what it held"), beside(self._meanwhile):
                return self._start(last.port, access(last.access), last.instance)

    @property
    def is_paused(self) -> bool:
        """Whether it does not run, and can be started with what it held."""
        return self.find_process() is None and self._record.read() is not None and self._saved.exists()

    def pause(self) -> str:
        """Stop the cloud, and keep what it holds; tells what is not saved, empty if everything is.

        Raises `LocalCloudError` if its process does not end even when it is killed.
        """
        with locked(self._directory):
            is_there = self.find_process() is not None
            self._end()
            return self._saved.why_not_current() if is_there else ""

    def saved_bytes(self) -> int:
        """Return the size of the saved state on the disk."""
        return self._saved.size()

    def last_used(self) -> float:
        """Return when a paused cloud was started, or has saved something, last; in seconds since 1970."""
        return max(self._saved.saved_at(), self._record.written_at)

    def why_not_saved(self) -> str:
        """Tell why the running cloud does not save what it holds; empty: it does, or does not run."""
        cloud = self._record.read()
        return why_not_saved(self._fetch_info(cloud.endpoint_url, LOOK_SECONDS)) if cloud else ""

    def records(self) -> Mapping[str, int]:
        """Count the resources of the running cloud in which nothing runs, by their types."""
        cloud = self._record.read()
        return records_in(self._fetch_info(cloud.endpoint_url, LOOK_SECONDS)) if cloud else {}

    def changes(self, instance: str | None) -> int | None:
        """Count the requests that may have changed a resource in that run; None: it does not tell."""
        cloud = self._record.read()
        if cloud is None or cloud.instance != instance:
            return None
        return changes_in(self._fetch_info(cloud.endpoint_url, LOOK_SECONDS), instance)

    def access(self) -> Access | None:
        """Tell who may use the running cloud, whether or not it answers; None if there is none."""
        cloud = self._record.read()
        return cloud.access if cloud and self._process.lives(cloud) else None

    def keys(self, endpoint_url: str) -> Keys:
        """Return the access key of the cloud at an address.

        Raises
        ------
        UnusableCloudError
            If the cloud has one and it cannot be read.
        """
        cloud = self._record.read()
        if cloud is None or cloud.endpoint_url != endpoint_url:
            return OPEN_KEYS  # not the cloud of this folder: its key is none of theirs
        path = self._state_directory / "credentials.json"
        if not path.exists() and self._is_without_keys(cloud):
            return OPEN_KEYS
        return read_cloud_keys(path)

    def is_of_another_version(self, cloud: RunningCloud) -> bool:
        """Tell whether another one would be started now, such as after an upgrade of sagestep."""
        python = self._python.find()
        return python is None or not self._processes.command_line(cloud.pid).startswith(f"{python} ")

    def last_port(self) -> int | None:
        """Return the port of the cloud that was started last, whether or not it still runs."""
        cloud = self._record.read()
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
            If the port is taken.
        EnvironmentNotReadyError
            If its environment is not there and cannot be made.
        """
        self._python.make()
        if not self._processes.is_port_free(port):
            raise self._port_taken(port)

    def start(self, port: int, access: Access = CLOSED) -> RunningCloud:
        """Start an empty cloud and wait until all of it can be used.

        Raises
        ------
        CloudBusyError
            If the one that was started last still lives.
        LocalCloudError
            If it ends or does not answer in time; with the last lines of its log.
        """
        last = self._record.read()
        if last and self._process.lives(last):
            raise self._busy(last)
        self._saved.remove()
        return self._start(port, access, uuid.uuid4().hex)

    def _start(self, port: int, access: Access, instance: str) -> RunningCloud:
        self._state_directory.mkdir(parents=True, exist_ok=True)
        options = {
            "--port": str(port),
            "--state-dir": str(self._state_directory),
            "--instance": instance,
        }
        if self._images.is_file():
            options["--images"] = str(self._images)
        command = [str(self._python.make()), "-m", MODULE]
        command += [word for option in options.items() for word in option]
        command += ["--iam", access.iam]
        command += ["--deployer-policy", access.deployer_policy] if access.deployer_policy else []
        command += ["--open"] if access.is_open else []
        command += [word for origin in access.allowed_origins for word in ("--allow-origin", origin)]
        pid = self._processes.start(command, self._project.installation, self._environment, self.log)
        cloud = RunningCloud(pid, port, instance, access, self._processes.start_time(pid))
        try:
            self._record.write(cloud)
            self._wait_until_ready(cloud)
        except BaseException:
            self._process.end(cloud)
            raise
        return cloud

    def find_process(self) -> int | None:
        """Return the id of the process that was started last, if it runs, even if it does not answer."""
        cloud = self._record.read()
        return cloud.pid if cloud and self._process.lives(cloud) else None

    def stop(self) -> None:
        """Stop the cloud that was started last, if it still runs, and remove its record and its state.

        Raises `LocalCloudError` if its process does not end even when it is killed.
        """
        with locked(self._directory):
            self._end()
            self._remove()

    def delete_paused(self, last_used: float) -> bool:
        """Remove a paused cloud that nobody has used since then; tells whether it was still there so."""
        with locked(self._directory):
            if not self.is_paused or self.last_used() != last_used:
                return False
            self._remove()
            return True

    def _remove(self) -> None:
        self._record.forget()
        self._saved.remove()

    def _end(self) -> None:
        cloud = self._record.read()
        if cloud and self._process.lives(cloud):
            self._process.end(cloud)

    def _wait_until_ready(self, cloud: RunningCloud) -> None:
        for _ in self._patience.rounds(_START_SECONDS, LOOK_SECONDS):
            if self._answers(cloud, LOOK_SECONDS):
                return
            if self._processes.has_ended(cloud.pid):
                if not self._processes.is_port_free(cloud.port):
                    raise self._port_taken(cloud.port)
                raise self._not_started("It ended while it was starting")
        raise self._not_started(f"It did not answer within {_START_SECONDS:.0f} seconds")

    def _await_answer(self, cloud: RunningCloud) -> RunningCloud | None:
        """Wait for one that is busy; None if it ends meanwhile."""
        waiting = (
            f"Process {cloud.pid} of the local cloud does not answer ({self._process.state(cloud)}): "
            f"waiting for it, {self._seconds:.0f} seconds at most"
        )
        with self._working(waiting):
            for left in self._patience.rounds(self._seconds, _LONG_LOOK_SECONDS):
                if self._answers(cloud, min(left, _LONG_LOOK_SECONDS)):
                    return cloud
                if not self._process.lives(cloud):
                    return None
        self._seconds = 0.0  # one command waits once
        raise self._busy(cloud)

    def _answers(self, cloud: RunningCloud, seconds: float) -> bool:
        info = self._fetch_info(cloud.endpoint_url, seconds) or {}
        return (info.get("instance"), info.get("pid")) == (cloud.instance, cloud.pid)

    def _is_without_keys(self, cloud: RunningCloud) -> bool:
        """Tell whether a cloud is of a version that had no keys: it does not say whether it is open."""
        info = self._fetch_info(cloud.endpoint_url, LOOK_SECONDS) or {}
        return info.get("instance") == cloud.instance and "is_open" not in info

    def _busy(self, cloud: RunningCloud) -> CloudBusyError:
        state = self._process.state(cloud)
        go_on = f"`kill -CONT {cloud.pid}` continues it" if "stopped" in state else "Wait and try again"
        return CloudBusyError(
            "The local cloud does not answer.",
            f"It is busy or stopped: process {cloud.pid} is there, but does not answer ({state}).",
            f"{go_on}; `invoke pause` ends it and keeps what it has saved. Its log is {self.log}.",
        )

    def _port_taken(self, port: int) -> LocalCloudError:
        holder = self._processes.port_holder(port) or "another program"
        if self._fetch_info(f"http://127.0.0.1:{port}", LOOK_SECONDS):
            holder += ", the local cloud of another folder"
        return LocalCloudError(
            f"The local cloud cannot use port {port}.",
            f"It is taken by {holder}.",
            "Choose another with `--port NUMBER` or SAGESTEP_PORT, or end that program.",
        )

    def _not_started(self, what_happened: str) -> LocalCloudError:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        if refused := why_refused(lines):
            return UnusableCloudError(
                "The local cloud does not start with what it held.",
                refused,
                "`invoke down` deletes it, then `invoke up` deploys again. To keep it, use the version of "
                "sagestep that has saved it.",
            )
        last = "\n".join(lines[-_LOG_LINES:]) or "(nothing)"
        return LocalCloudError(
            "The local cloud did not start.",
            f"{what_happened}; the end of its log:\n{last}",
            f"The whole log is {self.log}. If a package is missing, run `make install`.",
        )
