"""One start of an instance's container: model data, program, health, output, requests, end.

A server has a thread of its own, which prepares and starts the container and then watches it. It tells the
endpoint whether it is ready, and last of all how it ended: failed (it never ran, or was never healthy),
crashed (it ended by itself, or became unhealthy) or stopped (it was told to).
"""

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from localcloud.containers.container import ML, Container, ContainerError, Image, Run
from localcloud.containers.http import Connections, Reply, Request, StreamedReply
from localcloud.containers.network import offline_variables
from localcloud.errors import ServiceError
from localcloud.ports import Caller, Ports
from localcloud.sagemaker.hosting.artifacts import ModelDataError, provide_model
from localcloud.sagemaker.hosting.health import (
    Timing,
    download_failed,
    image_missing,
    may_not_pull,
    ping,
    ping_failed,
)
from localcloud.sagemaker.hosting.logs import LogStream
from localcloud.sagemaker.hosting.state import Variant
from localcloud.sagemaker.hosting.turn import (
    Event,
    InstanceCrashed,
    InstanceFailed,
    InstanceReady,
    InstanceStopped,
)
from localcloud.sagemaker.wire.image_uri import check_pull, denied_action
from localcloud.sagemaker.wire.roles import invalid_role, role_of_job
from localcloud.watch import WATCH, Watched

LOG = logging.getLogger(__name__)


class Images(Protocol):
    """What knows which program or image an URI means; see `localcloud.containers.images`."""

    def require(self, image_uri: str, is_wanted: Callable[[], bool]) -> Image:
        """Find an image; `ContainerError` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What all servers have in common.

    `folder`: where servers have their directories; it exists.
    """

    images: Images
    folder: Path
    clock: Callable[[], datetime]
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class LaunchSpecification:
    """What a server is for: its instance, its variant, its log group and its endpoint's ARN."""

    instance_id: str
    variant: Variant
    caller: Caller
    log_group: str
    endpoint_arn: str


class ServerGoneError(Exception):
    """The server takes no more requests; another one has its place."""


