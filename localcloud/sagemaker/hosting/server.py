"""One start of an instance's container: model data, program, health, output, requests, end.

A server has a thread of its own, which prepares and starts the container and then watches it. It tells the
endpoint whether it is ready, and last of all how it ended: failed (it never ran, or was never healthy),
crashed (it ended by itself, or became unhealthy) or stopped (it was told to).
"""

import itertools
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

from localcloud.containers.container import ML, ContainerError, Image, Run
from localcloud.containers.http import Connections, Reply, Request, SlowError, StreamedReply
from localcloud.containers.network import offline_variables
from localcloud.errors import ServiceError
from localcloud.ports import Caller, Ports
from localcloud.sagemaker.hosting.artifacts import ModelDataError, provide_model
from localcloud.sagemaker.hosting.health import (
    Timing,
    download_failed,
    image_missing,
    may_not_pull,
    ping_failed,
)
from localcloud.sagemaker.hosting.logs import LogStream
from localcloud.sagemaker.hosting.serving import Part, Serving
from localcloud.sagemaker.hosting.state import Variant
from localcloud.sagemaker.hosting.turn import (
    Event,
    InstanceCrashed,
    InstanceFailed,
    InstanceReady,
    InstanceStopped,
)
from localcloud.sagemaker.wire.image_uri import check_pull, denied_action
from localcloud.sagemaker.wire.model_container import ModelContainer
from localcloud.sagemaker.wire.roles import invalid_role, role_of_job
from localcloud.sagemaker.wire.utilization import Instance, Utilization
from localcloud.watch import WATCH, Watched

LOG = logging.getLogger(__name__)

_MEASURED_EVERY = 60.0  # seconds, as AWS publishes metrics of endpoints


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


class ThrottledError(Exception):
    """A serverless variant serves as many requests as it may."""


class ServerGoneError(Exception):
    """The server takes no more requests; another one has its place."""


