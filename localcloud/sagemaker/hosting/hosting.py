"""What runs endpoints, for every account and region."""

import random
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from localcloud.ports import Ports
from localcloud.sagemaker.clock import Clock, StartTimer, start_timer
from localcloud.sagemaker.hosting.endpoint import Dependencies, Endpoint, Identity, Launch
from localcloud.sagemaker.hosting.health import Timing
from localcloud.sagemaker.hosting.routing import Draw
from localcloud.sagemaker.hosting.server import Images, LaunchSpecification, Server, ServerSettings
from localcloud.sagemaker.hosting.turn import Event, Turn
from localcloud.sagemaker.workers import Workers

_MESSENGERS = 2
_SECONDS = 30.0  # such a message is short; a thread that takes longer for one is replaced
_PATIENCE = 1.0  # seconds that closing waits for messages to go out
_LAST_GRACE = 2.0  # seconds between SIGTERM and SIGKILL when the local cloud ends


class Hosting:
    """Runs endpoints."""

    def __init__(
        self, launch: Launch, clock: Clock, timer: StartTimer = start_timer, draw: Draw = random.random
    ) -> None:
        self.clock = clock
        self._launch = launch
        self._timer = timer
        self._draw = draw
        self._messengers = Workers("endpoint-message", _MESSENGERS, _SECONDS)
        self._lock = threading.Lock()  # guards _endpoints
        self._endpoints: set[Endpoint] = set()

    def begin_endpoint(
        self,
        identity: Identity,
        turn: Turn,
        ports: Ports,
        tags: Callable[[], Mapping[str, str]],
        forget: Callable[[], None],
    ) -> Endpoint:
        """Begin an endpoint, with its first state and what this orders.

        `forget`: called once the endpoint is deleted, on a thread that holds no lock.
        """

        def forgotten() -> None:
            with self._lock:
                self._endpoints.discard(endpoint)
            forget()

        dependencies = Dependencies(
            self._launch, self.clock, self._timer, self._draw, self._messengers, tags, forgotten
        )
        endpoint = Endpoint(identity, turn, ports, dependencies)
        with self._lock:
            self._endpoints.add(endpoint)
        return endpoint

    def write_captured(self) -> None:
        """Write at once what endpoints have captured."""
        with self._lock:
            endpoints = list(self._endpoints)
        for endpoint in endpoints:
            endpoint.capture.write()

    def close(self) -> None:
        """End all servers."""
        with self._lock:
            endpoints = list(self._endpoints)
        closers = [threading.Thread(target=endpoint.end, args=(_LAST_GRACE,)) for endpoint in endpoints]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()
        self._messengers.close(_PATIENCE)


def create(
    images: Images,
    folder: Path,
    clock: Clock,
    *,
    timing: Timing | None = None,
    timer: StartTimer = start_timer,
) -> Hosting:
    """Make the hosting whose servers are containers of these images.

    `folder`: where servers have their directories; it exists.
    """
    settings = ServerSettings(images, folder, clock, timing or Timing())

    def launch(specification: LaunchSpecification, ports: Ports, report: Callable[[Event], object]) -> Server:
        return Server(specification, ports, settings, report)

    return Hosting(launch, clock, timer)
