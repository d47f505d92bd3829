"""What an endpoint is at one moment: its status, the fleet that serves, the fleet that is being deployed.

Words are those of the service model: an endpoint has production variants, a variant has instances.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Self

from localcloud.sagemaker.hosting.features import AsyncInference, Capture
from localcloud.sagemaker.wire.model_container import ModelContainer


class EndpointStatus(StrEnum):
    """EndpointStatus, as far as the local cloud has use for it."""

    CREATING = "Creating"
    UPDATING = "Updating"
    ROLLING_BACK = "RollingBack"
    IN_SERVICE = "InService"
    DELETING = "Deleting"
    FAILED = "Failed"


class RoutingStrategy(StrEnum):
    """RoutingStrategy of a variant's RoutingConfig."""

    RANDOM = "RANDOM"
    LEAST_OUTSTANDING_REQUESTS = "LEAST_OUTSTANDING_REQUESTS"


@dataclass(frozen=True, slots=True)
class Serverless:
    """ServerlessConfig: how many requests it serves at once; `members` as they were given."""

    max_concurrency: int
    is_kept_warm: bool
    members: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Variant:
    """A production variant as it is deployed; limits are in seconds."""

    name: str
    container: ModelContainer
    weight: float
    instance_count: int
    routing: RoutingStrategy
    download_timeout: float
    startup_timeout: float
    serverless: Serverless | None = None

    @property
    def has_components(self) -> bool:
        """Whether it runs inference components, and no model of its own."""
        return not self.container.image

    @property
    def server_count(self) -> int:
        """How many servers it has itself."""
        return 0 if self.has_components else self.instance_count

    @property
    def billed_count(self) -> int:
        """How many instances it has on AWS: none where it is serverless."""
        return 0 if self.serverless else self.instance_count


class Phase(Enum):
    """Where an instance is in its life."""

    STARTING = "starting"
    IN_SERVICE = "in service"


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a variant; `crashes` counts those since it last served for a while."""

    id: str
    variant: str
    phase: Phase = Phase.STARTING
    crashes: int = 0
    in_service_since: datetime | None = None

    @property
    def is_resumed(self) -> bool:
        """Whether it served, did not crash, and starts again with the local cloud."""
        return self.phase is Phase.STARTING and not self.crashes and self.in_service_since is not None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The instances of one deployment of an endpoint configuration.

    `termination_wait`: seconds that the earlier fleet is kept after this one gets the traffic.
    """

    config_name: str
    variants: tuple[Variant, ...]
    instances: tuple[Instance, ...]
    started: datetime
    termination_wait: float = 0.0
    capture: Capture | None = None
    asynchronous: AsyncInference | None = None

    def variant(self, name: str) -> Variant:
        """Give a variant by name."""
        return next(variant for variant in self.variants if variant.name == name)

    def instance(self, instance_id: str) -> Instance | None:
        """Give an instance by id, or None."""
        return next((instance for instance in self.instances if instance.id == instance_id), None)

    def in_service(self, variant: str) -> tuple[str, ...]:
        """Give the ids of a variant's instances that serve."""
        return tuple(
            instance.id
            for instance in self.instances
            if instance.variant == variant and instance.phase is Phase.IN_SERVICE
        )

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all instances."""
        return frozenset(instance.id for instance in self.instances)

    @property
    def is_in_service(self) -> bool:
        """Whether every instance serves."""
        return all(instance.phase is Phase.IN_SERVICE for instance in self.instances)

    @property
    def is_empty(self) -> bool:
        """Whether it is to have no instances."""
        return not any(variant.server_count for variant in self.variants)

    @property
    def has_components(self) -> bool:
        """Whether its variants run inference components."""
        return any(variant.has_components for variant in self.variants)

    def with_instance(self, changed: Instance) -> Self:
        """Give the fleet with one instance changed."""
        return replace(
            self,
            instances=tuple(changed if item.id == changed.id else item for item in self.instances),
        )

    def without_instance(self, instance_id: str) -> Self:
        """Give the fleet without an instance."""
        return replace(self, instances=tuple(item for item in self.instances if item.id != instance_id))

    def with_weights(self, weights: Mapping[str, float]) -> Self:
        """Give the fleet with other weights for these variants."""
        return replace(
            self,
            variants=tuple(
                replace(variant, weight=weights.get(variant.name, variant.weight))
                for variant in self.variants
            ),
        )


@dataclass(frozen=True, slots=True)
class EndpointState:
    """An endpoint; every change gives another one.

    `config_name`: the configuration that the endpoint has; while an update is under way, the one it had
    before.
    `live`: the fleet that serves, or None.
    `pending`: the fleet that is being deployed, or None.
    `retiring`: instances that have been told to end and have not yet ended.
    `failure_reason`: why the endpoint or its last update failed.
    """

    status: EndpointStatus
    config_name: str
    last_modified: datetime
    live: Fleet | None = None
    pending: Fleet | None = None
    retiring: frozenset[str] = field(default_factory=frozenset)
    failure_reason: str | None = None


def new_fleet(
    config_name: str,
    variants: Iterable[Variant],
    instance_ids: Iterable[str],
    started: datetime,
    termination_wait: float = 0.0,
) -> Fleet:
    """Plan a fleet: as many instances for each variant as it asks for."""
    variants, ids = tuple(variants), iter(instance_ids)
    instances = tuple(
        Instance(next(ids), variant.name) for variant in variants for _ in range(variant.server_count)
    )
    return Fleet(config_name, variants, instances, started, termination_wait)
