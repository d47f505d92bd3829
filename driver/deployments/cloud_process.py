"""The process of a local cloud: whether it lives, what it does, and how it ends."""

from __future__ import annotations

from driver.host.patience import Patience
from driver.host.processes import HostProcesses
from driver.model.exceptions import LocalCloudError
from driver.model.values import RunningCloud

MODULE = "localcloud.localstack"
_STOP_SECONDS = 15.0  # until what was asked to end is killed
_GONE_SECONDS = 10.0  # until what was killed is gone
_PORT_SECONDS = 5.0  # until the port of what is gone is free
# Of psutil's words those that say why a process does not answer.
_STATES = {"stopped": "stopped", "tracing-stop": "stopped by a debugger", "disk-sleep": "waiting for a disk"}


class CloudProcess:
    """Watches and ends the process of a local cloud."""

    def __init__(self, processes: HostProcesses, patience: Patience) -> None:
        self._processes = processes
        self._patience = patience

    def lives(self, cloud: RunningCloud) -> bool:
        """Tell whether its process runs; another process may have its id by now."""
        if self._processes.has_ended(cloud.pid) or MODULE not in self._processes.command_line(cloud.pid):
            return False
        # An earlier version recorded no time.
        return cloud.started in {"", self._processes.start_time(cloud.pid)}

    def end(self, cloud: RunningCloud) -> None:
        """End a cloud and all its processes: with SIGTERM, then with SIGKILL; wait until they are gone."""
        pid = cloud.pid
        self._processes.terminate(pid)
        self._patience.until(lambda: self._processes.has_ended(pid), _STOP_SECONDS)
        if self._processes.has_ended(pid) or self.lives(cloud):  # else its id is another's by now
            self._processes.kill_group(pid)
        if not self._patience.until(lambda: not self.lives(cloud), _GONE_SECONDS):
            raise LocalCloudError(
                "The local cloud does not end.",
                f"Process {pid} was killed, and is still there ({self.state(cloud)}).",
                "Wait a while and try again; what waits for a disk or another device ends only after that.",
            )
        self._patience.until(lambda: self._processes.is_port_free(cloud.port), _PORT_SECONDS)

    def state(self, cloud: RunningCloud) -> str:
        """Say what its process does."""
        return f"state: {_STATES.get(self._processes.state(cloud.pid), 'busy')}"
