"""The containers of one job, which are stopped together."""

import queue
import threading
from collections.abc import Mapping

from localcloud.containers.container import Container


class Containers:
    """The containers that a job has started."""

    def __init__(self) -> None:
        self.started: list[Container] = []

    def terminate(self) -> None:
        """Send SIGTERM to all."""
        for container in self.started:
            container.terminate()

    def kill(self) -> None:
        """Send SIGKILL to all."""
        for container in self.started:
            container.kill()


class Ends:
    """The ends of containers in their order; several have a thread each, which waits for it."""

    def __init__(self, containers: Mapping[str, Container]) -> None:
        self._ended: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self._only = next(iter(containers.items())) if len(containers) == 1 else None
        if self._only is None:
            for name, container in containers.items():
                threading.Thread(target=self._await, args=(name, container), daemon=True).start()

    def next(self, seconds: float) -> tuple[str, int] | None:
        """Wait for the next end, so many seconds at most; give the container's name and its exit code."""
        if self._only is not None:
            code = self._only[1].wait(seconds)
            return None if code is None else (self._only[0], code)
        try:
            return self._ended.get(timeout=seconds)
        except queue.Empty:
            return None

    def _await(self, name: str, container: Container) -> None:
        code = container.wait()
        assert code is not None
        self._ended.put((name, code))
