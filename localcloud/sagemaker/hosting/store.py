"""What hosting keeps for one account and region: models, endpoint configurations, endpoints; ARNs of these.

Guarded by the lock of the account's `localcloud.sagemaker.store.Store`, in which it hangs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from localcloud.errors import ValidationError
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.endpoint import Endpoint
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


@dataclass(slots=True)
class HostingStore:
    """Models, endpoint configurations and endpoints by their names."""

    models: dict[str, Model] = field(default_factory=dict)
    configs: dict[str, EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


def arn_of(caller: Caller, kind: str, name: str) -> str:
    """Give the ARN of a ``model``, an ``endpoint-config`` or an ``endpoint``."""
    return f"arn:aws:sagemaker:{caller.region}:{caller.account_id}:{kind}/{name}"


def could_not_find(what: str, arn: str) -> ValidationError:
    """Make AWS's answer to the name of something that does not exist."""
    return ValidationError(f'Could not find {what} "{arn}".')


def already_exists(what: str, arn: str) -> ValidationError:
    """Make AWS's answer to a name that is taken."""
    return ValidationError(f'Cannot create already existing {what} "{arn}".')
