"""What an endpoint is told and what it orders: events in, effects out."""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.sagemaker.hosting.state import EndpointState, EndpointStatus, Fleet, Variant


@dataclass(frozen=True, slots=True)
class UpdateRequested:
    """Somebody asks for another fleet, by configuration or by capacity."""

    fleet: Fleet


@dataclass(frozen=True, slots=True)
class WeightsRequested:
    """Somebody asks for other weights; instances stay as they are."""

    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DeletionRequested:
    """Somebody called DeleteEndpoint."""


@dataclass(frozen=True, slots=True)
class InstanceReady:
    """An instance answered /ping with 200 for the first time since it was started."""

    instance_id: str


@dataclass(frozen=True, slots=True)
class InstanceCrashed:
    """An instance's container ended by itself, or was ended because it was unhealthy."""

    instance_id: str


@dataclass(frozen=True, slots=True)
class InstanceFailed:
    """An instance cannot be started, and would not start if it were tried again."""

    instance_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class InstanceStopped:
    """An instance that was told to stop has ended."""

    instance_id: str


InstanceEvent = InstanceReady | InstanceCrashed | InstanceFailed | InstanceStopped
Event = UpdateRequested | WeightsRequested | DeletionRequested | InstanceEvent


@dataclass(frozen=True, slots=True)
class StartInstance:
    """Start an instance's container after so many seconds."""

    instance_id: str
    variant: Variant
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class StopInstance:
    """Let an instance finish its requests, then end it; after so many seconds."""

    instance_id: str
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish an event with this status."""

    status: EndpointStatus


@dataclass(frozen=True, slots=True)
class Forget:
    """The endpoint is deleted: forget it."""


Effect = StartInstance | StopInstance | Publish | Forget


@dataclass(frozen=True, slots=True)
class Turn:
    """What an event led to; the effects are carried out in this order."""

    state: EndpointState
    effects: tuple[Effect, ...] = ()
