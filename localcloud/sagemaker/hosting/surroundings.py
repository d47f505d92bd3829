"""What servers are made from and what they run in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from localcloud.containers.container import Image
from localcloud.ports import Caller
from localcloud.sagemaker.hosting.health import Timing
from localcloud.sagemaker.hosting.state import Variant

Variables = Callable[[Caller, str], Mapping[str, str]]
"""Gives what the containers of an account find in their environment, such as AWS_REGION."""


class Images(Protocol):
    """What knows which program or image an URI means; see `localcloud.containers.images`."""

    def require(self, image_uri: str) -> Image:
        """Find an image; `ContainerError` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What servers run in, the same for all.

    `folder`: where servers have their directories; it exists.
    """

    images: Images
    folder: Path
    clock: Callable[[], datetime]
    variables: Variables
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class Order:
    """Which server is wanted: for which instance, of what, and where its output goes."""

    instance_id: str
    variant: Variant
    caller: Caller
    log_group: str
