"""What hosting keeps for one account and region: models, endpoint configurations, endpoints; ARNs of these.

Guarded by the lock of the account's `localcloud.sagemaker.store.Store`, in which it hangs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from localcloud.errors import ValidationError
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.endpoint import Endpoint, Identity
from localcloud.sagemaker.hosting.state import EndpointState, EndpointStatus
from localcloud.sagemaker.wire.model_container import ModelContainer


@dataclass(frozen=True, slots=True)
class Model:
    """A model: what its request said, and its container."""

    name: str
    arn: str
    members: Mapping[str, object]
    container: ModelContainer
    created: datetime


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """An endpoint configuration: what its request said; ProductionVariants have their defaults."""

    name: str
    arn: str
    members: Mapping[str, object]
    created: datetime


@dataclass(frozen=True, slots=True)
class Component:
    """An inference component: where it runs, and what its request said; an update replaces it.

    `revision`: counts updates. `before`: what it is again if the last update fails.
    """

    name: str
    arn: str
    endpoint: str
    variant: str
    specification: Mapping[str, object]
    copies: int
    created: datetime
    revision: int = 0
    before: "Component | None" = None

    @property
    def config_name(self) -> str:
        """What the state of its copies calls this revision."""
        return f"{self.name}-{self.revision}"

    def as_served(self, state: EndpointState) -> "Component":
        """Give the revision that is served, or that is being deployed."""
        is_settled = state.status is EndpointStatus.IN_SERVICE
        is_undone = is_settled and state.config_name != self.config_name
        return self.before if is_undone and self.before is not None else self


@dataclass(slots=True)
class HostingStore:
    """Models, endpoint configurations, endpoints and inference components by their names.

    `served`: what serves each component: an endpoint whose instances are its copies.
    """

    models: dict[str, Model] = field(default_factory=dict)
    configs: dict[str, EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    served: dict[str, Endpoint] = field(default_factory=dict)

    def place(self, identity: Identity) -> dict[str, Endpoint]:
        """Give where an endpoint is kept, or what serves a component."""
        return self.served if identity.is_component else self.endpoints

    def begun(self) -> list[Endpoint]:
        """Give all endpoints, and what serves components."""
        return [*self.endpoints.values(), *self.served.values()]

    def components_of(self, endpoint: str) -> list[Component]:
        """Give the components that run on an endpoint."""
        return [item for item in self.components.values() if item.endpoint == endpoint]


def count_instances(endpoints: Mapping[str, Endpoint], name: str) -> tuple[int, int]:
    """Count the instances of one of these and of all others, or the copies of components.

    While an update is under way, the larger of the two fleets counts.
    """
    counts = {
        key: max(sum(variant.billed_count for variant in fleet.variants) for fleet in fleets)
        for key, item in endpoints.items()
        if (fleets := [fleet for fleet in (item.state.live, item.state.pending) if fleet is not None])
    }
    own = counts.pop(name, 0)
    return own, sum(counts.values())


def arn_of(caller: Caller, kind: str, name: str) -> str:
    """Give the ARN of a ``model``, an ``endpoint-config``, an ``endpoint``, an ``inference-component``."""
    return f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:{kind}/{name}"


def could_not_find(what: str, arn: str) -> ValidationError:
    """Make AWS's answer to the name of something that does not exist."""
    return ValidationError(f'Could not find {what} "{arn}".')


def already_exists(what: str, arn: str) -> ValidationError:
    """Make AWS's answer to a name that is taken."""
    return ValidationError(f'Cannot create already existing {what} "{arn}".')
