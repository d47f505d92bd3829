"""A running endpoint: its state, its servers, and how a request reaches one of them.

An endpoint has one lock. Under it, and nowhere else, an event becomes the next state, routes are drawn from
that, and effects are begun; none of them blocks. Whoever holds it takes no other lock than those of servers
and queues. Requests take no lock of the endpoint: they read its routes, which are replaced as a whole. Only
where the servers start again with the local cloud does a request wait for them.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from localcloud.containers.http import RefusedError, Reply, Request, StreamedReply
from localcloud.ports import Caller, Datum, Ports
from localcloud.sagemaker.clock import Cancel, Clock, StartTimer
from localcloud.sagemaker.hosting.capture import DataCapture
from localcloud.sagemaker.hosting.events import ENDPOINT_CHANGE, SOURCE, endpoint_detail
from localcloud.sagemaker.hosting.lifecycle import advance
from localcloud.sagemaker.hosting.logs import log_group
from localcloud.sagemaker.hosting.routing import Draw, Route, choose_target, choose_variant
from localcloud.sagemaker.hosting.server import LaunchSpecification, Server, ServerGoneError
from localcloud.sagemaker.hosting.state import EndpointState, EndpointStatus
from localcloud.sagemaker.hosting.turn import (
    Effect,
    Event,
    Forget,
    InstanceCrashed,
    InstanceFailed,
    InstanceStopped,
    Publish,
    StartInstance,
    StopInstance,
    Turn,
)
from localcloud.sagemaker.wire.roles import role_of_job
from localcloud.sagemaker.workers import Outbox, Workers

Answer = TypeVar("Answer")

_TRIES = 4  # servers that a request is offered to, while they come and go
_RESTART = 45.0  # seconds that a request waits for servers that start again; SDKs wait 60 for its answer


Launch = Callable[[LaunchSpecification, Ports, Callable[[Event], object]], Server]
"""Starts a server that reports to the endpoint what becomes of it; does not block."""


class UnavailableError(Exception):
    """No server of the endpoint, or of the variant that was asked for, can take a request now."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What never changes of an endpoint, or of an inference component, which is served as one."""

    name: str
    arn: str
    caller: Caller
    created: datetime

    @property
    def is_component(self) -> bool:
        """Whether it is an inference component."""
        return ":inference-component/" in self.arn


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What an endpoint uses; see `localcloud.sagemaker.hosting.hosting.Hosting`."""

    launch: Launch
    clock: Clock
    timer: StartTimer
    draw: Draw
    messengers: Workers
    tags: Callable[[], Mapping[str, str]] = field(default=dict)
    forget: Callable[[], None] = field(default=lambda: None)


class Endpoint:
    """An endpoint; what its first turn orders begins at once."""

    def __init__(self, identity: Identity, turn: Turn, ports: Ports, dependencies: Dependencies) -> None:
        self.identity = identity
        self._ports = ports
        self._dependencies = dependencies
        self._outbox = Outbox(dependencies.messengers)
        self._lock = threading.RLock()  # guards everything below; state and routes may be read without
        self._changed = threading.Condition(self._lock)
        self._servers: dict[str, Server] = {}
        self._waiting: dict[str, Cancel] = {}  # instances that pause before their next start
        self._is_closed = False
        self._routes: tuple[Route[Server], ...] = ()
        self.capture = DataCapture(
            identity.name,
            dependencies.clock,
            dependencies.timer,
            dependencies.draw,
            dependencies.messengers.submit,
        )
        with self._lock:
            self._state = turn.state
            for effect in turn.effects:
                self._begin(effect)

    @property
    def state(self) -> EndpointState:
        """How it is now."""
        return self._state

    def handle(self, event: Event) -> bool:
        """Take an event; tell whether it came in time to matter."""
        with self._lock:
            if isinstance(event, InstanceCrashed | InstanceFailed | InstanceStopped):
                self._servers.pop(event.instance_id, None)
            turn = advance(self._state, event, self._dependencies.clock())
            if turn.state is self._state:
                return False
            self._state = turn.state
            self._routes = self._draw_routes()
            for effect in turn.effects:
                self._begin(effect)
            self._changed.notify_all()
            return True

    def send(
        self, request: Request, variant: str | None = None, container: str | None = None
    ) -> tuple[str, Reply]:
        """Send a request to a server of a variant, which is drawn by weight unless named.

        Returns the variant's name and the answer.

        Raises `UnavailableError`: no server can take it now.
        Raises `UnreachableError`, `SlowError`: as `Connections.send`.
        """
        return self._offer(variant, lambda server: server.send(request, container))

    def stream(
        self, request: Request, variant: str | None = None, container: str | None = None
    ) -> tuple[str, StreamedReply]:
        """Send a request as `send` does; the answer's body comes as the model makes it."""
        return self._offer(variant, lambda server: server.stream(request, container))

    def now(self) -> datetime:
        """Give the time, aware, in UTC."""
        return self._dependencies.clock()

    def measure(self, namespace: str, data: Sequence[Datum]) -> None:
        """Tell CloudWatch of what was measured."""
        self._ports.metrics.put(namespace, data)

    def ports_of_role(self) -> Ports:
        """Give the services as the role of its model reaches them."""
        live = self._state.live
        role_arn = live.variants[0].container.role_arn if live else ""
        return self._ports.working_as(role_of_job(role_arn, self.identity.arn)) if role_arn else self._ports

    def _offer(self, variant: str | None, take: Callable[[Server], Answer]) -> tuple[str, Answer]:
        for _ in range(_TRIES):
            route = self._route(variant)
            if route is None and self._starts_again(variant):
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._route(variant) or not self._starts_again(variant), _RESTART
                    )
                    route = self._route(variant)
            if route is None:
                break
            try:
                return route.variant, take(choose_target(route, self._dependencies.draw))
            except (ServerGoneError, RefusedError):
                continue  # The routes change, or have changed.
        raise UnavailableError

    def _route(self, variant: str | None) -> Route[Server] | None:
        """Draw a variant, or take the one that is named; None if no server of it can be asked."""
        if variant is None:
            return choose_variant(self._routes, self._dependencies.draw)
        return next((item for item in self._routes if item.variant == variant and item.targets), None)

    def _starts_again(self, variant: str | None) -> bool:
        """Tell whether servers, of a variant or any, that served before the local cloud stopped are not back.

        Those of a variant without a weight answer only requests that name it.
        """
        live = self._state.live
        if self._is_closed or live is None:
            return False
        able = {item.name for item in live.variants if variant == item.name or (not variant and item.weight)}
        return any(one.is_resumed and one.variant in able for one in live.instances)

    def end(self, grace: float) -> None:
        """End all servers now, whatever they do, and begin no more."""
        with self._lock:
            self._is_closed = True
            servers = list(self._servers.values())
            for cancel in self._waiting.values():
                cancel()
            self._waiting.clear()
            self._changed.notify_all()
        for server in servers:
            server.end(grace)

    def _draw_routes(self) -> tuple[Route[Server], ...]:
        live = self._state.live
        if live is None:
            return ()
        return tuple(
            Route(
                variant.name,
                variant.weight,
                variant.routing,
                tuple(self._servers[instance_id] for instance_id in live.in_service(variant.name)),
            )
            for variant in live.variants
        )

    def _begin(self, effect: Effect) -> None:
        """Begin an effect; this does not block."""
        match effect:
            case StartInstance(instance_id, _, 0):
                self._start(effect)
            case StartInstance(instance_id, _, delay):
                self._waiting[instance_id] = self._dependencies.timer(delay, partial(self._start, effect))
            case StopInstance(instance_id, 0):
                self._stop(instance_id)
            case StopInstance(instance_id, wait):
                self._dependencies.timer(wait, partial(self._stop, instance_id))
            case Publish(status):
                self._publish(status)
            case Forget():
                # Not here: who is forgotten by holds a lock that is taken before this endpoint's.
                self._outbox.add(self._dependencies.forget)

    def _start(self, order: StartInstance) -> None:
        with self._lock:
            was_waiting = self._waiting.pop(order.instance_id, None) is not None
            if self._is_closed or (order.delay and not was_waiting):
                return
            wanted = LaunchSpecification(
                order.instance_id,
                order.variant,
                self.identity.caller,
                log_group(self.identity.arn),
                self.identity.arn,
            )
            self._servers[order.instance_id] = self._dependencies.launch(wanted, self._ports, self.handle)

    def _stop(self, instance_id: str) -> None:
        with self._lock:
            if (cancel := self._waiting.pop(instance_id, None)) is not None:
                cancel()
                self._tell(InstanceStopped(instance_id))
            elif (server := self._servers.get(instance_id)) is not None:
                server.stop()

    def _publish(self, status: EndpointStatus) -> None:
        if self.identity.is_component:  # EventBridge has no event of it
            return
        detail = endpoint_detail(
            self.identity.arn, self.identity.created, self._dependencies.tags(), self._state, status
        )
        self._outbox.add(
            lambda: self._ports.events.put(SOURCE, ENDPOINT_CHANGE, detail, (self.identity.arn,))
        )

    def _tell(self, event: Event) -> None:
        """Take an event later, on another thread."""

        def tell() -> None:
            self.handle(event)

        self._dependencies.messengers.submit(tell)
