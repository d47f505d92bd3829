"""What every kind of container offers.

The contract is the one of the developer guide, "How Amazon SageMaker Runs Your Training Image" and "Use Your
Own Inference Code with Hosting Services": a command, an environment, ``/opt/ml``, SIGTERM before SIGKILL.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from localcloud.containers.cluster import LOOPBACK, Cluster

ML = "/opt/ml"
"""Where a container finds its input and leaves its output."""

SERVING_PORT = 8080
"""Where a real serving container listens."""


class ContainerError(Exception):
    """A container cannot be started; the message says why, ready to be read by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to run.

    - `command`: ``("train",)``, ``("serve",)``, or an entry point and its arguments; empty for the image's
      own.
    - `environment`: everything that the caller wants set; paths in it are those of the container
      (``/opt/ml/…``).
    - `ml_root`: the directory that the program sees as ``/opt/ml``.
    - `log`: where standard output and standard error go, appended as they come.
    - `serves`: whether it is a server, which `Container.connect` then leads to.
    - `mounts`: further directories by their path in the container.
    - `replaces_entrypoint`: whether `command` begins with an entry point of the caller's, in place of the
      image's.
    - `host_name`: the name under which it finds itself, such as ``algo-1``; None for any.
    - `is_isolated`: whether it can reach nothing over a network (EnableNetworkIsolation) but the other hosts
      of its job.
    - `cluster`: the hosts of its job, of which it is one; None where it is alone.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    ml_root: Path
    log: Path
    serves: bool = False
    mounts: Mapping[str, Path] = field(default_factory=dict)
    replaces_entrypoint: bool = False
    host_name: str | None = None
    is_isolated: bool = False
    cluster: Cluster | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        """The hosts that it finds by name."""
        if self.cluster is not None:
            return self.cluster.addresses
        return {} if self.host_name is None else {self.host_name: LOOPBACK}


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time in seconds, memory in bytes: what processes share counts for each of them."""

    cpu_seconds: float
    memory: int


class Container(Protocol):
    """A container that was started; safe to use from any thread."""

    def connect(self, timeout: float) -> socket.socket:
        """Connect to its server within so many seconds.

        Raises `ConnectionRefusedError` if nobody listens there, or not yet. Raises `TimeoutError` if the time
        is over.
        """
        ...

    def usage(self) -> Usage | None:
        """Tell what its processes use of the machine; None where it is not known."""
        ...

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait so many seconds, or as long as it takes; give the exit code, or None while it runs.

        A signal n that ended the program is code 128 + n, as Docker tells it.
        """
        ...

    def terminate(self) -> None:
        """Send SIGTERM to all its processes, and do not wait."""
        ...

    def kill(self) -> None:
        """Send SIGKILL to all its processes, and do not wait."""
        ...

    def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM, give it so many seconds, then SIGKILL; returns when it has ended."""
        ...


class Image(Protocol):
    """Something that containers are made of."""

    def start(self, run: Run) -> Container:
        """Start a container; `ContainerError` where that is impossible."""
        ...