class Server:
    """A server from its start to its end; begins at once."""

    def __init__(
        self,
        specification: LaunchSpecification,
        ports: Ports,
        settings: ServerSettings,
        report: Callable[[Event], object],
    ) -> None:
        self._specification = specification
        if role_arn := specification.variant.container.role_arn:
            ports = ports.working_as(role_of_job(role_arn, specification.endpoint_arn))
        self._ports = ports
        self._settings = settings
        self._report = report
        self._changed = threading.Condition()  # guards the four below
        self._container: Container | None = None
        self._connections: Connections | None = None
        self._is_unwanted = False
        self._outstanding = 0
        self._has_ended = False
        name = f"server-{specification.instance_id}"
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()
        WATCH.add(
            Watched(
                name,
                thread=lambda: self._thread,
                is_wanted=lambda: not self._has_ended,
                repair=self._give_up,
            )
        )

    @property
    def outstanding(self) -> int:
        """How many requests it is serving."""
        return self._outstanding

    def send(self, request: Request) -> Reply:
        """Send it a request; see `Connections.send` for the other errors.

        Raises `ServerGoneError`: it was told to stop.
        """
        with self._serving() as connections:
            return connections.send(request)

    def stream(self, request: Request) -> StreamedReply:
        """Send it a request; the answer's body comes as it is made. Errors as for `send`."""
        serving = self._serving()
        connections = serving.__enter__()
        try:
            reply = connections.stream(request)
        except BaseException:
            serving.__exit__(None, None, None)
            raise

        def pieces() -> Iterator[bytes]:
            try:
                yield from reply.pieces
            finally:
                serving.__exit__(None, None, None)

        return replace(reply, pieces=pieces())

    @contextmanager
    def _serving(self) -> Iterator[Connections]:
        """Count a request as long as it is being served."""
        with self._changed:
            if self._is_unwanted or self._connections is None:
                raise ServerGoneError
            self._outstanding += 1
            connections = self._connections
        try:
            yield connections
        finally:
            with self._changed:
                self._outstanding -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Take no more requests, finish those that are there, then end; does not wait for that."""
        with self._changed:
            if self._is_unwanted:
                return
            self._is_unwanted = True
        name = f"stop-{self._specification.instance_id}"
        threading.Thread(target=self._drain_and_end, name=name, daemon=True).start()

    def end(self, grace: float) -> None:
        """End now, requests or not, and wait for the end: SIGTERM, after so many seconds SIGKILL."""
        with self._changed:
            self._is_unwanted = True
            container = self._container
        if container is not None:
            container.stop(grace)
        self._thread.join(grace)

    def _drain_and_end(self) -> None:
        timing = self._settings.timing
        with self._changed:
            self._changed.wait_for(lambda: self._outstanding == 0, timing.draining)
            container = self._container
        if container is not None:
            container.stop(timing.grace)

    def _live(self) -> None:
        """Run the server, then report how it ended, also after an unexpected error."""
        instance_id, folder = self._specification.instance_id, None
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{instance_id}-", dir=self._settings.folder))
            ending = self._prepare_and_run(folder)
        except Exception:  # the boundary of the thread: report, so that the endpoint does not wait for ever
            LOG.exception("The server of %s failed", instance_id)
            ending = InstanceFailed(instance_id, "An internal error occurred; see the local cloud's log.")
        if self._connections is not None:
            self._connections.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        self._has_ended = True
        self._report(InstanceStopped(instance_id) if self._is_unwanted else ending)

    def _give_up(self) -> None:
        """End what is left where the thread ended too early: the endpoint starts another server."""
        self._has_ended = True
        if self._container is not None:
            self._container.kill()
        self._report(InstanceCrashed(self._specification.instance_id))

    def _prepare_and_run(self, folder: Path) -> Event:
        specification, model = self._specification, self._specification.variant.container
        name, ml = specification.variant.name, folder / "ml"
        try:
            variables = self._ports.variables()
        except ServiceError:  # the role has been changed since the model was made
            return InstanceFailed(specification.instance_id, invalid_role(model.role_arn))
        try:
            check_pull(model.image, specification.caller, self._ports.permissions)
        except ServiceError as error:
            reason = f"{may_not_pull(model.role_arn, denied_action(error), model.image)} {error.message}"
            return InstanceFailed(specification.instance_id, reason)
        try:
            image = self._settings.images.require(model.image, lambda: not self._is_unwanted)
        except ContainerError as error:
            return InstanceFailed(specification.instance_id, f"{image_missing(name)} {error}")
        (ml / "model").mkdir(parents=True)
        if model.model_data_url is not None:
            try:
                self._provide_model(model.model_data_url, ml / "model")
            except ModelDataError as error:
                return InstanceFailed(specification.instance_id, str(error))
        log, clock = folder / "output.log", self._settings.clock
        stream = LogStream(
            log, self._ports.logs, specification.log_group, f"{name}/{specification.instance_id}", clock
        )
        try:
            container = self._start(image, ml, log, variables)
        except ContainerError as error:
            return InstanceFailed(specification.instance_id, f"{ping_failed(name)} {error}")
        try:
            return self._watch(container, stream)
        finally:
            container.stop(self._settings.timing.grace)
            stream.carry(is_over=True)

    def _provide_model(self, url: str, directory: Path) -> None:
        deadline = time.monotonic() + self._specification.variant.download_timeout
        provide_model(
            self._ports.objects,
            url,
            directory,
            lambda: not self._is_unwanted and time.monotonic() < deadline,
        )
        if time.monotonic() > deadline:
            raise ModelDataError(download_failed(url))

    def _start(self, image: Image, ml_root: Path, log: Path, variables: Mapping[str, str]) -> Container:
        model = self._specification.variant.container
        environment = {
            "SM_MODEL_DIR": f"{ML}/model",
            **(offline_variables(variables) if model.is_isolated else variables),
            **model.environment,
        }
        run = Run(
            command=("serve",),
            environment=environment,
            ml_root=ml_root,
            log=log,
            serves=True,
            is_isolated=model.is_isolated,
        )
        container = image.start(run)
        with self._changed:
            self._container = container
            self._connections = Connections(container.connect)
        return container

    def _watch(self, container: Container, stream: LogStream) -> Event:
        """Watch a container until it ends, or has to be ended."""
        specification, timing = self._specification, self._settings.timing
        assert self._connections is not None
        must_be_ready = time.monotonic() + specification.variant.startup_timeout
        is_ready, failures, next_ping = False, 0, time.monotonic()
        while container.wait(timing.looking if is_ready else timing.starting) is None:
            stream.carry()
            now = time.monotonic()
            if self._is_unwanted:
                # Whoever told so ends it, unless that came before there was a container.
                if not is_ready:
                    break
            elif not is_ready:
                is_ready = ping(self._connections)
                if is_ready:
                    next_ping = time.monotonic() + timing.pinging
                    self._report(InstanceReady(specification.instance_id))
                elif now > must_be_ready:
                    return InstanceFailed(specification.instance_id, ping_failed(specification.variant.name))
            elif now >= next_ping:
                is_healthy = ping(self._connections, container.cpu_seconds if self._outstanding > 0 else None)
                failures, next_ping = 0 if is_healthy else failures + 1, now + timing.pinging
                if failures >= timing.failures:
                    container.kill()  # at once: requests still go there
        return InstanceCrashed(specification.instance_id)