class _CannotStartError(Exception):
    """A container of the server cannot be started; the message is the endpoint's FailureReason."""


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
        self._changed = threading.Condition()  # guards the five below
        self._containers: Serving | None = None
        self._is_ready = False
        self._last_used = time.monotonic()
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

    def send(self, request: Request, target: str | None = None) -> Reply:
        """Send it a request, or one container of it; see `Connections.send` for the other errors.

        Raises `ServerGoneError`: it was told to stop.
        """
        with self._serving() as containers:
            return containers.send(request, target)

    def stream(self, request: Request, target: str | None = None) -> StreamedReply:
        """Send it a request; the answer's body comes as it is made. Errors as for `send`."""
        serving = self._serving()
        containers = serving.__enter__()
        try:
            reply = containers.stream(request, target)
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
    def _serving(self) -> Iterator[Serving]:
        """Count a request as long as it is being served."""
        serverless = self._specification.variant.serverless
        with self._changed:
            if self._is_unwanted or (self._containers is None and serverless is None):
                raise ServerGoneError
            if serverless is not None and self._outstanding >= serverless.max_concurrency:
                raise ThrottledError
            self._outstanding += 1
        try:
            yield self._started()
        finally:
            with self._changed:
                self._last_used = time.monotonic()
                self._outstanding -= 1
                self._changed.notify_all()

    def _started(self) -> Serving:
        """Give the containers, once those of a serverless variant have started again."""
        with self._changed:
            self._changed.notify_all()
            if self._specification.variant.serverless is not None and not self._changed.wait_for(
                lambda: self._is_ready or self._is_unwanted or self._has_ended, self._settings.timing.restart
            ):
                raise SlowError("The container has not started in time.")
            if self._containers is None:
                raise ServerGoneError
            return self._containers

    def _release_if_idle(self) -> bool:
        """End the containers of a serverless variant that nobody has asked for a while."""
        serverless, timing = self._specification.variant.serverless, self._settings.timing
        if serverless is None or serverless.is_kept_warm:
            return False
        with self._changed:
            if self._outstanding or time.monotonic() - self._last_used < timing.idle:
                return False
            self._containers, self._is_ready = None, False
            return True

    def stop(self) -> None:
        """Take no more requests, finish those that are there, then end; does not wait for that."""
        with self._changed:
            if self._is_unwanted:
                return
            self._is_unwanted = True
            self._changed.notify_all()
        name = f"stop-{self._specification.instance_id}"
        threading.Thread(target=self._drain_and_end, name=name, daemon=True).start()

    def end(self, grace: float) -> None:
        """End now, requests or not, and wait for the end: SIGTERM, after so many seconds SIGKILL."""
        with self._changed:
            self._is_unwanted = True
            self._changed.notify_all()
            containers = self._containers
        if containers is not None:
            containers.stop(grace)
        self._thread.join(grace)

    def _drain_and_end(self) -> None:
        timing = self._settings.timing
        with self._changed:
            self._changed.wait_for(lambda: self._outstanding == 0, timing.draining)
            containers = self._containers
        if containers is not None:
            containers.stop(timing.grace)

    def _live(self) -> None:
        """Run the server, then report how it ended, also after an unexpected error."""
        instance_id, folder = self._specification.instance_id, None
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{instance_id}-", dir=self._settings.folder))
            ending = self._run(folder)
        except Exception:  # the boundary of the thread: report, so that the endpoint does not wait for ever
            LOG.exception("The server of %s failed", instance_id)
            ending = InstanceFailed(instance_id, "An internal error occurred; see the local cloud's log.")
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
        self._report(InstanceStopped(instance_id) if self._is_unwanted else ending)

    def _give_up(self) -> None:
        """End what is left where the thread ended too early: the endpoint starts another server."""
        self._has_ended = True
        if self._containers is not None:
            self._containers.kill()
        self._report(InstanceCrashed(self._specification.instance_id))

    def _run(self, folder: Path) -> Event:
        """Run the containers; those of a serverless variant end when they are idle, and start again."""
        for number in itertools.count():
            place = folder / str(number)
            if (event := self._prepare_and_run(place)) is not None:
                return event
            shutil.rmtree(place, ignore_errors=True)  # the model is downloaded again
            with self._changed:
                self._changed.wait_for(lambda: self._outstanding > 0 or self._is_unwanted)
                if self._is_unwanted:
                    break
        return InstanceStopped(self._specification.instance_id)

    def _prepare_and_run(self, folder: Path) -> Event | None:
        """Run the containers to their end; None where they ended because nobody asked them."""
        instance_id, model = self._specification.instance_id, self._specification.variant.container
        try:
            variables = self._ports.variables()
        except ServiceError:  # the role has been changed since the model was made
            return InstanceFailed(instance_id, invalid_role(model.role_arn))
        parts: list[Part] = []
        try:
            for item in model.all:
                place = folder / item.name
                image = self._prepare(item, place)
                parts.append(self._start(item, image, place, variables))
            containers = Serving(tuple(parts))
            with self._changed:
                self._containers = containers
            return self._watch(containers)
        except _CannotStartError as error:
            return InstanceFailed(instance_id, str(error))
        finally:
            started = Serving(tuple(parts))
            started.stop(self._settings.timing.grace)
            started.close()
            started.carry_logs(is_over=True)

    def _prepare(self, model: ModelContainer, folder: Path) -> Image:
        """Find a container's image and download its model. Raises `_CannotStartError`."""
        specification, name = self._specification, self._specification.variant.name
        try:
            check_pull(model.image, specification.caller, self._ports.permissions)
        except ServiceError as error:
            reason = f"{may_not_pull(model.role_arn, denied_action(error), model.image)} {error.message}"
            raise _CannotStartError(reason) from error
        try:
            image = self._settings.images.require(model.image, lambda: not self._is_unwanted)
        except ContainerError as error:
            raise _CannotStartError(f"{image_missing(name)} {error}") from error
        (folder / "ml" / "model").mkdir(parents=True)
        if model.model_data_url is not None:
            try:
                self._provide_model(model.model_data_url, folder / "ml" / "model")
            except ModelDataError as error:
                raise _CannotStartError(str(error)) from error
        return image

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

    def _start(self, model: ModelContainer, image: Image, folder: Path, variables: Mapping[str, str]) -> Part:
        """Start a container. Raises `_CannotStartError`."""
        specification, log = self._specification, folder / "output.log"
        variant = specification.variant
        environment = {
            "SM_MODEL_DIR": f"{ML}/model",
            **(offline_variables(variables) if model.is_isolated else variables),
            **model.environment,
        }
        run = Run(
            command=("serve",),
            environment=environment,
            ml_root=folder / "ml",
            log=log,
            serves=True,
            is_isolated=model.is_isolated,
        )
        stream = f"{variant.name}/{specification.instance_id}"
        if variant.container.others:
            stream += f"/{model.name}"
        try:
            container = image.start(run)
        except ContainerError as error:
            raise _CannotStartError(f"{ping_failed(variant.name, model.name)} {error}") from error
        told = LogStream(log, self._ports.logs, specification.log_group, stream, self._settings.clock)
        return Part(model.name, container, Connections(container.connect), told)

    def _utilization(self, containers: Serving) -> Utilization:
        """Measure an instance of a variant; what AWS publishes of inference components is not measured."""
        kind, _, name = self._specification.endpoint_arn.rpartition(":")[2].partition("/")
        dimensions = {"EndpointName": name, "VariantName": self._specification.variant.name}
        measured = [Instance(dimensions, [part.container for part in containers.parts])]
        metrics = self._ports.metrics
        return Utilization(
            metrics, "/aws/sagemaker/Endpoints", measured if kind == "endpoint" else [], _MEASURED_EVERY
        )

    def _watch(self, containers: Serving) -> Event | None:
        """Watch containers until one ends, or all have to be ended."""
        specification, timing = self._specification, self._settings.timing
        must_be_ready = time.monotonic() + specification.variant.startup_timeout
        is_ready, failures, next_ping = False, 0, time.monotonic()
        used = self._utilization(containers)
        while containers.wait(timing.looking if is_ready else timing.starting) is None:
            containers.carry_logs()
            used.look()
            now = time.monotonic()
            if self._is_unwanted:
                # Whoever told so ends it, unless that came before there was a container.
                if not is_ready:
                    break
            elif not is_ready:
                is_ready = containers.is_healthy()
                if is_ready:
                    next_ping = time.monotonic() + timing.pinging
                    with self._changed:
                        self._is_ready, self._last_used = True, time.monotonic()
                        self._changed.notify_all()
                    self._report(InstanceReady(specification.instance_id))
                elif now > must_be_ready:
                    return InstanceFailed(specification.instance_id, ping_failed(specification.variant.name))
            elif self._release_if_idle():
                return None
            elif now >= next_ping:
                is_healthy = containers.is_healthy(is_busy=self._outstanding > 0)
                failures, next_ping = 0 if is_healthy else failures + 1, now + timing.pinging
                if failures >= timing.failures:
                    containers.kill()  # at once: requests still go there
        return InstanceCrashed(specification.instance_id)
